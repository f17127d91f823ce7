/* The sign-in page: the one-time code stands behind # in the address, where no server and no log sees it. */
"use strict";
(() => {
  const form = document.getElementById("enter");
  const field = form && form.querySelector("[name=code]");
  if (!field) return;
  const code = decodeURIComponent(location.hash.replace(/^#(?:code=)?/, ""));
  if (!code) return;
  history.replaceState(null, "", location.pathname + location.search);
  field.value = code;
  form.requestSubmit();
})();
