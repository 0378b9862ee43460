/** A case by keys, one after the other. Single keys are dead while somebody types; the form is the one on the page now. */
const form = () => document.querySelector("form[data-judge]");

function typing(target) {
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type === "text");
}

function pick(input) {
  if (!input) return false;
  input.checked = input.type !== "checkbox" || !input.checked;
  input.focus();
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

/** "No crisis" has no severity: the scale is out of reach then. */
function followType() {
  const scale = form()?.querySelector("fieldset[data-severity]");
  const none = form()?.querySelector('input[name="crisis_type"][value="none"]');
  if (!scale || !none) return;
  scale.disabled = none.checked;
  for (const input of scale.querySelectorAll("input")) input.required = !none.checked;
}

/** Whether what comes before the rubric is said: the verdict on a case, or the label of an example. */
function beforeRubric() {
  const verdict = form().querySelector("fieldset[data-verdict]");
  if (verdict) return verdict.querySelector("input:checked");
  return form().querySelector('input[name="crisis_type"][value="none"]:checked, fieldset[data-severity] input:checked');
}

/** After that digits answer the rubric, row by row; 0 passes a row over. */
function score(key) {
  if (!beforeRubric() || !/^[0-5]$/.test(key)) return false;
  const rows = [...form().querySelectorAll("[data-scale]")];
  const row = rows.find((one) => !one.dataset.passed && !one.querySelector("input:checked"));
  if (!row) return false;
  if (key === "0") {
    row.dataset.passed = "yes";
    row.classList.add("scale-passed");
    return true;
  }
  return pick(row.querySelector(`input[value="${key}"]`));
}

function choose(key) {
  return pick(form().querySelector(`input[data-key="${CSS.escape(key)}"]:enabled`));
}

function onKey(event) {
  const keys = document.getElementById("keys");
  if (keys?.open) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    if (event.ctrlKey && event.key === "Enter") event.target.form?.requestSubmit();
    return;
  }
  if (event.altKey || event.metaKey || event.target instanceof HTMLSelectElement) return;
  if (event.key === "?") {
    keys?.showModal();
    return;
  }
  if (!form()) return;
  if (event.key === "Enter") {
    const elsewhere = event.target.closest?.("a, button, summary") || (event.target.form && event.target.form !== form());
    if (elsewhere) return;
    event.preventDefault();
    form().requestSubmit();
  } else if (!event.ctrlKey && event.key === "c") {
    event.preventDefault();
    form().querySelector("[data-comment]")?.focus();
  } else if (!event.ctrlKey && (score(event.key) || choose(event.key))) {
    event.preventDefault();
  }
}

followType();
document.addEventListener("change", followType);
document.addEventListener("keydown", onKey);
// A refusal is shown in the case, where its reason stands.
document.addEventListener("htmx:beforeSwap", (event) => {
  if ([400, 409].includes(event.detail.xhr.status) && event.detail.target.id === "main") {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});
document.addEventListener("htmx:afterSwap", () => {
  followType();
  document.getElementById("judging")?.focus({ preventScroll: true });
});
