/** Single keys of the board and of a case. They are dead while somebody types, and while the list of keys is open. */
const TYPING = "textarea, select, input:not([type=checkbox]):not([type=radio])";

export function listenForKeys(acts) {
  const panel = document.querySelector("[data-keys-panel]");
  const show = () => panel.showModal();
  document.querySelector("[data-keys]").addEventListener("click", show);
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || panel.open || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches?.(TYPING)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const act = event.key === "?" ? show : acts[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
