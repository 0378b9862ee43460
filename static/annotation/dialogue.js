/** A conversation as DOM, built ahead of time; highlights are code-point ranges of a message. */
const codePoints = (text, units) => Array.from(text.slice(0, units)).length;

function units(text, points) {
  return Array.from(text).slice(0, points).join("").length;
}

export function renderDialogue(messages, template) {
  const list = template.content.firstElementChild.cloneNode(true);
  const turn = list.removeChild(list.querySelector(".turn"));
  messages.forEach((message, index) => {
    const node = turn.cloneNode(true);
    const role = String(message.role);
    node.classList.add(`turn-${["user", "assistant", "system"].includes(role) ? role : "other"}`);
    node.querySelector(".turn-role").textContent = role.charAt(0).toUpperCase() + role.slice(1);
    node.querySelector(".turn-number").textContent = String(index + 1);
    const text = node.querySelector(".turn-text");
    text.dataset.message = String(index);
    text.textContent = message.content;
    list.append(node);
  });
  return list;
}

/** Show these spans and no others. */
export function paintSpans(list, messages, spans) {
  for (const element of list.querySelectorAll(".turn-text")) {
    const index = Number(element.dataset.message);
    const text = messages[index].content;
    const own = spans.filter((span) => span.message === index).sort((a, b) => a.start - b.start);
    if (!own.length && !element.querySelector("mark")) continue;
    element.replaceChildren();
    let at = 0;
    for (const span of own) {
      const start = units(text, span.start);
      const end = units(text, span.end);
      const mark = document.createElement("mark");
      mark.textContent = text.slice(start, end);
      mark.dataset.start = String(span.start);
      mark.title = "Click to remove this highlight";
      element.append(text.slice(at, start), mark);
      at = end;
    }
    element.append(text.slice(at));
  }
}

/** The selected text as spans, one for each message it touches. */
export function selectedSpans(list, messages) {
  const selection = window.getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return [];
  const range = selection.getRangeAt(0);
  const found = [];
  for (const element of list.querySelectorAll(".turn-text")) {
    if (!range.intersectsNode(element)) continue;
    const index = Number(element.dataset.message);
    const text = messages[index].content;
    const start = element.contains(range.startContainer) ? offsetIn(element, range.startContainer, range.startOffset) : 0;
    const end = element.contains(range.endContainer) ? offsetIn(element, range.endContainer, range.endOffset) : text.length;
    const trimmed = trim(text, start, end);
    if (trimmed) found.push({ message: index, start: codePoints(text, trimmed[0]), end: codePoints(text, trimmed[1]) });
  }
  return found;
}

/** Add spans, joining those that overlap or touch. */
export function joinSpans(spans, added) {
  const sorted = [...spans, ...added].sort((a, b) => a.message - b.message || a.start - b.start);
  const joined = [];
  for (const span of sorted) {
    const last = joined.at(-1);
    if (last && last.message === span.message && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else joined.push({ ...span });
  }
  return joined;
}

function offsetIn(element, node, offset) {
  const before = document.createRange();
  before.setStart(element, 0);
  before.setEnd(node, offset);
  return before.toString().length;
}

function trim(text, start, end) {
  const chosen = text.slice(start, end);
  const from = start + (chosen.length - chosen.trimStart().length);
  const to = end - (chosen.length - chosen.trimEnd().length);
  return from < to ? [from, to] : null;
}
