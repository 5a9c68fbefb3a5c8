/* Evidence goes up one file at a time, with progress; what failed stays in memory and can be tried again.
   A file keeps its key over all tries, so that a retry after a lost answer adds nothing twice. */
(function () {
  "use strict";
  var doc = document;

  function make(name, cls, text) {
    var el = doc.createElement(name);
    if (cls) el.className = cls;
    if (text) el.textContent = text;
    return el;
  }
  function newKey() { return Date.now().toString(36) + Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2); }

  /* a still of a video, drawn by the browser when it can; null after four seconds */
  function poster(file, done) {
    if (file.type.indexOf("video/") !== 0) return done(null);
    var video = make("video"), url = URL.createObjectURL(file), timer = setTimeout(end, 4000, null);
    function end(blob) { clearTimeout(timer); URL.revokeObjectURL(url); if (done) done(blob); done = null; }
    video.muted = video.playsInline = true;
    video.preload = "auto";
    video.onloadeddata = function () { video.currentTime = Math.min(1, (video.duration || 0) / 3); };
    video.onseeked = function () {
      var canvas = make("canvas"), scale = Math.min(1, 1280 / (video.videoWidth || 1));
      canvas.width = video.videoWidth * scale;
      canvas.height = video.videoHeight * scale;
      canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(end, "image/jpeg", 0.85);
    };
    video.onerror = function () { end(null); };
    video.src = url;
  }

  Array.prototype.forEach.call(doc.querySelectorAll(".uploads"), function (form) {
    var words = form.dataset, input = form.querySelector("input[type=file]"), place = input.closest("label");
    var says = doc.querySelector('[data-upload-says="' + words.tiles + '"]'), queue = [], failed = [], busy = false;

    function draw(item, cls, parts) {
      item.cell.className = "up going" + cls;
      item.cell.replaceChildren.apply(item.cell, [make("span", "nm", item.file.name)].concat(parts));
    }
    function wait(item) {
      (item.bar = make("progress")).max = 100;
      item.bar.setAttribute("aria-label", item.file.name);
      draw(item, "", [make("span", "", words.waiting), item.bar]);
      failed = failed.filter(function (other) { return other !== item; });
      queue.push(item);
      next();
    }
    function fail(item, text) {
      var again = make("button", "link", words.retry), drop = make("button", "link", words.drop);
      again.type = drop.type = "button";
      again.onclick = function () { wait(item); };
      drop.onclick = function () { item.cell.remove(); input.focus(); };
      draw(item, " failed", [make("span", "", text || words.failed), again, drop]);
      says.textContent = text || words.failed;
      if (!text) failed.push(item);
    }
    function next() {
      var item = busy ? null : queue.shift();
      if (!item) return;
      busy = true;
      poster(item.file, function (still) { send(item, still); });
    }
    function send(item, still) {
      var xhr = new XMLHttpRequest(), data = new FormData(), token = doc.querySelector("meta[name=csrf]");
      data.set("step_key", words.step);
      data.set("upload_key", item.key);
      data.set("file", item.file);
      if (still) data.set("poster", still, "poster.jpg");
      says.textContent = words.sending + " " + item.file.name;
      item.cell.children[1].textContent = words.sending;
      item.bar.value = 0;
      xhr.upload.onprogress = function (event) { if (event.lengthComputable) item.bar.value = event.loaded * 100 / event.total; };
      xhr.onload = function () {
        var page = new DOMParser().parseFromString(xhr.responseText, "text/html"), tiles = page.getElementById(words.tiles);
        var error = xhr.status < 500 && page.querySelector("[role=alert] .grow, .err");
        if (xhr.status >= 300 || !tiles) return fail(item, error ? error.textContent.trim() : "");
        doc.getElementById(words.tiles).replaceWith(tiles);
        if (window.htmx) window.htmx.process(tiles);
        item.cell.remove();
      };
      xhr.onerror = fail.bind(null, item, "");
      xhr.onloadend = function () { busy = false; next(); };
      xhr.open("POST", words.uploadUrl);
      xhr.setRequestHeader("HX-Request", "true");
      if (token) xhr.setRequestHeader("X-CSRFToken", token.content);
      xhr.send(data);
    }

    input.addEventListener("change", function () {
      Array.prototype.forEach.call(input.files, function (file) {
        wait({ file: file, key: newKey(), cell: form.insertBefore(make("div"), place) });
      });
      input.value = "";
    });
    window.addEventListener("online", function () { failed.slice().forEach(wait); });
    window.addEventListener("beforeunload", function (event) { if (busy || queue.length) event.preventDefault(); });
  });
})();
