/**
 * Keys for judging: a key chooses its button, Enter sends, once. Single keys are dead while somebody types, and between
 * sending and the next page: nobody judges what they have not seen.
 */
const form = document.querySelector("form[data-judge]");
let sent = false;

function typing(target) {
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type === "text");
}

function choose(key) {
  const input = form.querySelector(`input[data-key="${CSS.escape(key)}"]:enabled`);
  if (!input) return false;
  input.checked = true;
  input.focus();
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

/** "No crisis" has no severity: the scale is out of reach then. */
function followType() {
  const scale = form.querySelector("fieldset[data-severity]");
  const none = form.querySelector('input[name="crisis_type"][value="none"]');
  if (!scale || !none) return;
  scale.disabled = none.checked;
  for (const input of scale.querySelectorAll("input")) input.required = !none.checked;
}

if (form) {
  followType();
  form.addEventListener("change", followType);
  form.addEventListener("submit", () => (sent = true));
  window.addEventListener("pageshow", () => (sent = false));
  document.addEventListener("keydown", (event) => {
    if (sent) return;
    if (event.ctrlKey && event.key === "Enter") {
      form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    if (event.key === "Enter" && !(event.target instanceof HTMLAnchorElement || event.target instanceof HTMLButtonElement)) {
      event.preventDefault();
      form.requestSubmit();
    } else if (choose(event.key)) {
      event.preventDefault();
    }
  });
}
