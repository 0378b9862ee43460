/**
 * A conversation over a WebSocket: turns go out in their order, and everybody's analyses come as soon as they are there.
 *
 * Lines break and servers die. Each turn has a `turn_id` and is sent again, under it, until the hub has answered it;
 * after a break the conversation is taken up behind the last turn that was heard. So nothing is lost, doubled or out
 * of order.
 */
import { problemFrom } from "./answers.js";
import { turnFrom, type ConversationOptions } from "./conversation.js";
import { RequestRefused, Unavailable } from "./errors.js";
import { localTurn } from "./fallback.js";
import { Line, type Json, type OpenSocket } from "./line.js";
import { LAST_MESSAGES, lastMessages } from "./messages.js";
import { newId } from "./transport.js";
import type { AlertLevel, Message, Turn } from "./types.js";

/** Turns that may wait for a hub that is away. */
const MAX_WAITING = 1000;
/** Without an answer to a turn for so long, its connection is given up and the turn sent on another one. */
const ANSWER_MS = 10_000;
/** Refusals after which the conversation takes nothing more. */
const OVER: ReadonlySet<string> = new Set(["session_ended", "session_full", "no_session"]);

export interface LiveOptions extends ConversationOptions {
  /** A session of before, to be taken up behind turn number `after`. */
  readonly sessionId?: string;
  readonly after?: number;
  /** How a WebSocket is made; the platform's own unless given (Node has one from version 22 on). */
  readonly webSocket?: OpenSocket;
}

export type LiveState = "connecting" | "connected" | "ended" | "refused" | "closed";

type Failure = RequestRefused | Unavailable;

/** A turn, or the wish to end (no message), until the hub has answered it; `context` is what was said before. */
interface Said {
  readonly turnId: string;
  readonly message: Message | null;
  readonly context: readonly Message[];
  readonly forget: boolean;
  readonly answered: (turn: Turn | null) => void;
  readonly failed: (error: Failure) => void;
  isUnderWay: boolean;
}

/** Made by `live()` of a detector. Keeps the last nine messages, and what the hub has not acknowledged yet. */
export class LiveConversation {
  readonly #line: Line;
  readonly #opening: ConversationOptions;
  readonly #timeoutMs: number;
  readonly #fallback: boolean;
  readonly #turnListeners = new Set<(turn: Turn) => void>();
  readonly #stateListeners = new Set<() => void>();
  #recent: Message[] = [];
  #outbox: Said[] = [];
  #clock: ReturnType<typeof setTimeout> | undefined;
  #reason = "client_timeout";
  #retention = "";
  /** Why nothing more is taken. */
  error: Failure | null = null;
  state: LiveState = "connecting";
  /** The hub's id, "" before the first connection. */
  id: string;
  /** The number of the last turn that was heard: with `id`, what is needed to go on from here. */
  seen: number;
  /** The gravest level since a person last resolved the session; "unknown" before the hub has said one. */
  alertLevel: AlertLevel | "unknown" = "unknown";

  constructor(base: string, key: string, options: LiveOptions, timeoutMs: number, fallback: boolean) {
    // With a reference of its own, an answer that got lost opens no second session.
    this.#opening = { ...options, conversationId: options.conversationId ?? `live-${newId()}` };
    this.#timeoutMs = timeoutMs;
    this.#fallback = fallback;
    this.id = options.sessionId ?? "";
    this.seen = options.after ?? 0;
    this.#line = new Line(base, key, options.webSocket, {
      admitted: () => this.#begin(),
      heard: (message) => this.#heard(message),
      broken: (reason, malformed) => this.#broken(reason, malformed),
      refused: (error) => this.#stop(error instanceof Unavailable ? "refused" : "ended", error),
    });
    // One tick later: who has made this may listen before anything is heard.
    queueMicrotask(() => this.#line.start());
  }

  /** How many turns the hub has not acknowledged yet. */
  get waiting(): number {
    return this.#outbox.filter((said) => said.message !== null).length;
  }

  /**
   * The analysis of the next turn. One without an answer in time is answered locally (`number` is null), or throws
   * Unavailable where the fallback is off; it is told to the hub all the same, in its place, as soon as there is a
   * line, and its analysis then comes to the listeners. Throws RequestRefused where the turn is at fault or the
   * conversation is over.
   */
  async add(content: string, role: "user" | "assistant" = "user"): Promise<Turn> {
    const message = lastMessages([{ role, content }]).messages[0] as Message;
    if (this.error instanceof RequestRefused) throw this.error;
    const before = this.#recent;
    this.#recent = [...before, message].slice(-(LAST_MESSAGES - 1));
    const turnId = newId();
    try {
      if (this.error !== null) throw this.error;
      if (this.#outbox.length >= MAX_WAITING) throw new Unavailable("client_outbox_full"); // the hub never hears of it
      return (await this.#send(turnId, message, before, false)) as Turn;
    } catch (error) {
      if (!(error instanceof Unavailable && this.#fallback)) throw error;
      return localTurn(turnId, role, [...before, message], error.reason);
    }
  }

  /** Hear every turn of the conversation, own ones and others', once and in order. Returns what ends the listening. */
  onTurn(listener: (turn: Turn) => void): () => void {
    this.#turnListeners.add(listener);
    return () => this.#turnListeners.delete(listener);
  }

  /** Hear that `state`, `alertLevel` or `waiting` may have changed. Returns what ends the listening. */
  onChange(listener: () => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /**
   * Close the conversation at the hub behind all that was said; with `forget` its words go at once. Throws Unavailable
   * where the hub has not acknowledged it in time, RequestRefused where it is over already.
   */
  async end(options: { readonly forget?: boolean } = {}): Promise<void> {
    if (this.error !== null) throw this.error;
    await this.#send(newId(), null, [], options.forget ?? false);
    this.#recent = [];
  }

  /** Hang up; the conversation stays open at the hub. What is `waiting` still is not told any more. */
  close(): void {
    this.#stop("closed", new Unavailable("client_closed"));
  }

  #send(turnId: string, message: Message | null, context: readonly Message[], forget: boolean): Promise<Turn | null> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Unavailable(this.#reason)), this.#timeoutMs);
      const answered = (turn: Turn | null): void => {
        clearTimeout(timer);
        resolve(turn);
      };
      const failed = (error: Failure): void => {
        clearTimeout(timer);
        reject(error);
      };
      this.#outbox.push({ turnId, message, context, forget, answered, failed, isUnderWay: false });
      this.#tell();
      this.#changed();
    });
  }

  /** Which conversation it is about. */
  #begin(): void {
    const { conversationId, locale, retention } = this.#opening;
    if (this.id !== "") this.#line.say({ type: "resume", session: this.id, after: this.seen });
    else this.#line.say({ type: "open", conversation_id: conversationId, locale, retention });
  }

  #heard(message: Json): void {
    if (message["type"] === "opened") this.#opened(message);
    else if (message["type"] === "turn") this.#turn(message);
    else if (message["type"] === "problem") this.#problem(message);
    else if (message["type"] === "ended") this.#ended();
  }

  #opened(message: Json): void {
    this.#session(message["session"]);
    this.#line.works();
    if ((message["session"] as Json)["state"] === "ended") {
      this.#ended();
      return;
    }
    this.state = "connected";
    this.#tell();
    this.#changed();
  }

  /** What waits, one after the other: with two under way, a refused first one would come behind the second. */
  #tell(): void {
    const said = this.#outbox[0];
    if (this.state !== "connected" || said === undefined || said.isUnderWay) return;
    said.isUnderWay = true;
    clearTimeout(this.#clock);
    this.#clock = setTimeout(() => this.#line.giveUp("client_timeout"), ANSWER_MS);
    const { turnId, message, context, forget } = said;
    if (message === null) this.#line.say({ type: "end", forget });
    else {
      const before = this.#retention === "none" ? { context } : {};
      this.#line.say({ type: "turn", turn_id: turnId, ...message, ...before });
    }
  }

  #again(said: Said, seconds: number): void {
    clearTimeout(this.#clock);
    this.#clock = setTimeout(() => {
      said.isUnderWay = false;
      this.#tell();
    }, seconds * 1000);
  }

  #done(said: Said): void {
    clearTimeout(this.#clock);
    this.#outbox = this.#outbox.filter((other) => other !== said);
    this.#tell();
  }

  #turn(message: Json): void {
    const number = typeof message["turn"] === "number" ? message["turn"] : null;
    const turnId = String(message["turn_id"]);
    const said = this.#outbox.find((each) => each.turnId === turnId);
    let turn: Turn;
    try {
      turn = turnFrom(message, turnId);
    } catch {
      turn = { ...localTurn(turnId, String(message["role"] ?? ""), [], "client_bad_answer"), number };
    }
    this.#session(message["session"]);
    const isNew = number !== null && number > this.seen;
    if (isNew) this.seen = number;
    if (said !== undefined) {
      said.answered(turn);
      // Judged and not kept: it is told again.
      if (number === null || message["stored"] === false) this.#again(said, 1);
      else this.#done(said);
    }
    if (isNew) for (const listener of [...this.#turnListeners]) listener(turn);
    this.#changed();
  }

  #problem(message: Json): void {
    const problem = problemFrom(message);
    if (this.state !== "connected" || problem.status === 401 || problem.status === 403 || OVER.has(problem.code)) {
      this.#line.refuse(message);
      return;
    }
    const said = this.#outbox[0];
    // It may be of a turn that was sent twice and has its answer.
    if (said === undefined || !said.isUnderWay) return;
    if (said.message !== null && message["turn_id"] !== said.turnId) return;
    if (problem.status === 429 || problem.status >= 500) {
      this.#reason = `client_refused: ${problem.status} ${problem.code}`;
      this.#again(said, problem.retryAfter ?? 1);
      return;
    }
    said.failed(new RequestRefused(problem.status, problem.code, problem.detail));
    this.#done(said);
    this.#changed();
  }

  #session(session: unknown): void {
    if (typeof session !== "object" || session === null) return;
    const state = session as Json;
    this.id = String(state["id"]);
    this.#retention = String(state["retention"] ?? "");
    this.alertLevel = (state["alert_level"] as AlertLevel | undefined) ?? "unknown";
  }

  #broken(reason: string, malformed: boolean): void {
    clearTimeout(this.#clock);
    this.#reason = reason;
    this.state = "connecting";
    const said = this.#outbox[0];
    if (malformed && said?.isUnderWay) {
      // What it did not take as a message of the protocol, it will not take the next time.
      said.failed(new RequestRefused(400, "malformed", "The hub does not take this message."));
      this.#outbox = this.#outbox.slice(1);
    }
    for (const each of this.#outbox) each.isUnderWay = false;
    this.#changed();
  }

  /** Who wished the end has it, unless something was said that came too late. */
  #ended(): void {
    const said = this.#outbox[0];
    if (said?.message === null) {
      this.#outbox = this.#outbox.slice(1);
      said.answered(null);
    }
    this.#stop("ended", new RequestRefused(409, "session_ended", "This conversation has ended. Open another one."));
  }

  #stop(state: LiveState, error: Failure): void {
    if (this.error !== null) return;
    this.error = error;
    this.state = state;
    this.#line.stop();
    clearTimeout(this.#clock);
    for (const said of this.#outbox) said.failed(error);
    // What was closed over is still known not to have arrived.
    if (state !== "closed") this.#outbox = [];
    this.#changed();
  }

  #changed(): void {
    for (const listener of [...this.#stateListeners]) listener();
  }
}
