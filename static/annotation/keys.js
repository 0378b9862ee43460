/** Keys to acts. Single keys are dead while typing; Enter and space stay with a focused button. */
const TYPING = "textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=button])";
const PRESSABLE = "button, a[href], summary, input";

/** A key by its letter; on a keyboard with other letters (Greek, Cyrillic, Arabic ...) by its place. */
function nameOf(event) {
  if (event.key.length !== 1) return event.key;
  const latin = event.key >= " " && event.key <= "~";
  return !latin && event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key.toLowerCase();
}

/** What a digit key means with its other sign, "!" on 1 say: with Shift mostly, without it where digits need Shift. */
function otherSignOf(event) {
  const digit = /^Digit([1-6])$/.exec(event.code)?.[1];
  return digit && event.key !== digit ? digit : null;
}

export function listenForKeys(acts, isPanelOpen) {
  document.addEventListener("keydown", (event) => {
    const focused = event.target instanceof Element ? event.target : document.body;
    // Right after a panel closes, focus may still be on its hidden button or field until the next frame: that is nowhere.
    const target = focused.closest("dialog:not([open])") ? document.body : focused;
    const typing = target.matches(TYPING) || target.isContentEditable;
    const modified = event.ctrlKey || event.metaKey || event.altKey;
    if (event.isComposing) return;
    if (isPanelOpen()) return acts.inPanel(event, typing);
    if (!typing && acts.first(event)) return event.preventDefault();
    if (event.key === "Escape") return acts.escape(event, typing);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return act(event, acts.submit);
    if (typing) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && nameOf(event) === "z") {
      return act(event, acts.undo);
    }
    if (modified) return;
    const pressable = target.closest(PRESSABLE);
    if (pressable && (event.key === "Enter" || event.key === " ")) return;
    if (event.repeat && (event.key === "Enter" || event.key === " ")) return act(event, () => {});
    const other = otherSignOf(event);
    if (other) return act(event, () => acts.secondary(other));
    const found = acts.single[nameOf(event)];
    if (found) act(event, found);
  });
}

function act(event, doIt) {
  event.preventDefault();
  doIt();
}
