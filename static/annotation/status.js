import { ordinal } from "./ordinal.js";

/** "Saved", "queued (offline)", "refused: why": always on screen, and told to screen readers. */
export class Status {
  constructor(root, dismiss) {
    this.line = root.querySelector("[data-status]");
    this.hint = root.querySelector("[data-hint]");
    this.refusals = root.querySelector("[data-refusals]");
    this.refusals.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-dismiss]");
      if (button) dismiss(button.dataset.dismiss);
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.wouldLose) event.preventDefault();
    });
  }

  show({ waiting, refused, durable, saved, reason }) {
    this.wouldLose = !durable && waiting.length > 0;
    this.line.dataset.state = refused.length ? "refused" : waiting.length ? "queued" : "saved";
    this.line.textContent = this.sentence(waiting, refused, durable, saved, reason);
    this.refusals.replaceChildren(...refused.map(refusal));
  }

  sentence(waiting, refused, durable, saved, reason) {
    if (waiting.length) {
      const kept = durable ? "kept on this device" : "kept only while this page is open";
      const why = navigator.onLine ? reason || "sending" : "offline";
      return `${waiting.length} queued (${why}), ${kept}`;
    }
    if (refused.length) return `Refused: ${refused.at(-1).message}`;
    return saved ? "Saved" : "Everything is saved";
  }

  /** A passing remark on what was pressed. */
  say(text) {
    this.hint.textContent = text;
  }
}

function refusal(entry) {
  const row = document.createElement("p");
  row.className = "note note-warn refusal";
  const text = document.createElement("span");
  text.textContent = `Your ${ordinal(entry.number)} was refused: ${entry.message}`;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-quiet";
  button.dataset.dismiss = entry.id;
  button.textContent = "Understood";
  row.append(text, button);
  return row;
}
