/** Keys of the adjudication page: 1-7 type, q w e r t severity, h the guideline section, n the reason, Ctrl+Enter. */
const TYPING = "textarea, select, input:not([type=radio])";
const SEVERITY = "qwert";
const form = document.querySelector("[data-ruling]");

function choose(name, index) {
  const radio = form.querySelectorAll(`input[type=radio][name=${name}]`)[index];
  if (radio) radio.click();
}

function keydown(event) {
  if (event.key === "Enter" && event.ctrlKey) return form.requestSubmit();
  if (event.target.matches(TYPING)) return event.key === "Escape" ? event.target.blur() : undefined;
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const key = event.key.toLowerCase();
  if (key >= "1" && key <= "7") return choose("crisis_type", Number(key) - 1);
  if (key.length === 1 && SEVERITY.includes(key)) return choose("severity", SEVERITY.indexOf(key));
  const focus = { n: "reason", h: "guideline_section" }[key];
  if (!focus) return undefined;
  event.preventDefault();
  return form.elements[focus].focus();
}

if (form) document.addEventListener("keydown", keydown);
