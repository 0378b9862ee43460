/**
 * A press is not lost to a refresh: were a button replaced between its going down and its coming up, the click would be
 * nobody's. What the page fetched of itself meanwhile is left out, and fetched again once the press is over.
 */
let isDown = false;
const waiting = new Set();

function after() {
  isDown = false;
  // The click comes in the same task as the release, after it.
  setTimeout(() => {
    const late = [...waiting].filter((element) => element.isConnected);
    waiting.clear();
    for (const element of late) element.dispatchEvent(new CustomEvent("live", { bubbles: false }));
  });
}

export function keepPresses() {
  document.addEventListener("pointerdown", (event) => (isDown = event.button === 0), true);
  for (const kind of ["pointerup", "pointercancel"]) document.addEventListener(kind, after, true);
  window.addEventListener("blur", after); // whoever went elsewhere holds nothing down here
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { elt, triggeringEvent } = detail.requestConfig;
    if (!isDown || triggeringEvent?.type !== "live") return;
    detail.shouldSwap = false;
    waiting.add(elt);
  });
}
