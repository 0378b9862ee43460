/** One WebSocket after the other: what is between a live conversation and the hub, with a pause after each break. */
import { problemFrom } from "./answers.js";
import { RequestRefused, Unavailable } from "./errors.js";

/** What is needed of a WebSocket: a browser's, Node's own (22 and newer), or one of your choice. */
export interface Socket {
  send(text: string): void;
  close(code?: number): void;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
  onerror: ((event: unknown) => void) | null;
}
export type OpenSocket = (url: string) => Socket;
export type Json = Readonly<Record<string, unknown>>;

const SOCKET = "/api/v1/conversations/socket";
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 15_000;
/** How long a connection and its greeting may take. */
const GREETING_MS = 10_000;
/** Silence of so many of the hub's heartbeats is a dead line. */
const BEATS = 1.75;
const MALFORMED = 4400;

/** What a line tells its conversation. */
export interface LineEvents {
  /** The hub knows the key: say which conversation it is about. */
  admitted(): void;
  heard(message: Json): void;
  /** There is no line for now; `malformed`: the hub did not take the last message for one. */
  broken(reason: string, malformed: boolean): void;
  /** No further attempt is of use. */
  refused(error: RequestRefused | Unavailable): void;
}

/** Holds a connection until it is told to stop. */
export class Line {
  readonly #url: string;
  readonly #key: string;
  readonly #open: OpenSocket;
  readonly #events: LineEvents;
  #socket: Socket | null = null;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #silenceMs = GREETING_MS;
  #attempt = 0;
  #isStopped = false;

  constructor(base: string, key: string, open: OpenSocket | undefined, events: LineEvents) {
    this.#url = base.replace(/\/+$/, "").replace(/^http/, "ws") + SOCKET;
    this.#key = key;
    this.#open = open ?? ((url) => new WebSocket(url) as unknown as Socket);
    this.#events = events;
  }

  /** Connect; and again after every break. */
  start(): void {
    if (this.#isStopped || this.#socket !== null) return;
    let socket: Socket;
    try {
      socket = this.#open(this.#url);
    } catch {
      this.#events.refused(new Unavailable("client_no_websocket"));
      return;
    }
    this.#socket = socket;
    this.#silenceMs = GREETING_MS;
    this.#listen();
    socket.onmessage = (event) => {
      if (socket === this.#socket) this.#hear(event.data);
    };
    socket.onclose = (event) => {
      const malformed = event.code === MALFORMED;
      if (socket === this.#socket) this.giveUp(`client_closed: ${event.code}`, null, malformed);
    };
    // A connection that fails tells it so; not every WebSocket closes after it.
    socket.onerror = () => {
      if (socket === this.#socket) this.giveUp("client_connection");
    };
    // Browsers give a WebSocket no headers, and an address would be logged: the key is the first message. Without a
    // key a server in between adds it.
    if (this.#key === "") return;
    (socket as { onopen?: unknown }).onopen = () => {
      if (socket === this.#socket) this.say({ type: "hello", key: this.#key });
    };
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#again);
    this.#leave();
  }

  say(message: Json): void {
    try {
      this.#socket?.send(JSON.stringify(message));
    } catch {
      this.giveUp("client_connection");
    }
  }

  /** The hub has taken the conversation up: the next break is the first one. */
  works(): void {
    this.#attempt = 0;
  }

  /** This connection is of no more use: another one is tried after `waitMs`, or the usual pause. */
  giveUp(reason: string, waitMs: number | null = null, malformed = false): void {
    this.#leave();
    if (this.#isStopped) return;
    // A little beside the time that was named, so that not everybody comes back at the same moment.
    const limit = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#attempt);
    this.#attempt = Math.min(this.#attempt + 1, 10);
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.start(), (waitMs ?? 0) + Math.random() * limit);
    this.#events.broken(reason, malformed);
  }

  /** A problem about the conversation as a whole. */
  refuse(message: Json): void {
    const problem = problemFrom(message);
    const reason = `client_refused: ${problem.status} ${problem.code}`;
    if (problem.status === 429 || problem.status >= 500) {
      this.giveUp(reason, problem.retryAfter === null ? null : problem.retryAfter * 1000);
      return;
    }
    this.stop();
    const isKey = problem.status === 401 || problem.status === 403;
    const { status, code, detail } = problem;
    this.#events.refused(isKey ? new Unavailable(reason) : new RequestRefused(status, code, detail));
  }

  #hear(data: unknown): void {
    const message = objectIn(data);
    if (message === null) {
      this.giveUp("client_bad_answer");
      return;
    }
    this.#listen();
    if (message["type"] === "ping") this.say({ type: "pong" });
    else if (message["type"] === "ready") {
      const beat = message["heartbeat_s"];
      this.#silenceMs = BEATS * 1000 * (typeof beat === "number" && beat > 0 ? beat : 20);
      this.#listen();
      this.#events.admitted();
    } else this.#events.heard(message);
  }

  /** Something was heard: the next thing has its time. */
  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.giveUp("client_timeout"), this.#silenceMs);
  }

  #leave(): void {
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    try {
      socket.close(1000);
    } catch {
      // it is gone already
    }
  }
}

function objectIn(data: unknown): Json | null {
  try {
    const value: unknown = JSON.parse(String(data));
    const isObject = typeof value === "object" && value !== null && typeof (value as Json)["type"] === "string";
    return isObject ? (value as Json) : null;
  } catch {
    return null;
  }
}
