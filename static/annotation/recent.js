/** The last ten labels of one's own, newest first; each can be looked at and changed. */
const KEPT = 10;

export class Recent {
  constructor(api, stack) {
    this.api = api;
    this.stack = stack;
    this.labels = [];
    this.at = -1;
  }

  get viewing() {
    return this.at >= 0 ? this.labels[this.at] : null;
  }

  /** `total`: how many labels this person has in the round, which numbers the last ones. */
  async load(total) {
    const answer = await this.api.get("recent");
    if (!answer.ok) return;
    const known = new Set(this.labels.map((entry) => entry.slot));
    answer.data.labels.forEach((found, index) => {
      if (known.has(found.sample.slot)) return;
      const sample = this.stack.prepare(found.sample, found.label);
      this.labels.push({ ...sample, revision: found.revision, number: total - index });
    });
    this.trim();
  }

  /** A label was answered just now. Until the hub acknowledges it, its revision is unknown and it can't be edited. */
  add(sample) {
    this.labels.unshift({ ...sample, revision: null });
    if (this.at >= 0) this.at += 1;
    this.trim();
  }

  acknowledged(slot, revision) {
    const entry = this.find(slot);
    if (entry) entry.revision = revision;
  }

  refused(slot) {
    const gone = this.labels.find((label) => label.slot === slot && label.revision === null);
    if (!gone) return;
    this.labels = this.labels.filter((label) => label !== gone);
    this.stack.forget(gone);
    this.at = -1;
  }

  find(slot) {
    return this.labels.find((label) => label.slot === slot);
  }

  older() {
    if (this.at + 1 < this.labels.length) this.at += 1;
    return this.viewing;
  }

  newer() {
    if (this.at >= 0) this.at -= 1;
    return this.viewing;
  }

  leave() {
    this.at = -1;
  }

  trim() {
    for (const old of this.labels.splice(KEPT)) this.stack.forget(old);
  }
}
