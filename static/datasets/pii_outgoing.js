/**
 * Confirmations on their way. The last one waits a few seconds, so that a slip of the finger can be called back: what
 * the hub has confirmed is final, because the original words are gone then.
 */
const WAIT_MS = 6000;
const AGAIN_MS = 3000;

export class Outgoing {
  constructor(api, report) {
    this.api = api;
    this.report = report;
    this.held = null;
    this.queue = [];
    this.underWay = new Set();
    window.addEventListener("pagehide", () => this.leave());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.flush();
    });
    window.addEventListener("beforeunload", (event) => {
      this.flush();
      if (this.failing) event.preventDefault();
    });
  }

  get ids() {
    return [...(this.held ? [this.held.id] : []), ...this.queue.map((record) => record.id)];
  }

  hold(record) {
    this.flush();
    this.held = record;
    this.timer = setTimeout(() => this.flush(), WAIT_MS);
    this.tell("held", "Confirmed, u brings it back");
  }

  callBack() {
    const record = this.held;
    clearTimeout(this.timer);
    this.held = null;
    if (record) this.tell("saved", "Not confirmed");
    return record;
  }

  flush() {
    clearTimeout(this.timer);
    if (!this.held) return;
    this.queue.push(this.held);
    this.held = null;
    this.next();
  }

  /** The page goes: what waits behind another one is sent beside it, for nobody is here to send it later. */
  leave() {
    this.flush();
    for (const record of this.queue) if (!this.underWay.has(record)) this.send(record);
  }

  next() {
    if (!this.underWay.size && this.queue.length) this.send(this.queue[0]);
  }

  async send(record) {
    this.underWay.add(record);
    this.tell("queued", "Saving…");
    const payload = { version: record.version, decisions: record.draft.decisions() };
    const answer = await this.api.post(`${record.id}/confirm`, payload);
    this.underWay.delete(record);
    this.failing = !answer.ok && !answer.refused;
    if (this.failing) {
      this.tell("queued", `${this.queue.length} not saved yet: ${answer.message}. Trying again.`);
      setTimeout(() => this.next(), AGAIN_MS);
      return;
    }
    this.queue.splice(this.queue.indexOf(record), 1);
    if (answer.ok) this.tell("saved", this.words(answer.data), { progress: answer.data.progress });
    else this.tell("refused", "Refused", { refused: { id: record.id, message: answer.message } });
    this.next();
  }

  words({ withdrawn, kept }) {
    return withdrawn ? `Saved; it reads as record ${kept} now and was withdrawn as a copy` : "Saved";
  }

  tell(state, words, more = {}) {
    this.report({ state, words, ...more });
  }
}
