/** The findings of a conversation as a list beside it: what a screen reader reads and a finger taps. */
import { wordsOf } from "./pii_text.js";

const SAID = { accept: "replace", reject: "leave", open: "to decide" };
const SIGN = { accept: "✓", reject: "✕", open: "?" };

export class FindingList {
  constructor(element, names, choose) {
    this.element = element;
    this.names = names;
    element.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-index]");
      if (button) choose(Number(button.dataset.index));
    });
  }

  show(messages, items, current) {
    this.messages = messages;
    const focused = this.element.contains(document.activeElement);
    this.element.replaceChildren(...items.map((item, index) => this.row(item, index, index === current)));
    const here = this.element.querySelector("[aria-current]");
    here?.scrollIntoView({ block: "nearest" });
    if (focused) here?.focus();
  }

  sentence(item) {
    const sure = item.finding === null ? "added by you" : `${Math.round(item.confidence * 100)}% sure`;
    const words = this.blurred ? "blurred" : `“${wordsOf(this.messages, item)}”`;
    return `${this.names[item.kind]}, ${words}, turn ${item.turn + 1}, ${sure}: ${SAID[item.decision || "open"]}`;
  }

  row(item, index, isCurrent) {
    const row = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "finding";
    button.dataset.index = String(index);
    button.dataset.decision = item.decision || "open";
    button.setAttribute("aria-label", this.sentence(item));
    if (isCurrent) button.setAttribute("aria-current", "true");
    const sure = item.finding === null ? "added" : `${Math.round(item.confidence * 100)}%`;
    for (const [name, text] of [
      ["sign", SIGN[item.decision || "open"]],
      ["kind", this.names[item.kind]],
      ["sure", sure],
      ["words", wordsOf(this.messages, item)],
    ]) {
      const part = document.createElement("span");
      part.className = `finding-${name}`;
      part.textContent = text;
      button.append(part);
    }
    row.append(button);
    return row;
  }
}
