/** How far one is in the round: a running count of one's own, the words in the bar, the panel. */
export class Progress {
  constructor(root) {
    this.root = root;
    this.numbered = 0;
    this.done = 0;
    this.left = 0;
    this.unsent = 0;
    this.waiting = 0;
    this.today = Number(root.dataset.today);
  }

  /** The number of a sample: its place in the round would tell hidden ones apart. */
  numberOf(sample) {
    if (!sample.number) sample.number = this.numbered += 1;
    return sample.number;
  }

  /** A skipped sample isn't counted; the next one takes its number. */
  skipped() {
    this.numbered -= 1;
  }

  /** The hub has counted. What waits to be sent is one's own too; samples shown already keep their numbers. */
  counted({ done, left }) {
    this.done = done;
    this.left = left;
    this.numbered = Math.max(this.numbered, done + this.unsent);
    this.paint();
  }

  /** After every change of the outbox; see Sender. */
  reported({ waiting, saved, data }) {
    const isNew = (entry) => entry.path === "submit" && !entry.payload.base_revision;
    this.waiting = waiting.length;
    this.unsent = waiting.filter(isNew).length;
    if (saved && isNew(saved) && !data.replay) this.today += 1;
  }

  paint() {
    const { done, left, today, waiting } = this;
    const words = { progress: `${done} labelled, ${left} left`, done, today, left, waiting };
    for (const [name, value] of Object.entries(words)) this.root.querySelector(`[data-${name}-words]`).textContent = value;
    const bar = this.root.querySelector("[data-progress-bar]");
    bar.max = Math.max(1, done + left);
    bar.value = done;
  }
}
