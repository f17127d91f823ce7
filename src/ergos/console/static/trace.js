/* Zoom and pan of a trace: every bar of it shows the same part of time. Without this the links above it do the same.

   + and - or the wheel with Ctrl go closer and wider, a drag or the arrows move, 0 or a double click shows all. */
"use strict";
(() => {
  const WHOLE = 1000, LEAST = 2;
  let from = 0, length = WHOLE;

  function lanes() { return document.querySelectorAll("[data-trace] svg.lane"); }
  function show() {
    length = Math.min(WHOLE, Math.max(LEAST, length));
    from = Math.min(WHOLE - length, Math.max(0, from));
    for (const lane of lanes()) lane.setAttribute("viewBox", `${from} 0 ${length} 12`);
  }
  function zoom(by, at) {
    const was = length;
    length = Math.min(WHOLE, Math.max(LEAST, length * by));
    from += (was - length) * at;
    show();
  }
  function share(event) {
    const lane = event.target.closest("svg.lane");
    if (!lane) return 0.5;
    const box = lane.getBoundingClientRect();
    return box.width ? (event.clientX - box.left) / box.width : 0.5;
  }
  function trace(target) { return target.closest && target.closest("[data-trace]"); }

  document.addEventListener("wheel", (event) => {
    if (!event.ctrlKey || !trace(event.target)) return;
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, share(event));
  }, { passive: false });

  let held = null;
  document.addEventListener("pointerdown", (event) => {
    const lane = event.target.closest && event.target.closest("[data-trace] svg.lane");
    if (!lane || event.button !== 0) return;
    held = { x: event.clientX, from, width: lane.getBoundingClientRect().width || 1, box: trace(lane) };
    held.box.dataset.held = "yes";
    event.preventDefault();
  });
  addEventListener("pointermove", (event) => {
    if (!held) return;
    from = held.from - (event.clientX - held.x) * length / held.width;
    show();
  });
  addEventListener("pointerup", () => {
    if (held) delete held.box.dataset.held;
    held = null;
  });
  document.addEventListener("dblclick", (event) => {
    if (!trace(event.target)) return;
    from = 0; length = WHOLE;
    show();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !trace(event.target)) return;
    const key = event.key;
    if (key === "+" || key === "=") zoom(0.5, 0.5);
    else if (key === "-") zoom(2, 0.5);
    else if (key === "0") { from = 0; length = WHOLE; show(); }
    else if (key === "ArrowLeft") { from -= length / 4; show(); }
    else if (key === "ArrowRight") { from += length / 4; show(); }
    else return;
    event.preventDefault();
  });
  document.body.addEventListener("htmx:afterSwap", show);
})();
