/** The current sample and those rendered ahead. Showing the next one is moving one attribute: no waiting, no server. */
import { renderDialogue } from "./dialogue.js";
import { fingerprint } from "./fingerprint.js";
import { Draft } from "./label.js";

export class Stack {
  constructor(stage, template, drafts) {
    this.stage = stage;
    this.drafts = drafts;
    this.template = template;
    this.samples = [];
    this.gone = new Set();
  }

  get current() {
    return this.samples[0];
  }

  /** Take in what the server says is held; slots that were answered here already stay away. */
  refill(samples) {
    for (const sample of samples) {
      if (this.gone.has(sample.slot) || this.samples.some((known) => known.slot === sample.slot)) continue;
      this.samples.push(this.prepare(sample, this.drafts.of(sample.slot)));
    }
  }

  prepare(sample, label) {
    const node = renderDialogue(sample.messages, this.template);
    node.hidden = true;
    this.stage.append(node);
    return { ...sample, node, print: fingerprint(sample.messages), draft: new Draft(label), seconds: 0 };
  }

  /** The current sample is answered: the next one, rendered already, takes its place. */
  advance() {
    const done = this.samples.shift();
    this.gone.add(done.slot);
    this.drafts.forget(done.slot);
    return done;
  }

  /** A sample was answered in another window: it leaves without an answer here. */
  leave(slot) {
    this.gone.add(slot);
    this.drafts.forget(slot);
    const left = this.samples.find((sample) => sample.slot === slot);
    this.samples = this.samples.filter((sample) => sample !== left);
    if (left) this.forget(left);
    return left;
  }

  show(visible) {
    for (const node of this.stage.children) node.hidden = !visible || node !== visible.node;
    this.stage.scrollTop = 0;
  }

  forget(sample) {
    sample.node.remove();
  }
}
