/** A conversation as DOM, built ahead of time, with its highlights and the selection in it. */
import { spanOf, units } from "./spans.js";

export function renderDialogue(messages, template) {
  const list = template.content.firstElementChild.cloneNode(true);
  const end = list.removeChild(list.querySelector(".dialogue-end"));
  const turn = list.removeChild(list.querySelector(".turn"));
  messages.forEach((message, index) => {
    const node = turn.cloneNode(true);
    const role = String(message.role);
    node.classList.add(`turn-${["user", "assistant", "system"].includes(role) ? role : "other"}`);
    node.querySelector(".turn-role").textContent = role.charAt(0).toUpperCase() + role.slice(1);
    node.querySelector("[data-number]").textContent = String(index + 1);
    const text = node.querySelector(".turn-text");
    text.dataset.message = String(index);
    text.textContent = message.content;
    list.append(node);
  });
  end.querySelector("[data-number]").textContent = messages.length === 1 ? "1 turn" : `${messages.length} turns`;
  list.append(end);
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
    const span = spanOf(text, index, start, end);
    if (span) found.push(span);
  }
  return found;
}

/** Select UTF-16 units `start` to `end` of a message, as a mouse would. */
export function selectText(list, message, start, end) {
  const element = list.querySelector(`.turn-text[data-message="${message}"]`);
  const range = document.createRange();
  range.setStart(...placeIn(element, start));
  range.setEnd(...placeIn(element, end));
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  return range;
}

function placeIn(element, offset) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let left = offset;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (left <= node.length) return [node, left];
    left -= node.length;
  }
  return [element, element.childNodes.length];
}

function offsetIn(element, node, offset) {
  const before = document.createRange();
  before.setStart(element, 0);
  before.setEnd(node, offset);
  return before.toString().length;
}
