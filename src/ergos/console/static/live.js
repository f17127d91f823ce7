/* What makes pages of the console live and quick to use by keyboard. Without it every page works, too.

   One EventSource a page: when the kernel says that something was written, the event `moved` is raised on the body, and
   parts of the page look again. It is raised after a lost connection and when a hidden page is shown again, too. */
"use strict";
(() => {
  const body = document.body;
  const still = new Map(); /* what a part was last given: the same again changes nothing, so nothing loses its place */

  let tail = 0;
  const kept = new Map(); /* what was marked and typed in a part that is swapped */

  /* A part of pieces: only those that changed are replaced, so that a button stays under the finger that presses it. */
  function swapPieces(target, text) {
    const answer = new DOMParser().parseFromString(text, "text/html");
    for (const piece of answer.body.children) {
      const now = document.getElementById(piece.id);
      if (!now || !target.contains(now) || now.innerHTML === piece.innerHTML) continue;
      now.innerHTML = piece.innerHTML;
    }
    waiting();
  }

  function moved(seq) {
    body.dataset.seq = seq;
    tell(seq);
    clearTimeout(tail);
    tail = setTimeout(() => tell(seq), 2100); /* parts leave out what comes soon after: the last of it is told again */
  }
  function tell(seq) { body.dispatchEvent(new CustomEvent("moved", { detail: { seq } })); }

  function listen() {
    const lost = document.getElementById("lost");
    let source = null, wait = 1000, timer = 0, was = false;
    const show = (gone) => { if (lost) lost.hidden = !gone; body.dataset.connection = gone ? "lost" : "there"; };
    function open() {
      clearTimeout(timer);
      source = new EventSource(`${body.dataset.live}?after=${encodeURIComponent(body.dataset.seq || "0")}`);
      source.addEventListener("open", () => {
        wait = 1000;
        show(false);
        if (was) moved(body.dataset.seq);
        was = true;
      });
      source.addEventListener("moved", (event) => moved(event.data));
      source.addEventListener("error", () => {
        source.close();
        show(true);
        timer = setTimeout(open, wait);
        wait = Math.min(wait * 2, 15000);
      });
    }
    function close() { clearTimeout(timer); if (source) source.close(); source = null; }
    addEventListener("pagehide", close);
    addEventListener("pageshow", (event) => { if (event.persisted) { was = true; open(); } });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) close();
      else if (!source || source.readyState === 2) open();
    });
    open();
  }

  /* Parts that are swapped: an unchanged answer is not swapped, and what was open stays open. */
  body.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target, requestConfig } = event.detail;
    if (!target || !requestConfig || requestConfig.verb !== "get" || xhr.status !== 200) return;
    const key = target.id;
    if (!key) return;
    if (still.get(key) === xhr.responseText) { event.detail.shouldSwap = false; return; }
    still.set(key, xhr.responseText);
    if ("pieces" in target.dataset) { event.detail.shouldSwap = false; swapPieces(target, xhr.responseText); return; }
    kept.set(key, [...target.querySelectorAll("input[id], textarea[id]")].map(
      (one) => [one.id, one.type === "checkbox" || one.type === "radio" ? one.checked && one.value : one.value]));
    target.dataset.open = [...target.querySelectorAll("details[open][id]")].map((one) => one.id).join(" ");
    const focus = document.activeElement;
    if (focus && target.contains(focus) && !focus.id) {
      target.dataset.focus = focus.getAttribute("href") || "";
    }
  });
  body.addEventListener("htmx:afterSwap", (event) => {
    const target = event.detail.target;
    for (const id of (target.dataset.open || "").split(" ").filter(Boolean)) {
      const found = document.getElementById(id);
      if (found) found.open = true;
    }
    if (target.dataset.focus) {
      const found = target.querySelector(`[href="${CSS.escape(target.dataset.focus).replace(/\\\//g, "/")}"]`);
      if (found) found.focus({ preventScroll: true });
    }
    for (const [id, value] of kept.get(target.id) || []) {
      const found = document.getElementById(id);
      if (!found || !target.contains(found) || !value) continue;
      if (found.type === "checkbox" || found.type === "radio") found.checked = found.value === value;
      else found.value = value;
    }
    kept.delete(target.id);
    delete target.dataset.open;
    delete target.dataset.focus;
    waiting();
  });
  body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) location.reload(); /* signed out meanwhile: the page says how to come back */
  });

  function waiting() {
    const told = document.querySelector("[data-waiting-count]");
    for (const mark of document.querySelectorAll("[data-waiting]")) {
      const number = told ? told.dataset.waitingCount : "0";
      mark.textContent = number;
      mark.hidden = number === "0";
    }
  }

  /* A form is sent once: a second press of the same button does nothing. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; }, 5000);
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  /* Keyboard: `g` and a letter goes to a page, j and k walk rows, other keys press what says so with data-keys. */
  let before = "", beforeTimer = 0;
  const typing = (target) => target.closest && target.closest("input, textarea, select, [contenteditable]");
  const seen = (element) => element.getClientRects().length > 0 || element.closest(".menu");
  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.getClientRects().length);

  function row() { return document.activeElement && document.activeElement.closest("[data-row]"); }
  function walk(step) {
    const all = rows();
    if (!all.length) return false;
    const at = all.indexOf(row());
    const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
    const target = next.matches("a, button, [tabindex]") ? next : next.querySelector("a, button, [tabindex]");
    (target || next).focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  }
  function press(keys) {
    const find = (root) => [...root.querySelectorAll("[data-keys]")].find((one) => one.dataset.keys.split("|").includes(keys) && seen(one));
    const here = row();
    const found = (here && find(here)) || find(document);
    if (!found) return false;
    if (found.dataset.keysDo === "focus" || found.matches("input:not([type=checkbox]):not([type=radio]), textarea, select")) {
      found.focus();
      found.scrollIntoView({ block: "center" });
    } else found.click();
    return true;
  }
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const dialog = document.getElementById("keys");
    if (dialog && dialog.open) return;
    const key = event.key;
    if (key.length !== 1) return;
    const done = before === "g" ? press(`g ${key}`)
      : key === "?" ? openDialog("keys")
      : key === "j" ? walk(1) || press("j")
      : key === "k" ? walk(-1) || press("k")
      : key === "g" ? true
      : press(key);
    clearTimeout(beforeTimer);
    before = key === "g" && before !== "g" ? "g" : "";
    if (before) beforeTimer = setTimeout(() => { before = ""; }, 1500);
    if (done) event.preventDefault();
  });

  function openDialog(id) {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return false;
    dialog.showModal();
    return true;
  }
  for (const button of document.querySelectorAll("[data-open]")) {
    button.hidden = false;
    button.addEventListener("click", () => openDialog(button.dataset.open));
  }

  /* The menu stands open on wide screens, and folds away on small ones. */
  const menu = document.querySelector("[data-menu]");
  if (menu) {
    const wide = matchMedia("(min-width: 60rem)");
    const fit = () => { menu.open = wide.matches; };
    wide.addEventListener("change", fit);
    fit();
  }

  if (body.dataset.live && "EventSource" in window) listen();
  document.documentElement.dataset.ready = "yes";
})();
