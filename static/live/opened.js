/** What somebody has opened stays open when a refresh replaces it: <details> are told apart by their id or their words. */
let opened = new Set();

/** Numbers change from one refresh to the next; of several with the same words it is the first, the second ... */
function named() {
  const times = new Map();
  return [...document.querySelectorAll("details:not(.menu)")].map((details) => {
    const words = details.id || (details.querySelector("summary")?.textContent ?? "").replace(/\d+/g, "").trim();
    const time = (times.get(words) ?? 0) + 1;
    times.set(words, time);
    return [`${words} ${time}`, details];
  });
}

export function keepOpened() {
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const isLive = detail.requestConfig.triggeringEvent?.type === "live";
    opened = new Set(isLive ? named().filter(([, details]) => details.open).map(([name]) => name) : []);
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (!opened.size) return;
    for (const [name, details] of named()) if (opened.has(name)) details.open = true;
  });
}
