/** Evidence by mouse (drag), touch (select, then the button that appears) and keyboard (v, then sentence by sentence). */
import { selectText, selectedSpans } from "./dialogue.js";
import { sentencesOf, toggleSpans, wordsOf } from "./spans.js";

export class Evidence {
  constructor(instrument) {
    this.instrument = instrument;
    this.stage = instrument.stage;
    this.bar = instrument.root.querySelector("[data-mark-bar]");
    this.spoken = instrument.root.querySelector("[data-spoken]");
    this.walking = false;
    this.kept = [];
    this.stage.addEventListener("pointerdown", (event) => (this.pointer = event.pointerType));
    document.addEventListener("pointerup", () => setTimeout(() => this.pointer === "mouse" && this.release()));
    document.addEventListener("selectionchange", () => this.selectionChanged());
    // A press on the button must not take the selection away before the click arrives.
    for (const kind of ["pointerdown", "mousedown"]) {
      instrument.root.addEventListener(kind, (event) => event.target.closest("[data-do=highlight]") && event.preventDefault());
    }
    instrument.addEventListener("shown", () => this.leave());
  }

  release() {
    this.pointer = null;
    this.mark();
  }

  /** Fingers move both ends of a selection for a while: a button waits until they are done. */
  selectionChanged() {
    const sample = this.instrument.sample;
    const spans = sample ? selectedSpans(sample.node, sample.messages) : [];
    if (spans.length) this.kept = spans;
    this.bar.hidden = !spans.length || this.walking || this.pointer === "mouse";
  }

  /** Highlight what is selected, or take the highlight away from it. */
  mark() {
    const { sample, blurred, held, form, status } = this.instrument;
    if (!sample || blurred || held) return;
    let chosen = selectedSpans(sample.node, sample.messages);
    if (!chosen.length && !this.bar.hidden) chosen = this.kept;
    if (!chosen.length) return;
    const before = sample.draft.label.spans;
    const spans = toggleSpans(before, chosen);
    form.set({ spans });
    const fewer = covered(spans) < covered(before);
    status.say(fewer ? "Highlight removed." : "Highlighted. Click a highlight, or select it again, to remove it.");
    if (this.walking) this.select();
    else window.getSelection().removeAllRanges();
    this.bar.hidden = true;
  }

  /** By keyboard: walk through the sentences, starting with the first one in sight. */
  enter() {
    const { sample, blurred, status } = this.instrument;
    if (!sample || this.instrument.isHeld()) return undefined;
    if (blurred) return status.say("The text is blurred. Press b when you are ready to read.");
    this.sentences = sample.messages.flatMap((message, index) =>
      sentencesOf(message.content).map(([start, end]) => ({ message: index, start, end })),
    );
    if (!this.sentences.length) return undefined;
    const top = this.stage.getBoundingClientRect().top;
    const turns = [...sample.node.querySelectorAll(".turn")];
    const inSight = turns.findIndex((turn) => turn.getBoundingClientRect().bottom > top + 24);
    const first = this.sentences.findIndex((sentence) => sentence.message >= inSight);
    this.walking = true;
    this.go(Math.max(0, first));
    return status.say("Arrows: sentence. Shift, Ctrl + arrows: its end, its start. Enter: highlight. Esc: done.");
  }

  leave() {
    if (!this.walking) return;
    this.walking = false;
    window.getSelection().removeAllRanges();
    this.spoken.textContent = "";
    this.instrument.status.say("");
  }

  /** True when the key belonged to the walk. */
  keydown(event) {
    if (!this.walking) return false;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step && event.shiftKey) this.stretch("end", step);
    else if (step && event.ctrlKey) this.stretch("start", step);
    else if (step) this.go(this.at + step);
    else if (event.key === "Enter" || event.key === " ") this.mark();
    else if (event.key === "Escape" || event.key === "v") this.leave();
    else return false;
    return true;
  }

  go(at) {
    this.at = Math.min(this.sentences.length - 1, Math.max(0, at));
    this.range = { ...this.sentences[this.at] };
    this.select();
  }

  /** Move one end of the selection by a word, inside its message. */
  stretch(side, step) {
    const text = this.instrument.sample.messages[this.range.message].content;
    const places = wordsOf(text).map((word) => word[side === "end" ? 1 : 0]);
    const now = this.range[side];
    const next = step > 0 ? places.find((place) => place > now) : places.findLast((place) => place < now);
    const moved = { ...this.range, [side]: next ?? now };
    if (moved.start < moved.end) this.range = moved;
    this.select();
  }

  select() {
    const { sample } = this.instrument;
    const { message, start, end } = this.range;
    const box = selectText(sample.node, message, start, end).getBoundingClientRect();
    const view = this.stage.getBoundingClientRect();
    if (box.top < view.top + 16) this.stage.scrollTop += box.top - view.top - 16;
    else if (box.bottom > view.bottom - 16) this.stage.scrollTop += box.bottom - view.bottom + 16;
    this.spoken.textContent = `Turn ${message + 1}: ${sample.messages[message].content.slice(start, end)}`;
  }
}

function covered(spans) {
  return spans.reduce((sum, span) => sum + span.end - span.start, 0);
}
