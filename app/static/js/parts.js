/* A form whose parts save themselves: it is sent only when no part is on its way, and no part follows it.
   Otherwise its own part, saved a moment before, would look like somebody else's save. */
(function () {
  "use strict";
  var form = document.querySelector("form[data-parts]"), leaving = false, waits = null;

  form.addEventListener("submit", function (event) {
    leaving = true;
    if (!form.querySelector(".htmx-request")) return;
    event.preventDefault();
    waits = event.submitter || form.querySelector("button");
  }, true);

  document.addEventListener("htmx:beforeRequest", function (event) {
    if (leaving && form.contains(event.detail.elt)) event.preventDefault();
  });
  document.addEventListener("htmx:afterRequest", function () {
    setTimeout(function () {
      if (!waits || form.querySelector(".htmx-request")) return;
      var button = waits;
      waits = null;
      button.click();
    }, 50);
  });
  window.addEventListener("pageshow", function () { leaving = false; });
})();
