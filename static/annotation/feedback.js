/**
 * Practice only: after each label, what the expert chose and why, beside the conversation, before going on.
 * The dialogue stays in view until then. Rounds of other kinds have no such panel, and nothing happens.
 */
export function plugFeedback(instrument) {
  const dialog = instrument.root.querySelector("dialog[data-panel=feedback]");
  if (!dialog) return;
  let release = null;
  const goOn = () => {
    release?.();
    release = null;
  };
  instrument.addEventListener("submitting", ({ detail }) => {
    if (!detail.edit) release ??= instrument.hold("The expert's view is on its way.");
  });
  instrument.addEventListener("refused", goOn);
  instrument.addEventListener("saved", ({ detail }) => {
    if (!detail.data.feedback) return;
    fill(dialog, detail.data.feedback);
    instrument.panels.open("feedback", { closed: goOn });
    dialog.querySelector("[data-close]").focus();
  });
}

function fill(dialog, feedback) {
  const put = (name, text) => (dialog.querySelector(`[data-feedback=${name}]`).textContent = text);
  dialog.dataset.verdict = feedback.verdict;
  put("headline", feedback.headline);
  put("yours", feedback.yours);
  put("expert", feedback.expert);
  put("accepted", feedback.also_accepted.length ? `Also accepted: ${feedback.also_accepted.join(", ")}.` : "");
  put("rationale", feedback.rationale);
  put("section", `Guideline: ${feedback.section.title}`);
  // Rendered by the hub from the guideline's Markdown, in which raw HTML stays text.
  dialog.querySelector("[data-feedback=text]").innerHTML = feedback.section.html;
}
