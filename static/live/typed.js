/**
 * What somebody has typed or chosen and not sent yet stays when a refresh replaces its form. A file that was chosen can't
 * be put back by a script: its part waits with the refresh until the form is sent.
 */
const FIELDS = "input:not([type=hidden]):not([type=submit]), textarea, select";
let kept = [];

function isTouched(field) {
  if (field instanceof HTMLSelectElement) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  if (field.type === "file") return field.files.length > 0;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
}

/** A field by its form and name; of several with the same (boxes, rows of a table) by its value or its place. */
function named(root) {
  const times = new Map();
  return [...root.querySelectorAll(FIELDS)].map((field) => {
    const own = field.type === "checkbox" || field.type === "radio" ? field.getAttribute("value") : "";
    const words = JSON.stringify([field.form?.getAttribute("action") ?? "", field.name, own]);
    const time = (times.get(words) ?? 0) + 1;
    times.set(words, time);
    return [`${words} ${time}`, field];
  });
}

function take(field) {
  if (field instanceof HTMLSelectElement) return { chosen: [...field.selectedOptions].map((option) => option.value) };
  if (field.type === "checkbox" || field.type === "radio") return { checked: field.checked };
  return { value: field.value };
}

function putBack(field, { chosen, checked, value }) {
  if (chosen) for (const option of field.options) option.selected = chosen.includes(option.value);
  else if (checked !== undefined) field.checked = checked;
  else field.value = value;
}

export function keepTyped() {
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    kept = [];
    if (detail.requestConfig.triggeringEvent?.type !== "live" || !detail.shouldSwap) return;
    const touched = named(detail.target).filter(([, field]) => isTouched(field));
    if (touched.some(([, field]) => field.type === "file")) detail.shouldSwap = false;
    else kept = touched.map(([name, field]) => [name, take(field)]);
  });
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    const fields = new Map(kept.length ? named(detail.elt) : []);
    for (const [name, was] of kept) if (fields.has(name)) putBack(fields.get(name), was);
  });
}
