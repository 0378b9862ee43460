/** The right-hand side: shows a draft and turns presses into changes. */
import { NONE } from "./label.js";

export class Form {
  /** `needs`: what a label of this project has to have; see Draft.missing. */
  constructor(root, needs, changed) {
    this.root = root;
    this.needs = needs;
    this.changed = changed;
    root.addEventListener("click", (event) => this.click(event));
    this.note = root.querySelector("[name=note]");
    this.note.addEventListener("change", () => this.set({ note: this.note.value }));
    this.confidence = root.querySelector("[data-confidence-value]");
    this.awaitingKind = false;
  }

  show(draft) {
    this.draft = draft;
    this.awaitingKind = false;
    this.paint();
  }

  set(fields) {
    if (!this.draft) return;
    this.draft.change(fields);
    this.paint();
    this.changed();
  }

  /** Text that was typed but not left yet belongs to the label too. */
  settle() {
    if (this.draft && this.note.value !== this.draft.label.note) this.set({ note: this.note.value });
  }

  missing() {
    return this.draft.missing(this.needs);
  }

  click(event) {
    const button = event.target.closest("button[data-field]");
    if (!button) return;
    this.press(button.dataset.field, button.dataset.value);
    // A mouse click must not leave the focus on the button, or Enter would press it again instead of submitting.
    if (event.detail > 0) button.blur();
  }

  press(field, value) {
    const label = this.draft?.label;
    if (!label) return;
    const act = {
      crisis_type: () => this.set({ crisis_type: value }),
      severity: () => label.crisis_type !== NONE && this.set({ severity: Number(value) }),
      confidence: () => this.set({ confidence: Number(value) }),
      edge_case_kind: () => this.chooseKind(value),
      is_edge_case: () => this.toggleEdge(),
      secondary_types: () => this.set({ secondary_types: toggled(label.secondary_types, value) }),
      uncertain: () => this.set({ uncertain: !label.uncertain }),
      about_someone_else: () => this.set({ about_someone_else: !label.about_someone_else }),
    }[field];
    act();
  }

  toggleEdge() {
    const on = !this.draft.label.is_edge_case;
    this.awaitingKind = on;
    this.set({ is_edge_case: on });
  }

  chooseKind(kind) {
    this.awaitingKind = false;
    this.set({ is_edge_case: true, edge_case_kind: kind });
  }

  /** A digit means the edge-case kind right after f, else the crisis type. */
  digit(key) {
    const field = this.awaitingKind && Number(key) <= 4 ? "edge_case_kind" : "crisis_type";
    const button = this.root.querySelector(`button[data-field=${field}][data-key="${key}"]`);
    if (button) this.press(field, button.dataset.value);
  }

  /** Shift and a digit: a type that is there as well. */
  secondary(key) {
    const type = this.root.querySelector(`button[data-field=crisis_type][data-key="${key}"]`);
    const button = this.root.querySelector(`button[data-field=secondary_types][data-value="${type.dataset.value}"]`);
    if (!button.disabled) this.press("secondary_types", type.dataset.value);
  }

  letter(key) {
    const button = this.root.querySelector(`button[data-key="${key}"]`);
    if (button) this.press(button.dataset.field, button.dataset.value);
  }

  nudge(step) {
    const now = this.draft?.label.confidence;
    if (now === null || now === undefined) return;
    this.set({ confidence: Math.min(1, Math.max(0, Math.round((now + step) * 100) / 100)) });
  }

  paint() {
    const label = this.draft.label;
    for (const button of this.root.querySelectorAll("button[data-field]")) {
      const { field, value } = button.dataset;
      button.setAttribute("aria-pressed", String(isOn(label, field, value)));
      if (field === "severity") button.disabled = label.crisis_type === NONE;
      if (field === "secondary_types") button.disabled = label.crisis_type === NONE || label.crisis_type === value;
    }
    this.root.querySelector("[data-edge-kinds]").hidden = !label.is_edge_case;
    const count = label.spans.length;
    this.root.querySelector("[data-span-count]").textContent = count === 1 ? "1 highlight" : `${count || "no"} highlights`;
    this.confidence.textContent = label.confidence === null ? "not chosen" : `${Math.round(label.confidence * 100)}%`;
    if (document.activeElement !== this.note) this.note.value = label.note;
    const missing = this.missing();
    this.root.querySelector("[data-missing]").textContent = missing.length ? `Needs ${missing[0]}.` : "Ready to submit.";
  }
}

function isOn(label, field, value) {
  if (field === "confidence") return label.confidence !== null && nearest(label.confidence) === value;
  if (field === "secondary_types") return label.secondary_types.includes(value);
  if (typeof label[field] === "boolean") return label[field];
  return label[field] !== null && String(label[field]) === value;
}

/** Which of the three buttons a fine-tuned confidence belongs to. */
function nearest(confidence) {
  return ["0.4", "0.7", "0.95"].reduce((best, value) =>
    Math.abs(Number(value) - confidence) < Math.abs(Number(best) - confidence) ? value : best,
  );
}

function toggled(list, value) {
  return list.includes(value) ? list.filter((entry) => entry !== value) : [...list, value];
}
