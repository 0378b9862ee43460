/** Dialogs over the instrument: keys, guideline, skip, flag. Native <dialog>: focus is kept inside and given back. */
export class Panels {
  constructor(root) {
    this.root = root;
    this.acts = {};
    for (const dialog of root.querySelectorAll("dialog")) {
      dialog.addEventListener("click", (event) => {
        if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
        const choice = event.target.closest("button[data-choice]");
        if (choice) this.choose(dialog, choice.dataset.choice);
      });
    }
  }

  get openOne() {
    return this.root.querySelector("dialog[open]");
  }

  /** Open a panel; `chosen` is called with the choice that was made in it. */
  open(name, chosen = null) {
    const dialog = this.root.querySelector(`dialog[data-panel=${name}]`);
    this.acts[name] = chosen;
    if (!dialog.open) dialog.showModal();
    return dialog;
  }

  openGuideline(code) {
    const dialog = this.open("guideline");
    for (const row of dialog.querySelectorAll(".is-here")) row.classList.remove("is-here");
    const section = code && dialog.querySelector(`#section-${CSS.escape(code)}`);
    if (!section) return;
    section.classList.add("is-here");
    section.scrollIntoView({ block: "center" });
  }

  /** Keys while a panel is open: its choices by number, and the key that opened it closes it. Escape is native. */
  keydown(event, typing) {
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const dialog = this.openOne;
    const choice = dialog.querySelector(`button[data-choice][data-key="${CSS.escape(event.key)}"]`);
    if (choice) {
      event.preventDefault();
      this.choose(dialog, choice.dataset.choice);
    } else if (event.key === dialog.dataset.toggle) {
      event.preventDefault();
      dialog.close();
    }
  }

  choose(dialog, choice) {
    const note = dialog.querySelector("textarea");
    const text = note ? note.value : "";
    if (note) note.value = "";
    dialog.close();
    this.acts[dialog.dataset.panel]?.(choice, text);
  }
}
