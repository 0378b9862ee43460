/** Keys to acts, told apart by case (a, A). Dead while typing; Enter stays with a focused button or link. */
const TYPING = "textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=button])";

export function listenForKeys(acts, inPanel) {
  document.addEventListener("keydown", (event) => {
    const focused = event.target instanceof Element ? event.target : document.body;
    // Right after a panel closes, focus may still be on its hidden button or field until the next frame: that is nowhere.
    const target = focused.closest("dialog:not([open])") ? document.body : focused;
    const typing = target.matches(TYPING) || target.isContentEditable;
    if (event.isComposing || inPanel(event, typing) || typing) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "z") return act(event, acts.undo);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pressable = target.closest("button, a[href], summary");
    if (pressable && event.key === "Enter") return;
    if (event.repeat && event.key === "Enter") return act(event, () => {});
    const found = acts[event.key] || (event.shiftKey ? null : acts[event.key.toLowerCase()]);
    if (found) act(event, found);
  });
}

function act(event, doIt) {
  event.preventDefault();
  doIt(event);
}
