/** How far one is in the round: a running count of one's own, the words in the bar, the panel. */
export class Progress {
  constructor(root) {
    this.root = root;
    this.given = 0; // labels of one's own, those on their way included
    this.done = 0;
    this.left = 0;
    this.unsent = 0;
    this.waiting = 0;
    this.changes = 0;
    this.isStale = true; // the hub has to count again
    this.isCounted = false;
    this.today = Number(root.dataset.today);
  }

  /** The number of a sample: its place in the round would tell hidden ones apart. */
  numberOf(sample) {
    return sample.number ?? this.given + 1;
  }

  /** It keeps its number from now on. A skipped one gets none: the next one takes it. */
  answered(sample) {
    this.given += 1;
    this.changes += 1;
    sample.number = this.given;
  }

  /** What a count by the hub, asked for now, has to be compared with; see `counted`. */
  asked() {
    return this.unsent ? null : this.changes;
  }

  /** The hub has counted. With labels on their way nobody knows which of them it saw: then one's own count stands. */
  counted({ done, left }, asked) {
    this.done = done;
    this.left = left;
    const isExact = asked !== null && asked === this.asked();
    if (isExact) this.given = done;
    else if (!this.isCounted) this.given = Math.max(this.given, done + this.unsent);
    this.isCounted = true;
    if (isExact) this.isStale = false;
    this.paint();
  }

  /** Labels were given elsewhere, or arrived. */
  changed() {
    this.changes += 1;
    this.isStale = true;
  }

  /** After every change of the outbox; see Sender. */
  reported({ waiting, saved, refusedNow, data }) {
    const isNew = (entry) => entry?.path === "submit" && !entry.payload.base_revision;
    this.waiting = waiting.length;
    this.unsent = waiting.filter(isNew).length;
    if (isNew(saved) || isNew(refusedNow)) this.changed();
    if (isNew(refusedNow)) this.given -= 1;
    if (isNew(saved) && !data.replay) this.today += 1;
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
