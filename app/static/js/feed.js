/* New lines of an open feed: asked for while somebody sees the page, and at once when it is seen again. What is
   being read stays where it is, what has the focus keeps it, and while an answer is being written nothing moves. */
(function () {
  "use strict";
  var doc = document, timer = 0, asking = false, wait = 1;
  function byId(id) { return doc.getElementById(id); }
  function bounds(el) { return el.getBoundingClientRect(); }
  function find(list, test) { return Array.prototype.find.call(list.children, test) || null; }

  function later() {
    clearTimeout(timer);
    if (!doc.hidden) timer = setTimeout(ask, byId("seen").dataset.every * 1000 * wait);
  }
  function ask() {
    clearTimeout(timer);
    if (doc.hidden || asking) return;
    if (doc.querySelector("#lines .say form")) return later();
    asking = true;
    fetch(byId("seen").dataset.url, { headers: { "HX-Request": "true" } }).then(function (answer) {
      wait = answer.status < 400 ? 1 : answer.status < 500 ? Infinity : Math.min(wait * 2, 8);
      return answer.status === 200 ? answer.text() : "";
    }, function () { wait = Math.min(wait * 2, 8); }).then(function (text) {
      asking = false;
      if (text) put(new DOMParser().parseFromString(text, "text/html"));
      if (wait < Infinity) later();
    });
  }

  /* each line at its place by time; one that has grown leaves the place where it stood */
  function put(fresh) {
    var list = byId("lines"), focus = doc.activeElement;
    if (!list || fresh.getElementById("many")) return location.reload();
    if (list.querySelector(".say form")) return;
    var read = find(list, function (row) { return bounds(row).bottom > 0 && !fresh.getElementById(row.id); });
    var top = read && bounds(read).top;
    fresh.querySelectorAll("#gone li").forEach(function (gone) {
      var row = byId(gone.textContent);
      if (row) row.remove();
    });
    fresh.querySelectorAll("#lines > li").forEach(function (row) {
      var old = byId(row.id);
      if (old) old.remove();
      row.classList.add("fresh");
      list.insertBefore(row, find(list, function (other) { return !(other.dataset.at >= row.dataset.at); }));
      window.htmx.process(row);
    });
    if (byId("none") && list.children.length) byId("none").remove();
    ["reach", "seen"].forEach(function (id) {
      if (!byId(id).contains(focus)) byId(id).replaceWith(fresh.getElementById(id));
    });
    if (focus && !focus.isConnected && byId(focus.id)) byId(focus.id).focus({ preventScroll: true });
    if (read && read.isConnected && bounds(list).top < 0) window.scrollBy(0, bounds(read).top - top);
    if (fresh.querySelector(".toast")) byId("toasts").replaceChildren(fresh.querySelector(".toast"));
  }

  doc.addEventListener("visibilitychange", function () { if (doc.hidden) clearTimeout(timer); else ask(); });
  window.addEventListener("pageshow", function (event) { if (event.persisted) ask(); });
  later();
})();
