/** The current sample and those rendered ahead. Showing the next one is moving one attribute: no waiting, no server. */
import { renderDialogue } from "./dialogue.js";
import { Draft } from "./label.js";

export class Stack {
  constructor(stage, template) {
    this.stage = stage;
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
      this.samples.push(this.prepare(sample));
    }
  }

  prepare(sample, label) {
    const node = renderDialogue(sample.messages, this.template);
    node.hidden = true;
    this.stage.append(node);
    return { ...sample, node, draft: new Draft(label), seconds: 0 };
  }

  /** The current sample is answered: the next one, rendered already, takes its place. */
  advance() {
    const done = this.samples.shift();
    this.gone.add(done.slot);
    return done;
  }

  show(visible) {
    for (const node of this.stage.children) node.hidden = !visible || node !== visible.node;
    this.stage.scrollTop = 0;
  }

  forget(sample) {
    sample.node.remove();
  }
}
