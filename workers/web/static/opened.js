// Tells once that somebody looks at this page: who touches it, or has it before them for a while. No link scanner does.
"use strict";
(() => {
  const to = document.currentScript.dataset.to;
  let told = false;
  const tell = () => {
    if (told || document.visibilityState !== "visible") return;
    told = true;
    navigator.sendBeacon(to);
  };
  const wait = () => setTimeout(tell, 10000);
  for (const sign of ["pointerdown", "keydown", "scroll"]) addEventListener(sign, tell, { passive: true });
  document.addEventListener("visibilitychange", wait);
  wait();
})();
