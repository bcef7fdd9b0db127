// Keeps an open page of the console as things are; without this file the page shows them as they were when it was asked for.
"use strict";
(() => {
  const live = document.querySelector("[data-live-from]");
  if (!live || !window.EventSource) return;
  const find = (name) => document.querySelectorAll(`[data-${name}]`);
  const say = (words) => {
    for (const one of find("live")) one.textContent = words;
  };

  // Who stands on a link with the keyboard stays there.
  const replace = (part, html) => {
    const held = part.contains(document.activeElement) ? document.activeElement.id : "";
    part.innerHTML = html;
    if (held) document.getElementById(held)?.focus({ preventScroll: true });
  };

  const source = new EventSource(live.dataset.liveFrom);
  source.addEventListener("parts", (event) => {
    const told = JSON.parse(event.data);
    for (const part of find("part")) {
      const html = told[part.dataset.part];
      if (html !== undefined && part.innerHTML !== html) replace(part, html);
    }
    for (const one of find("as-of")) one.textContent = told.as_of;
    say("Live. As of");
  });
  source.addEventListener("away", () => say("Redis cannot be reached. As of"));
  source.addEventListener("over", () => {
    source.close();
    location.assign("/console/login");
  });
  source.addEventListener("error", () => say("Not live just now. As of"));
  addEventListener("pagehide", () => source.close());
})();
