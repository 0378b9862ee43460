/** Places in a conversation: marks, words and selections. Offsets are code points, as the hub counts them. */
const points = (text) => Array.from(text);

export function wordsOf(messages, item) {
  return points(messages[item.turn].content).slice(item.start, item.end).join("");
}

/** Show every item as a mark in its message. `label` names it, `current` is the index of the one in hand. */
export function paint(list, messages, items, current, label) {
  for (const element of list.querySelectorAll(".turn-text")) {
    const turn = Number(element.dataset.message);
    const text = points(messages[turn].content);
    const parts = [];
    let at = 0;
    items.forEach((item, index) => {
      if (item.turn !== turn || item.start < at) return;
      const mark = document.createElement("mark");
      mark.textContent = text.slice(item.start, item.end).join("");
      mark.dataset.index = String(index);
      mark.dataset.decision = item.decision || "open";
      mark.dataset.label = label(item);
      if (index === current) mark.setAttribute("aria-current", "true");
      parts.push(text.slice(at, item.start).join(""), mark);
      at = item.end;
    });
    element.replaceChildren(...parts, text.slice(at).join(""));
  }
}

/** The ends of an item moved by one word: `edge` is "start" or "end", `by` is 1 or -1. */
export function moveEdge(messages, item, edge, by) {
  const bounds = wordsIn(messages[item.turn].content).map((word) => word[edge]);
  const value = item[edge];
  const found = by > 0 ? bounds.find((bound) => bound > value) : bounds.findLast((bound) => bound < value);
  if (found === undefined) return { start: item.start, end: item.end };
  const moved = { start: item.start, end: item.end, [edge]: found };
  return moved.start < moved.end ? moved : { start: item.start, end: item.end };
}

/** Every place where the same words stand as words of their own, the given place first. */
export function samePlaces(messages, span) {
  const wanted = points(messages[span.turn].content).slice(span.start, span.end);
  const key = wanted.join("");
  const found = [span];
  messages.forEach((message, turn) => {
    const text = points(message.content);
    for (let start = 0; start + wanted.length <= text.length; start += 1) {
      const end = start + wanted.length;
      if (turn === span.turn && start < span.end && span.start < end) continue;
      if (text[start] !== wanted[0] || text.slice(start, end).join("") !== key) continue;
      if (isWord(text[start - 1]) || isWord(text[end])) continue;
      found.push({ turn, start, end });
      start = end - 1;
    }
  });
  return found;
}

/** Select the word beside the selection (or the first of `turn`), for people without a pointer. */
export function selectWord(list, messages, spans, turn, by, extend) {
  const last = spans.at(-1);
  const index = last ? last.turn : turn;
  const words = wordsIn(messages[index].content);
  if (!words.length) return;
  let target = by > 0 ? words[0] : words.at(-1);
  if (last) {
    target = by > 0 ? words.find((word) => word.start >= last.end) : words.findLast((word) => word.end <= last.start);
  }
  if (!target) return;
  const start = extend && last ? Math.min(last.start, target.start) : target.start;
  const end = extend && last ? Math.max(last.end, target.end) : target.end;
  select(list.querySelector(`.turn-text[data-message="${index}"]`), messages[index].content, start, end);
}

/** A first guess at the kind of some words. */
export function guessKind(words) {
  if (/@/.test(words)) return "email";
  if (/^(https?:|www\.)/i.test(words) || /\.(com|org|net|io)\b/i.test(words)) return "url";
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(words)) return "ip_address";
  const digits = words.replace(/\D/g, "").length;
  if (/^\d{3}-\d{2}-\d{4}$/.test(words)) return "ssn";
  if (digits >= 13) return "credit_card";
  if (/^\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}$/.test(words)) return "date_of_birth";
  if (digits >= 7) return "phone";
  return digits ? "postal_address" : "personal_name";
}

function wordsIn(text) {
  const found = [];
  let start = null;
  const all = points(text);
  all.forEach((point, index) => {
    if (isWord(point)) start ??= index;
    else if (start !== null) {
      found.push({ start, end: index });
      start = null;
    }
  });
  if (start !== null) found.push({ start, end: all.length });
  return found;
}

function isWord(point) {
  return point !== undefined && /[\p{L}\p{N}_]/u.test(point);
}

function select(element, text, start, end) {
  const from = points(text).slice(0, start).join("").length;
  const to = points(text).slice(0, end).join("").length;
  const range = document.createRange();
  range.setStart(...nodeAt(element, from));
  range.setEnd(...nodeAt(element, to));
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  element.scrollIntoView({ block: "nearest" });
}

function nodeAt(element, offset) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let left = offset;
  let node = walker.nextNode();
  while (node && left > node.length) {
    left -= node.length;
    node = walker.nextNode();
  }
  return [node || element, node ? left : 0];
}
