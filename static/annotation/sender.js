/** Sends the outbox in order, one entry at a time, and again after a failure: 1 s, 2 s, 4 s ... 15 s apart. */
const LONGEST_WAIT_MS = 15000;

export class Sender {
  /** `report` is told {kind: "saved"|"queued"|"refused", ...} after every change. */
  constructor(api, outbox, report) {
    this.api = api;
    this.outbox = outbox;
    this.report = report;
    this.wait = 1000;
    this.sending = null;
    this.adding = new Map(); // on their way into the outbox: "saved" is not said while there are any
    window.addEventListener("online", () => this.retryNow());
  }

  /** The network is back, or somebody works: don't sit out a long wait. */
  retryNow() {
    this.wait = 1000;
    return this.flush();
  }

  /** Keep an entry, then try to send it. Resolves when it is kept, not when it is sent. */
  async add(entry) {
    const kept = { ...entry, at: Date.now() + performance.now() / 1e6, state: "waiting" };
    this.adding.set(kept.id, kept);
    await this.outbox.put(kept);
    this.adding.delete(kept.id);
    await this.tell();
    this.retryNow();
  }

  flush() {
    this.sending ??= this.sendAll().finally(() => (this.sending = null));
    return this.sending;
  }

  async sendAll() {
    clearTimeout(this.timer);
    // Of several tabs only one sends; a replay would be harmless, but two orders of edits would not.
    if (navigator.locks) return navigator.locks.request(`outbox:${this.outbox.owner}`, () => this.drain());
    return this.drain();
  }

  async drain() {
    for (let entry = await this.nextWaiting(); entry; entry = await this.nextWaiting()) {
      const answer = await this.api.post(entry.path, entry.payload);
      if (answer.ok) {
        await this.outbox.remove(entry.id);
        this.wait = 1000;
        await this.tell({ saved: entry, data: answer.data });
      } else if (answer.refused) {
        await this.outbox.put({ ...entry, state: "refused", code: answer.code, message: answer.message });
        await this.tell({ refusedNow: entry, code: answer.code, message: answer.message });
      } else {
        this.timer = setTimeout(() => this.flush(), this.wait);
        this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
        return this.tell({ reason: answer.message });
      }
    }
    return undefined;
  }

  async nextWaiting() {
    return (await this.outbox.all()).find((entry) => entry.state === "waiting");
  }

  async dismiss(id) {
    await this.outbox.remove(id);
    await this.tell();
  }

  async tell(change = {}) {
    const entries = await this.outbox.all();
    const waiting = entries.filter((entry) => entry.state === "waiting" && !this.adding.has(entry.id));
    waiting.push(...this.adding.values());
    const refused = entries.filter((entry) => entry.state === "refused");
    this.report({ waiting, refused, durable: this.outbox.durable, ...change });
  }
}
