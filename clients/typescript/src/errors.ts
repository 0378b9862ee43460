/** What goes wrong. No message holds any text of a conversation, or the key. */

/** The request itself is at fault and no retry will help. */
export class RequestRefused extends Error {
  override readonly name = "RequestRefused";

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly requestId = "",
  ) {
    super(`${status} ${code}: ${detail}`);
  }
}

/** No answer within the deadline; `reason` is a short code. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";

  constructor(
    readonly reason: string,
    readonly retryAfter: number | null = null,
  ) {
    super(reason);
  }
}
