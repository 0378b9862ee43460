/**
 * Keeps keys and clicks that come while the page still loads and gives them to its scripts once all of those listen: who
 * reads four hundred conversations by keys presses the next one as soon as the words are there. A classic script in the
 * head, since modules run only after the whole page is read. Keys for a field that has the focus are the browser's and are
 * left alone, and so are clicks on what works without scripts: only buttons count that do nothing by themselves.
 */
(() => {
  const DOES_NOTHING = "button[type=button]:not([popovertarget], [commandfor])";
  const early = [];

  /** The scripts that listen already must not hear it twice. */
  function keep(event, act) {
    event.stopPropagation();
    early.push(act);
  }

  function keydown(event) {
    if (event.target !== document.body && event.target !== document.documentElement) return;
    const { key, code, location, repeat, isComposing, ctrlKey, shiftKey, altKey, metaKey } = event;
    const again = { key, code, location, repeat, isComposing, ctrlKey, shiftKey, altKey, metaKey };
    keep(event, () => {
      const target = document.activeElement ?? document.body;
      target.dispatchEvent(new KeyboardEvent("keydown", { ...again, bubbles: true, cancelable: true }));
    });
  }

  function click(event) {
    const button = event.target.closest(DOES_NOTHING);
    const { detail } = event;
    if (button) keep(event, () => button.dispatchEvent(new MouseEvent("click", { detail, bubbles: true, cancelable: true })));
  }

  /** On window: the scripts that wait for the document itself (htmx) have had their turn by then. */
  function giveBack() {
    window.removeEventListener("keydown", keydown, true);
    window.removeEventListener("click", click, true);
    for (const act of early) act();
  }

  window.addEventListener("keydown", keydown, true);
  window.addEventListener("click", click, true);
  window.addEventListener("DOMContentLoaded", giveBack, { once: true });
})();
