/** Dialogs over the instrument: keys, guideline, skip, flag. Native <dialog>: focus is kept inside and given back. */
export class Panels {
  constructor(root) {
    this.root = root;
    this.acts = {};
    this.waiting = [];
    root.addEventListener("click", (event) => this.click(event));
    // `cancel` (Escape) and `close` don't bubble; capturing hears them for every dialog, those added later too.
    root.addEventListener("cancel", (event) => this.cancelled(event), true);
    root.addEventListener("close", (event) => this.closed(event.target), true);
  }

  get openOne() {
    return this.root.querySelector("dialog[open]");
  }

  /**
   * Open a panel. `chosen(choice, note)` is called with the button[data-choice] that was pressed, `closed()` whenever the
   * panel closes. One panel is open at a time: it gives way to the next, except with data-stays, after which the next opens.
   */
  open(name, acts = {}) {
    const dialog = this.root.querySelector(`dialog[data-panel=${name}]`);
    const before = this.openOne;
    if (before === dialog) return dialog;
    if (before && "stays" in before.dataset) {
      this.waiting.push([name, acts]);
      return dialog;
    }
    if (before) this.shut(before);
    this.acts[name] = acts;
    dialog.showModal();
    return dialog;
  }

  close(name) {
    this.waiting = this.waiting.filter(([waiting]) => waiting !== name);
    this.shut(this.root.querySelector(`dialog[data-panel=${name}]`));
  }

  /** Closes it, and what waits for that goes on at once: the `close` event comes a task later, behind keys typed meanwhile. */
  shut(dialog) {
    dialog.close();
    this.closed(dialog);
  }

  cancelled(event) {
    event.preventDefault();
    if (!("stays" in event.target.dataset)) this.shut(event.target);
  }

  /** Called again by the late event of a dialog that was shut, and perhaps is open once more. */
  closed(dialog) {
    if (dialog.open) return;
    const acts = this.acts[dialog.dataset.panel];
    delete this.acts[dialog.dataset.panel];
    acts?.closed?.();
    if (!this.openOne && this.waiting.length) this.open(...this.waiting.shift());
  }

  click(event) {
    const dialog = event.target.closest("dialog");
    if (!dialog) return;
    const beside = event.target === dialog && !("stays" in dialog.dataset);
    const choice = event.target.closest("button[data-choice]");
    if (choice) this.choose(dialog, choice.dataset.choice);
    else if (beside || event.target.closest("[data-close]")) this.shut(dialog);
  }

  /** Keys while a panel is open: its choices by number, and the key that opened it closes it. Escape: see cancelled. */
  keydown(event, typing) {
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const dialog = this.openOne;
    const choice = dialog.querySelector(`button[data-choice][data-key="${CSS.escape(event.key)}"]`);
    if (choice) {
      event.preventDefault();
      this.choose(dialog, choice.dataset.choice);
    } else if (event.key === dialog.dataset.toggle && !("stays" in dialog.dataset)) {
      event.preventDefault();
      this.shut(dialog);
    }
  }

  choose(dialog, choice) {
    const note = dialog.querySelector("textarea");
    const text = note ? note.value : "";
    if (note) note.value = "";
    const chosen = this.acts[dialog.dataset.panel]?.chosen;
    dialog.close();
    chosen?.(choice, text);
    this.closed(dialog);
  }
}
