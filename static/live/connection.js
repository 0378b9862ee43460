/** The WebSocket: subscribes again after every reconnect, and waits longer after every failure. */
import { pageAge } from "./topics.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30000;
/** The server has said no (signed out, malformed): asking again every few seconds would not help. */
const REFUSED = new Set([4400, 4401, 4408]);

export class Connection {
  constructor({ onRevisions, onUp, onDown }) {
    this.onRevisions = onRevisions;
    this.onUp = onUp;
    this.onDown = onDown;
    this.topics = [];
    this.socket = null;
    this.wait = FIRST_WAIT;
    this.timer = 0;
  }

  watch(topics) {
    this.topics = topics;
    if (topics.length === 0) return;
    if (this.socket === null && this.timer === 0) this.open();
    else this.subscribe();
  }

  /** The page is looked at again: do not sit out a long wait. */
  hurry() {
    if (this.timer === 0) return;
    clearTimeout(this.timer);
    this.timer = 0;
    this.open();
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/live/`);
    this.socket = socket;
    socket.addEventListener("open", () => this.subscribe());
    socket.addEventListener("message", (event) => this.hear(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => this.closed(event.code));
  }

  subscribe() {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ subscribe: this.topics, age: pageAge() }));
    }
  }

  hear(message) {
    if (message.type === "subscribed") {
      this.wait = FIRST_WAIT;
      this.onUp();
      this.onRevisions(message.topics, message.recent);
    } else if (message.type === "changed") {
      this.onRevisions({ [message.topic]: message.revision });
    }
  }

  closed(code) {
    this.socket = null;
    if (REFUSED.has(code)) return;
    this.onDown();
    const jitter = this.wait * (0.75 + Math.random() / 2);
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
    this.timer = setTimeout(() => {
      this.timer = 0;
      if (this.topics.length > 0) this.open();
    }, jitter);
  }
}
