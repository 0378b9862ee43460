/** "Saved", "queued (offline)", "refused: why": always on screen, and told to screen readers. */
import { refusalRow } from "./refusal.js";

export class Status {
  /** `acts`: `dismiss(id)` and `putBack(entry)` of a refused label. */
  constructor(root, acts) {
    this.line = root.querySelector("[data-status]");
    this.hint = root.querySelector("[data-hint]");
    this.refusals = root.querySelector("[data-refusals]");
    this.template = root.querySelector("[data-refusal]");
    this.refused = [];
    this.refusals.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-act]");
      if (!button) return;
      const id = button.closest("[data-id]").dataset.id;
      if (button.dataset.act === "dismiss") acts.dismiss(id);
      if (button.dataset.act === "put-back") acts.putBack(this.refused.find((entry) => entry.id === id));
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.wouldLose) event.preventDefault();
    });
  }

  show({ waiting, refused, durable, saved, reason }) {
    this.wouldLose = !durable && waiting.length > 0;
    this.line.dataset.state = waiting.length ? "queued" : refused.length ? "refused" : "saved";
    const words = sentence(waiting, refused, durable, saved, reason);
    if (this.line.textContent !== words) this.line.textContent = this.line.title = words;
    const known = new Set(this.refused.map((entry) => entry.id));
    for (const row of [...this.refusals.children]) {
      if (!refused.some((entry) => entry.id === row.dataset.id)) row.remove();
    }
    this.refusals.append(...refused.filter((entry) => !known.has(entry.id)).map((entry) => refusalRow(entry, this.template)));
    this.refused = refused;
    this.offer(this.print);
  }

  /** From the key press on: "saved" is never said of a label that isn't. */
  sending() {
    this.line.dataset.state = "queued";
    this.line.textContent = "Sending…";
  }

  /** A refused decision can be put back while its conversation is on screen again. */
  offer(print) {
    this.print = print;
    for (const entry of this.refused) {
      const button = this.refusals.querySelector(`[data-id="${entry.id}"] [data-act=put-back]`);
      button.hidden = !print || entry.print !== print || !entry.payload.label;
    }
  }

  /** A passing remark on what was pressed. */
  say(text) {
    this.hint.textContent = text;
  }
}

function sentence(waiting, refused, durable, saved, reason) {
  if (waiting.length) {
    const why = navigator.onLine ? reason || "sending" : "offline";
    return `${waiting.length} queued (${why}), ${durable ? "kept here" : "keep this page open"}`;
  }
  if (refused.length) return `Refused: ${refused.at(-1).message}`;
  return saved ? "Saved" : "Everything is saved";
}
