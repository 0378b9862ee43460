/** What somebody has opened stays open when a refresh replaces it: <details> by their id or their words, popovers by id. */
let opened = new Set();
let popovers = [];

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
    popovers = isLive ? [...document.querySelectorAll("[popover][id]:popover-open")].map(({ id }) => id) : [];
    opened = new Set(isLive ? named().filter(([, details]) => details.open).map(([name]) => name) : []);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const [name, details] of opened.size ? named() : []) if (opened.has(name)) details.open = true;
    for (const id of popovers) document.querySelector(`#${CSS.escape(id)}:not(:popover-open)`)?.showPopover();
  });
}
