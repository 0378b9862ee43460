/** One request until it is answered, refused for good or out of time: deadline, retries, Retry-After. */
import { problemFrom } from "./answers.js";
import { RequestRefused, Unavailable } from "./errors.js";

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;

export interface Asked {
  readonly body?: unknown;
  readonly timeoutMs: number;
  /** The same for every attempt, so that trying again scores nothing twice. */
  readonly idempotencyKey?: string;
}

export class Transport {
  readonly #base: string;
  readonly #key: string;
  readonly #fetch: Fetch;

  constructor(base: string, key: string, fetcher?: Fetch) {
    this.#base = base.replace(/\/+$/, "");
    this.#key = key;
    this.#fetch = fetcher ?? ((input, init) => globalThis.fetch(input, init));
  }

  /** The JSON of the answer. Throws RequestRefused, Unavailable; neither holds what was sent. */
  async request(method: "GET" | "POST" | "DELETE", path: string, asked: Asked): Promise<unknown> {
    const deadline = Date.now() + asked.timeoutMs;
    const headers: Record<string, string> = { authorization: `Bearer ${this.#key}` };
    if (asked.body !== undefined) headers["content-type"] = "application/json";
    if (method === "POST") headers["idempotency-key"] = asked.idempotencyKey ?? newId();
    let reason = "client_timeout";
    for (let attempt = 0; ; attempt += 1) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Unavailable(reason);
      const got = await this.#attempt(method, path, headers, asked.body, left);
      if (got === "client_timeout") throw new Unavailable(reason);
      let wait: number | null = null;
      if (typeof got === "string") reason = got;
      else if (got.status < 300) {
        if (got.json === undefined) throw new Unavailable("client_bad_answer");
        return got.json;
      } else [reason, wait] = why(got);
      // A little beside the time that was named, so that not everybody comes back at the same moment.
      const limit = wait === null ? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) : FIRST_PAUSE_MS;
      const pause = (wait ?? 0) + Math.random() * limit;
      if (Date.now() + pause >= deadline) throw new Unavailable(reason, wait === null ? null : wait / 1000);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  async #attempt(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: unknown,
    left: number,
  ): Promise<Got | string> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), left);
    try {
      const init: RequestInit = { method, headers, signal: stop.signal, redirect: "error", credentials: "omit" };
      if (body !== undefined) init.body = JSON.stringify(body);
      const response = await this.#fetch(`${this.#base}${path}`, init);
      // The body counts, too: a server may begin an answer and never end it.
      const said = await response.text();
      return { status: response.status, headers: response.headers, json: parsed(said) };
    } catch {
      return stop.signal.aborted ? "client_timeout" : "client_connection";
    } finally {
      clearTimeout(timer);
    }
  }
}

interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
}

/** The reason to try again, and after how many milliseconds; throws where trying again is no use. */
function why(got: Got): [string, number | null] {
  const problem = problemFrom(got.json, got.status);
  const reason = `client_refused: ${got.status} ${problem.code}`;
  const wait = milliseconds(got.headers.get("retry-after"));
  if (got.status === 429 || got.status >= 500 || (got.status === 409 && wait !== null)) return [reason, wait];
  // The key, not the request, is at fault.
  if (got.status === 401 || got.status === 403 || got.status < 400) throw new Unavailable(reason);
  throw new RequestRefused(got.status, problem.code, problem.detail, got.headers.get("x-request-id") ?? "");
}

function milliseconds(value: string | null): number | null {
  if (value === null || value.trim() === "") return null;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

function parsed(said: string): unknown {
  try {
    return JSON.parse(said) as unknown;
  } catch {
    return undefined;
  }
}

/** A UUID; `crypto.randomUUID` exists in secure contexts only. */
export function newId(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
