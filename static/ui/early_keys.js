/**
 * Keeps keys that are pressed while the page still loads and gives them to its scripts once those listen: who reads four
 * hundred conversations by keys presses the next one as soon as the words are there. A classic script in the head, since
 * modules run only after the whole page is read. Keys for a field that has the focus are the browser's and are left alone.
 */
(() => {
  const early = [];

  function keep(event) {
    if (event.target === document.body || event.target === document.documentElement) early.push(event);
  }

  /** On window: the scripts that wait for the document itself (htmx) have had their turn by then. */
  function giveBack() {
    window.removeEventListener("keydown", keep, true);
    for (const event of early) {
      const { key, code, location, repeat, isComposing, ctrlKey, shiftKey, altKey, metaKey } = event;
      const again = { key, code, location, repeat, isComposing, ctrlKey, shiftKey, altKey, metaKey };
      const target = document.activeElement ?? document.body;
      target.dispatchEvent(new KeyboardEvent("keydown", { ...again, bubbles: true, cancelable: true }));
    }
  }

  window.addEventListener("keydown", keep, true);
  window.addEventListener("DOMContentLoaded", giveBack, { once: true });
})();
