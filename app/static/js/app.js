/* The little that pages do in a browser. Every word comes from the page; without this file all forms and links still work. */
(function () {
  "use strict";
  var doc = document, root = doc.documentElement;
  root.classList.add("js");

  function byId(id) { return doc.getElementById(id); }
  function show(id, on) { var el = byId(id); if (el) el.hidden = !on; }
  function reveal(scope) {
    scope.querySelectorAll("[data-share][hidden],[data-copy][hidden]").forEach(function (el) { el.hidden = false; });
  }

  /* htmx: the token on every request; failures that carry no words of ours leave the page as it is */
  doc.addEventListener("htmx:configRequest", function (event) {
    var token = doc.querySelector("meta[name=csrf]");
    if (token) event.detail.headers["X-CSRFToken"] = token.content;
  });
  doc.addEventListener("htmx:beforeSwap", function (event) {
    var xhr = event.detail.xhr, ours = xhr.status < 400 || xhr.status === 422 || xhr.getResponseHeader("HX-Retarget");
    if (!ours) event.detail.shouldSwap = false;
    show("neterr", !ours);
  });
  doc.addEventListener("htmx:beforeRequest", function (event) {
    if (leaving && event.detail.elt.form === leaving) return event.preventDefault();
    show("neterr", false);
    show("error", false);
  });
  ["htmx:sendError", "htmx:timeout"].forEach(function (name) {
    doc.addEventListener(name, function () { show("neterr", true); });
  });
  doc.addEventListener("htmx:load", function (event) { reveal(event.detail.elt); });
  /* no network: say so, keep everything */
  function online() { show("offline", !navigator.onLine); }
  window.addEventListener("online", online);
  window.addEventListener("offline", online);

  /* a sign at once, and no second press, when a form or its page is on the way; what saves itself in that
     form is sent with it, and alone would come too late */
  var leaving = null;
  function leave(form) {
    leaving = form;
    form.classList.add("htmx-request");
    form.querySelectorAll(".htmx-request").forEach(function (el) { htmx.trigger(el, "htmx:abort"); });
  }
  function stay() { if (leaving) leaving.classList.remove("htmx-request"); leaving = null; }
  doc.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) { event.preventDefault(); return; }
    if (form.method === "dialog" || form.hasAttribute("hx-post") || form.hasAttribute("hx-get")) return;
    if (form.classList.contains("htmx-request")) { event.preventDefault(); return; }
    setTimeout(function () { if (!event.defaultPrevented) leave(form); }, 0);
    setTimeout(stay, 8000);
  });
  window.addEventListener("pageshow", stay);

  function copied(button, text) {
    var said = function () {
      var box = byId("toasts"), toast = doc.createElement("div");
      toast.className = "toast";
      toast.textContent = button.dataset.done;
      box.textContent = "";
      box.appendChild(toast);
    };
    if (navigator.clipboard && window.isSecureContext) { navigator.clipboard.writeText(text).then(said, function () {}); return; }
    var field = doc.createElement("textarea");
    field.value = text;
    doc.body.appendChild(field);
    field.select();
    if (doc.execCommand("copy")) said();
    field.remove();
  }

  doc.addEventListener("click", function (event) {
    var el = event.target.closest ? event.target.closest("[data-insert],[data-copy],[data-share],[data-close]") : null;
    if (!el) return;
    var data = el.dataset;
    if ("close" in data) {
      el.parentNode.hidden = true;
    } else if (data.insert) {
      var into = byId(data.insert), text = el.textContent.trim();
      var at = into.selectionEnd || into.value.length;
      into.value = into.value.slice(0, at) + text + into.value.slice(at);
      into.focus();
      into.setSelectionRange(at + text.length, at + text.length);
      into.dispatchEvent(new Event("input", { bubbles: true }));
    } else if (data.copy) {
      copied(el, data.copy);
    } else {
      var url = new URL(data.share, location.href).href;
      if (navigator.share) navigator.share({ title: data.title, text: data.text, url: url }).catch(function () {});
      else copied(el, url);
    }
  });

  online();
  reveal(doc);
})();
