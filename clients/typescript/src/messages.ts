/** What is sent: the last ten messages of user and assistant, and nothing before them. */
import { RequestRefused } from "./errors.js";
import type { Message, Messages } from "./types.js";

export const LAST_MESSAGES = 10;
const MAX_CHARS = 20_000;

export interface Sent {
  readonly messages: readonly Message[];
  /** How many messages came before the first one sent. */
  readonly offset: number;
}

/** The messages to send; an over-long one keeps its end. Throws RequestRefused, without the text. */
export function lastMessages(given: Messages): Sent {
  const messages: readonly unknown[] = typeof given === "string" ? [{ role: "user", content: given }] : given;
  const checked: { index: number; message: Message }[] = [];
  messages.forEach((entry, index) => {
    const { role, content } = (entry ?? {}) as Partial<Message>;
    if ((role !== "user" && role !== "assistant" && role !== "system") || typeof content !== "string") {
      throw new RequestRefused(422, "bad_message", `message ${index} needs a role of user, assistant, system and a text`);
    }
    if (role !== "system" && content.trim() !== "") {
      // What JSON or the hub could not take is no reason to leave a person unheard.
      const clean = wellFormed(content).replaceAll("\u0000", " ");
      checked.push({ index, message: { role, content: wellFormed(clean.slice(-MAX_CHARS)) } });
    }
  });
  const kept = checked.slice(-LAST_MESSAGES);
  const first = kept[0];
  if (first === undefined) {
    throw new RequestRefused(422, "empty", "There is no text of a user or an assistant to score.");
  }
  return { messages: kept.map((entry) => entry.message), offset: first.index };
}

/** Lone surrogates become question marks: they have no UTF-8. */
function wellFormed(content: string): string {
  return content.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "?");
}
