/** A label that the hub refused, with the decision in words: nothing that somebody decided is silently lost. */
import { NONE } from "./label.js";
import { ordinal } from "./ordinal.js";

/** The page's own words for a choice, so that they are written once. */
function nameOf(field, value) {
  const button = document.querySelector(`button[data-field=${field}][data-value="${CSS.escape(String(value))}"]`);
  return button ? button.dataset.name : String(value);
}

export function inWords(label) {
  const words = [nameOf("crisis_type", label.crisis_type)];
  if (label.crisis_type !== NONE) words.push(`severity ${label.severity}`);
  words.push(`confidence ${Math.round(label.confidence * 100)}%`);
  if (label.secondary_types.length) words.push(`also ${label.secondary_types.map((code) => nameOf("crisis_type", code)).join(", ")}`);
  if (label.is_edge_case) words.push(`edge case: ${nameOf("edge_case_kind", label.edge_case_kind)}`);
  if (label.uncertain) words.push("uncertain");
  if (label.about_someone_else) words.push("about someone else");
  if (label.spans.length) words.push(label.spans.length === 1 ? "1 highlight" : `${label.spans.length} highlights`);
  if (label.note) words.push(`note: ${label.note}`);
  return words.join("; ");
}

export function refusalRow(entry, template) {
  const row = template.content.firstElementChild.cloneNode(true);
  const { label } = entry.payload;
  row.dataset.id = entry.id;
  row.querySelector("[data-why]").textContent = `${nameOfEntry(entry)} was refused: ${entry.message}`;
  const decision = label ? inWords(label) : "";
  row.querySelector("[data-decision]").textContent = decision && `You chose: ${decision}.`;
  const copy = row.querySelector("[data-copy]");
  copy.dataset.copy = decision;
  copy.hidden = !decision;
  return row;
}

function nameOfEntry({ path, number }) {
  if (!number) return "What you sent";
  const which = ordinal(number);
  return { skip: `Skipping your ${which}`, flag: `The flag on your ${which}` }[path] ?? `Your ${which}`;
}
