import { NotAnAnswer, answerFrom, list, record, text } from "./answers.js";
import { Unavailable } from "./errors.js";
import { localTurn } from "./fallback.js";
import { LAST_MESSAGES, lastMessages } from "./messages.js";
import { newId, type Transport } from "./transport.js";
import type { AlertLevel, Message, Turn } from "./types.js";

export interface ConversationOptions {
  readonly conversationId?: string;
  readonly locale?: string;
  readonly retention?: "none" | "window" | "transcript";
}

type NewTurn = Message & { readonly turn_id: string };

/** Made by `conversation()` of a detector. Keeps the last nine messages, for the fallback, and no more. */
export class Conversation {
  readonly #transport: Transport;
  readonly #opening: ConversationOptions;
  readonly #openingKey = newId();
  readonly #timeoutMs: number;
  readonly #fallback: boolean;
  #recent: Message[] = [];
  #untold: NewTurn[] = [];
  #retention = "";
  #last: Promise<unknown> = Promise.resolve();
  /** The hub's id, "" before the first turn. */
  id = "";

  constructor(transport: Transport, opening: ConversationOptions, timeoutMs: number, fallback: boolean) {
    this.#transport = transport;
    this.#opening = opening;
    this.#timeoutMs = timeoutMs;
    this.#fallback = fallback;
  }

  /** The analysis of the next turn. Turns go in their order; one that could not be sent is told with the next. */
  async add(content: string, role: "user" | "assistant" = "user"): Promise<Turn> {
    const message = lastMessages([{ role, content }]).messages[0] as Message;
    const turn = this.#last.then(
      () => this.#add(message),
      () => this.#add(message),
    );
    this.#last = turn;
    return turn;
  }

  /** Close the conversation at the hub; with `forget` its words go at once. Throws Unavailable. */
  async end(options: { readonly forget?: boolean } = {}): Promise<void> {
    if (this.id === "") return;
    const path = `/api/v1/conversations/${this.id}`;
    const timeoutMs = this.#timeoutMs;
    if (options.forget) await this.#transport.request("DELETE", path, { timeoutMs });
    else await this.#transport.request("POST", `${path}/end`, { timeoutMs, body: {} });
    this.#recent = [];
  }

  async #add(message: Message): Promise<Turn> {
    const turn: NewTurn = { ...message, turn_id: newId() };
    const deadline = Date.now() + this.#timeoutMs;
    let analysed: Turn;
    try {
      await this.#open(this.#timeoutMs);
      const timeoutMs = Math.max(1, deadline - Date.now());
      const body = this.#body(turn);
      const path = `/api/v1/conversations/${this.id}/turns`;
      const turns = list(record(await this.#transport.request("POST", path, { timeoutMs, body }))["turns"]);
      analysed = turnFrom(turns[turns.length - 1], turn.turn_id);
      this.#untold = [];
    } catch (error) {
      const missing = error instanceof NotAnAnswer || (error instanceof Unavailable && this.#fallback);
      if (!missing) throw error;
      const reason = error instanceof Unavailable ? error.reason : "client_bad_answer";
      // Told with the next turn, under the same id: whether or not it arrived, it gets one place.
      this.#untold = [...this.#untold, turn].slice(-(LAST_MESSAGES - 1));
      analysed = localTurn(turn.turn_id, message.role, [...this.#recent, message], reason);
    }
    this.#recent = [...this.#recent, message].slice(-(LAST_MESSAGES - 1));
    return analysed;
  }

  async #open(timeoutMs: number): Promise<void> {
    if (this.id !== "") return;
    const { conversationId, locale, retention } = this.#opening;
    const body = {
      ...(conversationId === undefined ? {} : { conversation_id: conversationId }),
      ...(locale === undefined ? {} : { locale }),
      ...(retention === undefined ? {} : { retention }),
    };
    const asked = { timeoutMs, body, idempotencyKey: this.#openingKey };
    const session = record(record(await this.#transport.request("POST", "/api/v1/conversations", asked))["session"]);
    this.id = text(session["id"]);
    this.#retention = text(session["retention"]);
  }

  #body(turn: NewTurn): Record<string, unknown> {
    const before = this.#recent.slice(0, Math.max(0, this.#recent.length - this.#untold.length));
    const context = this.#retention === "none" && before.length > 0 ? { context: before } : {};
    return { turns: [...this.#untold, turn], ...context };
  }
}

/** Reads the analysis of one turn. Throws NotAnAnswer. */
export function turnFrom(value: unknown, turnId: string): Turn {
  const data = record(value);
  const answer = answerFrom(data["analysis"]);
  const trend = record(data["trend"]);
  return {
    number: typeof data["turn"] === "number" ? data["turn"] : null,
    turnId,
    alertLevel: text(data["alert_level"]) as AlertLevel,
    raisedByTrend: data["raised_by_trend"] === true,
    riskDirection: text(record(trend["risk"])["direction"]),
    eqDirection: text(record(trend["eq"])["direction"]),
    role: typeof data["role"] === "string" ? data["role"] : "",
    answer,
  };
}
