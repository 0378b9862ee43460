/** What stands around the text: how far the queue is, what became of confirmations, a passing word on what was pressed. */
export class Board {
  constructor(root) {
    this.bar = root.querySelector("[data-progress]");
    this.words = root.querySelector("[data-progress-words]");
    this.line = root.querySelector("[data-status]");
    this.refusals = root.querySelector("[data-refusals]");
    this.hint = root.querySelector("[data-hint]");
  }

  say(text) {
    this.hint.textContent = text;
  }

  progress({ waiting, reviewed }) {
    this.bar.max = Math.max(1, waiting + reviewed);
    this.bar.value = reviewed;
    this.words.textContent = `${reviewed.toLocaleString()} reviewed, ${waiting.toLocaleString()} wait`;
  }

  report({ state, words, progress, refused }) {
    this.line.dataset.state = state;
    this.line.textContent = words;
    if (progress) this.progress(progress);
    if (refused) this.refuse(refused);
  }

  refuse({ id, message }) {
    const note = document.createElement("p");
    note.className = "note note-warn refusal";
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn btn-small";
    close.textContent = "Understood";
    close.addEventListener("click", () => note.remove());
    note.append(`Conversation ${id}: ${message} `, close);
    this.refusals.append(note);
  }
}
