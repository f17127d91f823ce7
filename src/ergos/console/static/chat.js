/* A conversation as it comes: what a model is saying right now, keys, and the newest message in view. */
"use strict";
(() => {
  const box = document.querySelector("[data-stream]");
  const text = document.getElementById("stream");
  const field = document.querySelector("[data-send]");
  const MOST = 200000; /* characters of an answer that are shown before it is recorded */
  let key = "";

  function near() { return innerHeight + scrollY >= document.documentElement.scrollHeight - 240; }
  function down() { scrollTo({ top: document.documentElement.scrollHeight }); }
  function clear() { if (box) { box.hidden = true; text.textContent = ""; } key = ""; }

  if (field) {
    const hint = document.querySelector("[data-hint]");
    if (hint) hint.hidden = false;
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
        event.preventDefault();
        field.form.requestSubmit();
      }
    });
  }
  if (box && "EventSource" in window) {
    let source = null;
    const open = () => {
      if (source || document.hidden) return;
      source = new EventSource(box.dataset.stream);
      source.addEventListener("piece", (event) => {
        const said = JSON.parse(event.data);
        if (said.anew || said.key !== key) { text.textContent = ""; key = said.key; }
        const more = said.text || (said.tool ? `[${said.tool}]` : "");
        if (!more) return;
        const at_end = near();
        if (text.textContent.length < MOST) text.append(more);
        box.hidden = false;
        if (at_end) down();
      });
    };
    const close = () => { if (source) source.close(); source = null; };
    addEventListener("pagehide", close);
    document.addEventListener("visibilitychange", () => { if (document.hidden) close(); else open(); });
    open();
  }
  let stays = true;
  document.body.addEventListener("htmx:beforeSwap", () => { stays = near(); });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "chat-live") return;
    const told = event.detail.target.querySelector("[data-running]");
    if (!told || told.dataset.running === "0") clear();
    if (stays) down();
  });
  if (location.hash === "#write" || !location.hash) down();
})();
