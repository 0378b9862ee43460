/** Where one is in a long conversation: which turns were on screen, jumps, the end. */
export class Reading {
  constructor(instrument) {
    this.instrument = instrument;
    this.stage = instrument.stage;
    this.line = instrument.root.querySelector("[data-turns]");
    this.stage.addEventListener("scroll", () => this.look(), { passive: true });
    new ResizeObserver(() => this.look()).observe(this.stage);
    instrument.addEventListener("shown", () => this.look());
  }

  get turns() {
    const { sample } = this.instrument;
    return sample ? [...sample.node.querySelectorAll(".turn")] : [];
  }

  /** A turn is seen once its last line was on screen, unblurred. */
  look() {
    const turns = this.turns;
    const bottom = this.stage.getBoundingClientRect().bottom;
    const readable = turns.length && !this.instrument.blurred;
    if (readable) {
      for (const turn of turns) {
        if (!turn.dataset.seen && turn.getBoundingClientRect().bottom <= bottom + 2) turn.dataset.seen = "yes";
      }
    }
    this.unseen = turns.filter((turn) => !turn.dataset.seen);
    const count = turns.length === 1 ? "1 turn" : `${turns.length} turns`;
    this.line.textContent = this.unseen.length ? `${count}, ${this.unseen.length} not seen yet` : `${count}, all seen`;
    this.line.dataset.unseen = String(this.unseen.length);
  }

  /** j: the first turn that was not on screen yet, else the next one. */
  next() {
    this.jump(this.unseen[0] ?? this.turns.find((turn) => this.offset(turn) > 4));
  }

  /** k: the turn before the one at the top. */
  previous() {
    this.jump(this.turns.findLast((turn) => this.offset(turn) < -4) ?? this.turns[0]);
  }

  first() {
    this.jump(this.turns[0]);
  }

  last() {
    this.jump(this.turns.at(-1));
    this.stage.scrollTop = this.stage.scrollHeight;
  }

  page(direction) {
    this.stage.scrollBy({ top: direction * this.stage.clientHeight * 0.85 });
  }

  /** How far below the top of the reading area a turn begins. */
  offset(turn) {
    return turn.getBoundingClientRect().top - this.stage.getBoundingClientRect().top - 16;
  }

  /** Focus goes along, so that a screen reader reads on from there. */
  jump(turn) {
    if (!turn || this.instrument.blurred) return;
    this.stage.scrollTop += this.offset(turn);
    turn.focus({ preventScroll: true });
    this.look();
  }
}
