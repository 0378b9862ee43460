/**
 * After the blind label is stored, what a model suggests: the answer to the submit carries it, nothing before does.
 * Only a suggestion that differs asks a question; one that agrees is a passing remark. Rounds without suggestions have
 * no such panel, and nothing happens.
 */
export function plugSuggestion(instrument) {
  const dialog = instrument.root.querySelector("dialog[data-panel=suggestion]");
  if (!dialog) return;
  const waiting = [];
  let busy = false;
  let release = null;

  const next = () => {
    const [slot, suggestion] = waiting.shift() ?? [];
    busy = Boolean(slot);
    if (!busy) {
      release?.();
      release = null;
      return;
    }
    const label = instrument.recent.find(slot);
    const yours = instrument.root.querySelector(`[data-field=crisis_type][data-value="${label.draft.label.crisis_type}"] .type`);
    dialog.querySelector("[data-suggested]").textContent = suggested(suggestion);
    dialog.querySelector("[data-yours]").textContent = yours.textContent.trim();
    // The next conversation is on screen already: it waits, and its clock with it.
    release ??= instrument.hold("First answer the question about the suggestion.");
    const chosen = (choice) => choice === "change" && change(instrument, slot, label, suggestion);
    instrument.panels.open("suggestion", { chosen, closed: next });
    dialog.querySelector("[data-choice=keep]").focus();
  };

  instrument.addEventListener("saved", ({ detail }) => {
    const { suggestion, revision } = detail.data;
    if (!suggestion || revision !== 1) return;
    if (suggestion.agrees) return instrument.status.say(`Saved. The model suggests ${suggestion.label}, too.`);
    if (!instrument.recent.find(detail.entry.payload.slot)) return; // of an earlier visit: nothing on screen to ask about
    waiting.push([detail.entry.payload.slot, suggestion]);
    if (!busy) next();
  });
}

function suggested({ label, severity, confidence }) {
  const sure = confidence === null ? "" : `, ${Math.round(confidence * 100)}% sure`;
  return `${label}${severity ? `, severity ${severity}` : ""}${sure}`;
}

/** The type changes; a crisis that has no severity yet takes the suggested one, or is opened to be given one. */
function change(instrument, slot, label, suggestion) {
  const severity = label.draft.label.severity ?? suggestion.severity;
  const complete = suggestion.crisis_type === "none" || severity;
  if (complete && instrument.amend(slot, { crisis_type: suggestion.crisis_type, severity })) {
    instrument.status.say(`Changed to ${suggestion.label}.`);
    return;
  }
  label.draft.change({ crisis_type: suggestion.crisis_type });
  instrument.recent.viewing = label; // shown when the hold is released
}
