/** Keys to acts. Single keys are dead while typing; Enter and space stay with a focused button. */
const TYPING = "textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=button])";
const PRESSABLE = "button, a[href], summary, input";

export function listenForKeys(acts, isPanelOpen) {
  document.addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    const typing = target.matches(TYPING) || target.isContentEditable;
    const modified = event.ctrlKey || event.metaKey || event.altKey;
    if (event.isComposing) return;
    if (isPanelOpen()) return acts.inPanel(event, typing);
    if (event.key === "Escape") return acts.escape(event, typing);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return act(event, acts.submit);
    if (typing) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "z") {
      return act(event, acts.undo);
    }
    if (modified) return;
    // Right after a panel closes, focus may still be on its hidden button until the next frame: that is nowhere.
    const pressable = target.closest("dialog:not([open])") ? null : target.closest(PRESSABLE);
    if (pressable && (event.key === "Enter" || event.key === " ")) return;
    if (event.repeat && (event.key === "Enter" || event.key === " ")) return act(event, () => {});
    const found = acts.single[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (found) act(event, found);
  });
}

function act(event, doIt) {
  event.preventDefault();
  doIt();
}
