// Keeps the count on a campaign's page as it is; without this file the page shows it as it was when it was asked for.
"use strict";
(() => {
  const section = document.querySelector("[data-stream]");
  if (!section || !window.EventSource) return;
  const find = (name) => section.querySelectorAll(`[data-${name}]`);
  const number = new Intl.NumberFormat(document.documentElement.lang);

  const bar = (width, kind) => {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    rect.setAttribute("class", kind);
    rect.setAttribute("width", width);
    rect.setAttribute("height", 6);
    return rect;
  };

  const row = (name, count, share) => {
    const tr = document.createElement("tr");
    const th = tr.appendChild(document.createElement("th"));
    th.scope = "row";
    th.textContent = name || "no party";
    const svg = th.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "svg"));
    svg.setAttribute("viewBox", "0 0 100 6");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    svg.append(bar(100, "all"), bar(share, "part"));
    const td = tr.appendChild(document.createElement("td"));
    td.className = "number";
    td.textContent = number.format(count);
    return tr;
  };

  const signatory = (one) => {
    const li = document.createElement("li");
    const add = (tag, text) => {
      const part = li.appendChild(document.createElement(tag));
      part.textContent = text;
      li.append(" ");
      return part;
    };
    add("strong", one.name || "no longer listed");
    add("span", [one.party, one.constituency].filter(Boolean).join(", "));
    const date = new Date(one.when);
    const day = { day: "numeric", month: "long", year: "numeric", timeZone: section.dataset.zone };
    add("time", date.toLocaleDateString(document.documentElement.lang, day)).dateTime = one.when;
    return li;
  };

  // Everyone who watches hears of a signature at once: each asks for the names within two seconds, at a time of its own.
  let signed = null;
  let asking = 0;
  const name = (list) => {
    clearTimeout(asking);
    asking = setTimeout(async () => {
      const answer = await fetch(list.dataset.newest).catch(() => null);
      if (answer?.ok) list.replaceChildren(...(await answer.json()).signatories.map(signatory));
    }, 1000 + 2000 * Math.random());
  };

  const show = (tally) => {
    if (signed !== null && signed !== tally.signatories) find("newest").forEach(name);
    signed = tally.signatories;
    for (const one of find("count")) one.textContent = number.format(tally[one.dataset.count]);
    const all = Object.values(tally.letters).reduce((sum, n) => sum + n, 0);
    for (const one of find("state")) {
      const state = one.dataset.state;
      const n = state === "all" ? all : tally.letters[state];
      one.textContent = number.format(n);
      one.parentElement.hidden = n === 0 && state !== "all";
    }
    for (const body of find("bars")) {
      const parties = Object.entries(tally[body.dataset.bars]).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
      if (!parties.length) continue;
      const most = parties[0][1];
      body.replaceChildren(...parties.map(([name, n]) => row(name, n, ((100 * n) / most).toFixed(1))));
    }
    for (const one of find("as-of")) {
      one.dateTime = tally.as_of;
      one.textContent = new Date(tally.as_of).toLocaleTimeString(document.documentElement.lang);
    }
    for (const one of find("live")) one.textContent = "Live. As of";
  };

  const source = new EventSource(section.dataset.stream);
  source.addEventListener("tally", (event) => show(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    for (const one of find("live")) one.textContent = "Not live just now. As of";
  });
  addEventListener("pagehide", () => source.close());
})();
