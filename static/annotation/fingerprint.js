/** A short number of a conversation's text (FNV-1a, 32 bits): tells that a sample has come back, and no text from it. */
export function fingerprint(messages) {
  let hash = 0x811c9dc5;
  for (const sign of messages.map((message) => `${message.role}\n${message.content}`).join("\n")) {
    hash = Math.imul(hash ^ sign.codePointAt(0), 0x01000193);
  }
  return hash >>> 0;
}
