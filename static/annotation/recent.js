/** The last ten labels of one's own, newest first; each can be looked at and changed. */
const KEPT = 10;

export class Recent {
  constructor(api, stack) {
    this.api = api;
    this.stack = stack;
    this.labels = [];
    this.viewing = null;
  }

  /** What the hub has, behind what is still on its way. `total`: how many labels this person has in the round. */
  async load(total) {
    const answer = await this.api.get("recent");
    if (!answer.ok) return;
    const onTheirWay = this.labels.filter((label) => label.revision === null);
    const slots = new Set(onTheirWay.map((label) => label.slot));
    const found = answer.data.labels.map((row, index) => ({ ...row, number: total - index }));
    const before = this.labels;
    this.labels = [...onTheirWay, ...found.filter((row) => !slots.has(row.sample.slot)).map((row) => this.taken(row))];
    for (const old of before) if (!this.labels.includes(old)) this.drop(old);
    this.trim();
  }

  /** The label as it is known here, unless the hub has a newer revision of it. */
  taken({ sample, label, revision, number }) {
    const known = this.find(sample.slot);
    if (known && known.revision === revision) return known;
    return { ...this.stack.prepare(sample, label), revision, number };
  }

  /** A label was answered just now. Until the hub acknowledges it, its revision is unknown and it can't be edited. */
  add(sample) {
    this.labels.unshift({ ...sample, revision: null });
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
    this.drop(gone);
  }

  find(slot) {
    return this.labels.find((label) => label.slot === slot);
  }

  older() {
    const next = this.labels[this.labels.indexOf(this.viewing) + 1];
    if (next) this.viewing = next;
    return this.viewing;
  }

  newer() {
    this.viewing = this.labels[this.labels.indexOf(this.viewing) - 1] ?? null;
    return this.viewing;
  }

  leave() {
    this.viewing = null;
  }

  drop(label) {
    if (this.viewing === label) this.viewing = null;
    this.stack.forget(label);
  }

  trim() {
    for (const old of this.labels.splice(KEPT)) this.drop(old);
  }
}
