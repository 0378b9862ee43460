/** Reviewing a label: what the reviewer would have chosen is asked only where it differs; n and h go to the words. */
const form = document.querySelector("form[data-judge]");
const difference = form?.querySelector("fieldset[data-difference]");

function followVerdict() {
  const verdict = form.elements.verdict.value;
  difference.disabled = verdict === "" || verdict === "agreed";
}

function focusByKey(event) {
  if (event.target.matches("textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const field = { n: form.elements.comment, h: form.elements.guideline_section }[event.key.toLowerCase()];
  if (!field || field.matches(":disabled")) return;
  event.preventDefault();
  field.focus();
}

if (difference) {
  followVerdict();
  form.addEventListener("change", followVerdict);
  document.addEventListener("keydown", focusByKey);
}
