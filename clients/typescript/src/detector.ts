import { NotAnAnswer, answerFrom, list, problemFrom, record } from "./answers.js";
import { Conversation, type ConversationOptions } from "./conversation.js";
import { RequestRefused, Unavailable } from "./errors.js";
import { localAnswer } from "./fallback.js";
import { LiveConversation, type LiveOptions } from "./live.js";
import { lastMessages, type Sent } from "./messages.js";
import { Transport, type Fetch } from "./transport.js";
import type { Answer, BatchItem, Messages } from "./types.js";

const MAX_BATCH = 64;

export interface DetectorOptions {
  /** An API key. In a browser a key is everybody's: pass a `fetch` that goes through your own server instead. */
  readonly key: string;
  /** Milliseconds for one answer over all, retries included; 5000 unless given. */
  readonly timeoutMs?: number;
  /** Chooses the contacts of an answer, e.g. en-US. */
  readonly locale?: string;
  /** Answer by local keywords where the hub gives no answer (true unless given); else Unavailable is thrown. */
  readonly fallback?: boolean;
  readonly fetch?: Fetch;
}

export interface ScoreOptions {
  readonly locale?: string;
  /** A reference of your own, by which answers of one conversation find together; it may not name a person. */
  readonly conversationId?: string;
  readonly idempotencyKey?: string;
}

/** Asks one hub with one key. */
export class PixelCrisisDetector {
  readonly #transport: Transport;
  readonly #baseUrl: string;
  readonly #key: string;
  readonly #timeoutMs: number;
  readonly #locale: string | undefined;
  readonly #fallback: boolean;

  constructor(baseUrl: string, options: DetectorOptions) {
    this.#transport = new Transport(baseUrl, options.key, options.fetch);
    this.#baseUrl = baseUrl;
    this.#key = options.key;
    this.#timeoutMs = options.timeoutMs ?? 5000;
    this.#locale = options.locale;
    this.#fallback = options.fallback ?? true;
  }

  /**
   * The answer for a conversation: its last ten messages of user and assistant, or one text of the user. Within the
   * deadline there is one; where the hub gives none, the local one, degraded and never “no crisis”. Throws
   * RequestRefused where the conversation itself is at fault.
   */
  async score(messages: Messages, options: ScoreOptions = {}): Promise<Answer> {
    const sent = lastMessages(messages);
    const asked = { timeoutMs: this.#timeoutMs, body: this.#body(sent, options) };
    const keyed = options.idempotencyKey === undefined ? asked : { ...asked, idempotencyKey: options.idempotencyKey };
    try {
      return answerFrom(await this.#transport.request("POST", "/api/v1/crisis/score", keyed), sent.offset);
    } catch (error) {
      return localAnswer(sent.messages, this.#reason(error));
    }
  }

  /** Answers in the order of the conversations, each with its own problem where it has one. */
  async batch(
    conversations: readonly Messages[],
    options: { readonly locale?: string; readonly timeoutMs?: number } = {},
  ): Promise<BatchItem[]> {
    const deadline = Date.now() + (options.timeoutMs ?? 60_000);
    const items: BatchItem[] = [];
    const waiting: { index: number; sent: Sent }[] = [];
    conversations.forEach((messages, index) => {
      try {
        waiting.push({ index, sent: lastMessages(messages) });
      } catch (error) {
        if (!(error instanceof RequestRefused)) throw error;
        items.push({ index, answer: null, problem: problemFrom(error) });
      }
    });
    for (let start = 0; start < waiting.length; start += MAX_BATCH) {
      items.push(...(await this.#part(waiting.slice(start, start + MAX_BATCH), options, deadline)));
    }
    return items.sort((one, other) => one.index - other.index);
  }

  /** A conversation to follow turn by turn; it is opened at the hub with its first turn. */
  conversation(options: ConversationOptions = {}): Conversation {
    const opening: ConversationOptions =
      this.#locale === undefined ? options : { locale: this.#locale, ...options };
    return new Conversation(this.#transport, opening, this.#timeoutMs, this.#fallback);
  }

  /**
   * A conversation over a WebSocket, where others' turns are heard, too; connected at once, until it is closed or
   * ended. An open conversation of the same `conversationId` is taken up; `sessionId` takes up that very one.
   */
  live(options: LiveOptions = {}): LiveConversation {
    const opening: LiveOptions = this.#locale === undefined ? options : { locale: this.#locale, ...options };
    return new LiveConversation(this.#baseUrl, this.#key, opening, this.#timeoutMs, this.#fallback);
  }

  /** What answers for this key's project. Throws Unavailable. */
  async model(): Promise<Readonly<Record<string, unknown>>> {
    return record(await this.#transport.request("GET", "/api/v1/model", { timeoutMs: this.#timeoutMs }));
  }

  /** The key's scopes, limits and last 30 days. Throws Unavailable. */
  async usage(): Promise<Readonly<Record<string, unknown>>> {
    return record(await this.#transport.request("GET", "/api/v1/usage", { timeoutMs: this.#timeoutMs }));
  }

  /** Whether models answer. Throws Unavailable where the hub does not. */
  async ready(): Promise<Readonly<Record<string, unknown>>> {
    return record(await this.#transport.request("GET", "/readyz", { timeoutMs: this.#timeoutMs }));
  }

  async #part(
    chunk: readonly { index: number; sent: Sent }[],
    options: ScoreOptions,
    deadline: number,
  ): Promise<BatchItem[]> {
    const body = { conversations: chunk.map(({ sent }) => this.#body(sent, options)) };
    let results: readonly unknown[];
    try {
      const timeoutMs = Math.max(1, deadline - Date.now());
      const answered = record(await this.#transport.request("POST", "/api/v1/crisis/batch", { timeoutMs, body }));
      results = list(answered["results"]);
      if (results.length !== chunk.length) throw new NotAnAnswer("another number of results");
    } catch (error) {
      const reason = this.#reason(error);
      return chunk.map(({ index, sent }) => ({ index, answer: localAnswer(sent.messages, reason), problem: null }));
    }
    return chunk.map(({ index, sent }, place) => this.#item(index, sent, results[place]));
  }

  #item(index: number, sent: Sent, result: unknown): BatchItem {
    const refused = typeof result === "object" && result !== null && "problem" in result ? result.problem : undefined;
    const problem = refused === undefined ? null : problemFrom(refused);
    if (problem !== null && problem.status !== 429 && problem.status !== 503) return { index, answer: null, problem };
    try {
      if (problem === null) return { index, answer: answerFrom(result, sent.offset), problem };
    } catch {
      return { index, answer: localAnswer(sent.messages, "client_bad_answer"), problem };
    }
    // The hub had no time for this one, or no more of the key's limit: it is not left without an answer.
    const reason = `client_refused: ${problem.status} ${problem.code}`;
    return { index, answer: localAnswer(sent.messages, reason), problem };
  }

  #body(sent: Sent, options: ScoreOptions): Record<string, unknown> {
    const locale = options.locale ?? this.#locale;
    return {
      messages: sent.messages,
      ...(locale === undefined ? {} : { locale }),
      ...(options.conversationId === undefined ? {} : { conversation_id: options.conversationId }),
    };
  }

  /** Why the local answer is given; throws what it may not stand in for. */
  #reason(error: unknown): string {
    if (error instanceof NotAnAnswer) return "client_bad_answer";
    if (error instanceof Unavailable && this.#fallback) return error.reason;
    throw error;
  }
}
