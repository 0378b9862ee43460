/** Keys for pairs: j and k move, w b u press the current pair's buttons, x selects it. Dead while somebody types. */
const TYPING = "input:not([type=checkbox]), textarea, select";
let current = null;

function pairs() {
  return [...document.querySelectorAll("[data-pair]")];
}

function move(steps) {
  const all = pairs();
  if (!all.length) return;
  const place = all.indexOf(current);
  choose(all[Math.min(Math.max(place + steps, 0), all.length - 1)]);
}

function choose(pair) {
  current?.removeAttribute("aria-current");
  current = pair;
  pair.setAttribute("aria-current", "true");
  pair.focus({ preventScroll: true });
  pair.scrollIntoView({ block: "nearest" });
}

function press(key) {
  const button = current?.querySelector(`button[data-key="${CSS.escape(key)}"]:enabled`);
  if (!button) return false;
  button.click();
  if (key !== "u") move(1);
  return true;
}

function select() {
  const box = current?.querySelector("input[name=pair][type=checkbox]");
  if (!box) return false;
  box.checked = !box.checked;
  return true;
}

const ACTS = { j: () => move(1) ?? true, k: () => move(-1) ?? true, x: select };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest?.(TYPING)) return;
  const key = event.key.toLowerCase();
  const done = ACTS[key] ? ACTS[key]() : "wbu".includes(key) && press(key);
  if (done) event.preventDefault();
});

document.addEventListener("focusin", (event) => {
  const pair = event.target.closest?.("[data-pair]");
  if (pair && pair !== current) {
    current?.removeAttribute("aria-current");
    current = pair;
    pair.setAttribute("aria-current", "true");
  }
});

document.addEventListener("change", (event) => {
  if (!event.target.matches?.("[data-select-all]")) return;
  for (const box of document.querySelectorAll("[data-pair] input[name=pair]")) box.checked = event.target.checked;
});

/**
 * The pair itself asks, not the form in it: a colleague's decision may replace the form while the answer is on its way,
 * and htmx looks for what the answer changes only in the tree that the asking element is in.
 */
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-decide]");
  if (!form) return;
  event.preventDefault();
  const values = Object.fromEntries(new FormData(form, event.submitter));
  const buttons = form.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  const enable = () => buttons.forEach((button) => (button.disabled = false));
  window.htmx.ajax("POST", form.action, { source: form.closest("[data-pair]"), swap: "none", values }).then(enable, enable);
});

/** A bulk decision is done: nothing stays selected. */
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt?.id !== "bulk" || !event.detail.successful) return;
  for (const box of document.querySelectorAll("[data-pair] input[name=pair], [data-select-all]")) box.checked = false;
});

/** A long pair begins at the first words that differ, on both sides. */
function showDifferences(root) {
  for (const pair of root.querySelectorAll("[data-pair]")) {
    const sides = [...pair.querySelectorAll(".pair-text")];
    const marked = sides.filter((side) => side.querySelector("mark"));
    if (!marked.length) continue;
    const bottom = (side) => side.querySelector("mark").getBoundingClientRect().bottom;
    const first = Math.min(...marked.map((side) => bottom(side) - side.getBoundingClientRect().top));
    for (const side of sides) if (first > side.clientHeight) side.scrollTop = first - side.clientHeight / 2;
  }
}

showDifferences(document);
document.addEventListener("htmx:load", (event) => showDifferences(event.detail.elt));
