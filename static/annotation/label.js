/** The decision on one sample, with its history. No DOM here. */
export const NONE = "none";

export const EMPTY = Object.freeze({
  crisis_type: null,
  severity: null,
  confidence: null,
  secondary_types: [],
  is_edge_case: false,
  edge_case_kind: "",
  spans: [],
  about_someone_else: false,
  uncertain: false,
  note: "",
});

export class Draft {
  constructor(initial = EMPTY) {
    this.label = structuredClone({ ...EMPTY, ...initial });
    this.past = [];
  }

  /** Change fields as one step of undo. */
  change(fields) {
    const next = { ...this.label, ...fields };
    if (next.crisis_type === NONE) next.severity = null;
    next.secondary_types = next.secondary_types.filter((code) => code !== next.crisis_type);
    if (next.crisis_type === NONE) next.secondary_types = [];
    if (!next.is_edge_case) next.edge_case_kind = "";
    this.past.push(this.label);
    this.label = next;
  }

  /** Take back the last step; false when there is none. */
  undo() {
    if (!this.past.length) return false;
    this.label = this.past.pop();
    return true;
  }

  /** What is still missing, in the order in which it is asked; empty when complete. */
  missing({ spansRequired = false } = {}) {
    const missing = [];
    if (!this.label.crisis_type) missing.push("a crisis type (1–7)");
    if (this.label.crisis_type !== NONE && this.label.severity === null) missing.push("a severity (q w e r t)");
    if (this.label.confidence === null) missing.push("your confidence (a s d)");
    if (this.label.is_edge_case && !this.label.edge_case_kind) missing.push("the kind of edge case (f, then 1–4)");
    if (spansRequired && this.label.crisis_type !== NONE && !this.label.spans.length) {
      missing.push("a highlighted piece of text (select it, or v)");
    }
    return missing;
  }
}
