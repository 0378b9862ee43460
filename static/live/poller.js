/** The way around a blocked WebSocket: asks for the revisions by HTTP while the page is looked at. */
import { pageAge } from "./topics.js";

const EVERY = 4000;

export class Poller {
  constructor(onRevisions) {
    this.onRevisions = onRevisions;
    this.topics = [];
    this.timer = 0;
  }

  watch(topics) {
    this.topics = topics;
  }

  start() {
    if (this.timer === 0) this.timer = setInterval(() => this.look(), EVERY);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
  }

  async look() {
    if (this.topics.length === 0 || document.visibilityState !== "visible") return;
    const query = new URLSearchParams([["age", pageAge()], ...this.topics.map((topic) => ["topic", topic])]);
    try {
      const answer = await fetch(`/live/revisions/?${query}`, { headers: { Accept: "application/json" } });
      if (answer.redirected || answer.status === 401 || answer.status === 403) this.stop();
      else if (answer.ok) this.hear(await answer.json());
    } catch {
      // The network is away: the next look tries again, and the page still shows its last state.
    }
  }

  hear({ revisions, recent }) {
    this.onRevisions(revisions, recent);
  }
}
