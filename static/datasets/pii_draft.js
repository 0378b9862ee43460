/** What a reviewer has decided on one conversation so far; nothing leaves the page before it is confirmed. */
const DECIDED = { accepted: "accept", edited: "accept", rejected: "reject" };

export class Draft {
  constructor(findings) {
    this.items = findings.map((finding) => ({
      finding: finding.id,
      turn: finding.turn,
      start: finding.start,
      end: finding.end,
      kind: finding.kind,
      confidence: finding.confidence,
      decision: DECIDED[finding.state] || null, // decided in bulk, not confirmed
    }));
    this.sort();
    this.past = [];
  }

  get open() {
    return this.items.filter((item) => !item.decision).length;
  }

  /** The next item without a decision after `from`, round the end; null when all are decided. */
  nextOpen(from) {
    const order = [...this.items.slice(from + 1), ...this.items.slice(0, from + 1)];
    const found = order.find((item) => !item.decision);
    return found ? this.items.indexOf(found) : null;
  }

  decide(index, decision) {
    if (!this.items[index]) return;
    this.remember();
    const item = this.items[index];
    // What the reviewer added and then rejects is gone: nobody else had found it.
    if (decision === "reject" && item.finding === null) this.items.splice(index, 1);
    else item.decision = decision;
  }

  decideOpen(decision) {
    this.remember();
    const changed = this.items.filter((item) => !item.decision);
    for (const item of changed) item.decision = decision;
    return changed.length;
  }

  /** Give a finding another kind or other ends; that accepts it. Findings inside the new ends are rejected. */
  edit(index, change) {
    this.remember();
    const item = this.items[index];
    Object.assign(item, change, { decision: "accept" });
    this.clear(item);
    this.sort();
    return this.items.indexOf(item);
  }

  /** Add words that the rules missed, at every place where they stand. Returns the index of the first. */
  add(spans, kind) {
    this.remember();
    const added = spans.map((span) => ({ finding: null, confidence: 1, decision: "accept", kind, ...span }));
    for (const item of added) {
      this.items.push(item);
      this.clear(item);
    }
    this.sort();
    return this.items.indexOf(added[0]);
  }

  /** No two identifiers stand on one character: the one that is set now wins. */
  clear(winner) {
    for (const item of [...this.items]) {
      if (item === winner || !overlap(item, winner) || item.decision === "reject") continue;
      if (item.finding === null) this.items.splice(this.items.indexOf(item), 1);
      else item.decision = "reject";
    }
  }

  undo() {
    if (!this.past.length) return false;
    this.items = this.past.pop();
    return true;
  }

  remember() {
    this.past.push(this.items.map((item) => ({ ...item })));
  }

  sort() {
    this.items.sort((a, b) => a.turn - b.turn || a.start - b.start);
  }

  /** What the hub is sent. */
  decisions() {
    return this.items.map(({ finding, turn, start, end, kind, decision }) => ({
      finding, turn, start, end, kind, accept: decision === "accept",
    }));
  }
}

function overlap(one, other) {
  return one.turn === other.turn && one.start < other.end && other.start < one.end;
}
