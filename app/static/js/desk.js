/* The review desk on a keyboard, and a claim that is put back when the page is left. Every key is also a button. */
(function () {
  "use strict";
  var doc = document, form = doc.querySelector("form[data-release]"), deciding = false;

  doc.addEventListener("submit", function () { deciding = true; });
  /* leaving, not deciding: a colleague needn't wait for the fifteen minutes */
  window.addEventListener("pagehide", function () {
    if (form && !deciding && navigator.sendBeacon) navigator.sendBeacon(form.action, new FormData(form));
  });
  window.addEventListener("pageshow", function (event) { deciding = false; if (event.persisted && form) location.reload(); });

  function typing(el) {
    return el.isContentEditable || /^(TEXTAREA|SELECT)$/.test(el.tagName) ||
      (el.tagName === "INPUT" && !/^(radio|checkbox|button|submit)$/.test(el.type));
  }
  function all(what) { return Array.prototype.slice.call(doc.querySelectorAll(what)); }

  /* j and k: on an opened work to the one beside it, in the list from row to row */
  function step(by) {
    var rows = all(".picks .pick"), open = rows.findIndex(function (row) { return row.hasAttribute("aria-current"); });
    var at = open < 0 ? rows.indexOf(doc.activeElement) : open, next = rows[at + by];
    if (at < 0) next = rows[0];
    if (!next) return;
    if (open < 0) next.focus(); else next.click();
  }

  /* the criterion in focus, else the first without a score */
  function score(value) {
    var five = all(".five"), here = doc.activeElement.closest(".five");
    here = here || five.find(function (one) { return !one.querySelector(":checked"); });
    if (!here) return;
    here.querySelector("input[value='" + value + "']").checked = true;
    var next = five[five.indexOf(here) + 1] || here;
    (next.querySelector(":checked") || next.querySelector("input")).focus();
  }

  function to(decision) {
    var button = doc.querySelector("button[name=decision][value=" + decision + "]");
    if (decision !== "decline" || !button) { if (button) button.focus(); return; }
    var why = doc.querySelector("#why details");
    why.open = true;
    why.querySelector("textarea").focus();
  }

  doc.addEventListener("keydown", function (event) {
    var key = event.key, keys = doc.getElementById("keys");
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || doc.querySelector("dialog[open]")) return;
    if (key === "j" || key === "k") step(key === "j" ? 1 : -1);
    else if (/^[1-5]$/.test(key)) score(key);
    else if (key === "a") to("approve");
    else if (key === "c") to("changes");
    else if (key === "d") to("decline");
    else if (key === "?" && keys && keys.showModal) keys.showModal();
    else return;
    event.preventDefault();
  });
})();
