/**
 * The line to the service: a WebSocket, and plain HTTP while there is none. Turns are sent in their order and again
 * after every break, each under its own turn_id, so that none is judged twice and none is lost.
 */
import { csrfToken } from "../ui/requests.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15000;
/** Failed attempts after which turns go over HTTP; the socket is tried on beside it. */
const PATIENCE = 2;
const SIGNED_OUT = 4401;
const RETRIED = new Set([429, 503]);

export class Line {
  constructor({ socket, open, here, onState, onSession, onTurn, onProblem }) {
    Object.assign(this, { address: socket, openUrl: open, here, onState, onSession, onTurn, onProblem });
    this.socket = null;
    this.session = null;
    this.seen = 0;
    this.pending = new Map();
    this.wishes = {};
    this.failures = 0;
    this.ready = false;
    this.draining = false;
    this.connect();
  }

  /** Say a turn {turn_id, role, content, context?}; `wishes` count when it opens the session. */
  say(turn, wishes) {
    this.wishes = wishes;
    this.pending.set(turn.turn_id, turn);
    if (this.ready) this.sendSocket([turn]);
    else if (this.failures >= PATIENCE) this.drain();
  }

  /** The session is over and its words go; the line is free for another one. */
  async end() {
    const { session } = this;
    this.forget();
    this.socket?.close();
    if (session) await this.post(`${this.here}${session}/end/`, {});
  }

  /** The page is being left: nobody waits for an answer. */
  leave() {
    if (!this.session) return;
    const form = new FormData();
    form.append("csrfmiddlewaretoken", csrfToken());
    navigator.sendBeacon(`${this.here}${this.session}/end/`, form);
    this.forget();
  }

  forget() {
    this.session = null;
    this.opening = false;
    this.seen = 0;
    this.pending.clear();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${this.address}`);
    this.socket = socket;
    socket.addEventListener("message", (event) => socket === this.socket && this.hear(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => socket === this.socket && this.closed(event.code));
  }

  closed(code) {
    this.ready = false;
    this.opening = false;
    if (code === SIGNED_OUT) {
      this.onState("Signed out. Sign in again and reload the page.");
      return;
    }
    this.failures += 1;
    const onHttp = this.failures >= PATIENCE;
    this.onState(onHttp ? "Connected over HTTP" : "Connecting again …");
    if (onHttp) this.drain();
    setTimeout(() => this.connect(), Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.failures));
  }

  hear(message) {
    if (message.type === "ready") this.greeted();
    else if (message.type === "opened") this.opened(message);
    else if (message.type === "turn") this.answered(message);
    else if (message.type === "problem") this.refused(message);
    else if (message.type === "ping") this.tell({ type: "pong" });
  }

  /** What can't be sent any more, because the socket is closing, goes again once there is another. */
  tell(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  greeted() {
    this.failures = 0;
    this.ready = true;
    this.onState("Connected");
    if (this.session) {
      this.opening = true;
      this.tell({ type: "resume", session: this.session, after: this.seen });
    } else this.sendSocket([...this.pending.values()]);
  }

  opened(message) {
    this.session = message.session.id;
    this.opening = false;
    this.onSession(message.session);
    this.sendSocket([...this.pending.values()]);
  }

  answered(message) {
    this.pending.delete(message.turn_id);
    this.seen = Math.max(this.seen, message.turn ?? 0);
    if (message.session) this.onSession(message.session);
    this.onTurn(message);
  }

  refused(problem) {
    const turn = this.pending.get(problem.turn_id);
    if (turn && RETRIED.has(problem.status)) {
      setTimeout(() => this.pending.has(turn.turn_id) && this.say(turn, this.wishes), (problem.retry_after ?? 1) * 1000);
      return;
    }
    const lost = problem.turn_id ? [problem.turn_id] : [...this.pending.keys()];
    for (const turnId of lost) this.pending.delete(turnId);
    this.onProblem(problem, lost);
  }

  /** The first turn opens the session and waits for it; what is said meanwhile waits, too. */
  sendSocket(turns) {
    if (turns.length === 0 || this.opening) return;
    if (this.session === null) {
      this.opening = true;
      this.tell({ type: "open", ...this.wishes });
      return;
    }
    for (const turn of turns) this.tell({ type: "turn", ...turn });
  }

  /** Over HTTP, one turn after the other, until nothing waits or the socket is back. */
  async drain() {
    if (this.draining) return;
    this.draining = true;
    while (!this.ready && this.pending.size > 0) {
      const [turn] = this.pending.values();
      if (!(await this.sendHttp(turn))) await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    this.draining = false;
  }

  async sendHttp(turn) {
    try {
      if (this.session === null) {
        const opened = await this.post(this.openUrl, this.wishes);
        if (!opened.session) return this.gaveUp(opened, turn);
        this.session = opened.session.id;
      }
      const answer = await this.post(`${this.here}${this.session}/turns/`, turn);
      if (!answer.turns) return this.gaveUp(answer, turn);
      for (const each of answer.turns) this.answered({ ...each, session: answer.session });
      return true;
    } catch {
      this.onState("The server cannot be reached. Your turn is sent as soon as it can.");
      return false;
    }
  }

  gaveUp(problem, turn) {
    if (RETRIED.has(problem.status)) return false;
    this.refused({ ...problem, turn_id: turn.turn_id });
    return true;
  }

  async post(url, data) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(data), redirect: "error" });
    const isJson = (response.headers.get("content-type") ?? "").includes("json");
    const body = isJson ? await response.json() : { detail: `The request was refused (${response.status}).` };
    return { ...body, status: response.status };
  }
}
