/** The adjudication page: keys, whose evidence is shown, the clause beside its choice, and a sign of life. */
const TYPING = "textarea, select, input:not([type=radio]):not([type=checkbox])";
const SEVERITY = "qwert";
const BEAT_MS = 20000;
const FOCUS = { n: "reason", h: "guideline_section", f: "edge_case_kind" };
const form = document.querySelector("[data-ruling]");
const page = document.querySelector("[data-item]");
const toggles = [...document.querySelectorAll("[data-voice]")];
const clause = document.querySelector("[data-clause]");
const keysPanel = document.querySelector("[data-keys-panel]");

function choose(name, index) {
  const radio = form.querySelectorAll(`input[type=radio][name=${name}]`)[index];
  if (radio) radio.click();
}

function follow(selector) {
  const link = document.querySelector(selector);
  if (link) link.click();
}

function paintEvidence() {
  const shown = new Set(toggles.filter((toggle) => toggle.checked).map((toggle) => toggle.dataset.voice));
  for (const mark of document.querySelectorAll("mark.evidence")) {
    mark.dataset.voices = mark.dataset.all.split(" ").filter((voice) => shown.has(voice)).join(" ");
  }
}

/** All voices, then each alone, then none, then all again. */
function cycleEvidence() {
  const on = toggles.filter((toggle) => toggle.checked);
  const alone = on.length === 1 ? toggles.indexOf(on[0]) : -1;
  const next = on.length === toggles.length && toggles.length > 1 ? 0 : alone + 1;
  const all = on.length === 0;
  toggles.forEach((toggle, index) => { toggle.checked = all || (index === next && !(alone === toggles.length - 1)); });
  paintEvidence();
}

/** The guideline's own words for a section: a row of its table of types, or a heading with what follows. */
function clauseNodes(code) {
  const anchor = code && document.getElementById(`section-${code}`);
  if (!anchor) return [];
  const row = anchor.closest("tr");
  if (row) {
    const heads = [...row.closest("table").querySelectorAll("thead th")];
    const list = document.createElement("dl");
    [...row.cells].forEach((cell, index) => {
      const term = document.createElement("dt");
      term.textContent = heads[index] ? heads[index].textContent : "";
      const text = document.createElement("dd");
      text.append(...[...cell.childNodes].map((node) => node.cloneNode(true)));
      list.append(term, text);
    });
    return [list];
  }
  const title = document.createElement("h3");
  title.textContent = anchor.textContent;
  const found = [title];
  const level = anchor.tagName;
  for (let node = anchor.nextElementSibling; node && !(/^H[1-6]$/.test(node.tagName) && node.tagName <= level); node = node.nextElementSibling) {
    const copy = node.cloneNode(true);
    for (const part of [copy, ...copy.querySelectorAll("[id]")]) part.removeAttribute("id");
    found.push(copy);
  }
  return found;
}

function showClause() {
  const type = form.querySelector("input[name=crisis_type]:checked");
  const nodes = clauseNodes(form.elements.guideline_section.value || (type ? type.value : ""));
  clause.replaceChildren(...nodes);
  clause.hidden = !nodes.length;
}

function keydown(event) {
  if (event.isComposing || (keysPanel && keysPanel.open)) return undefined;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    return form.elements.reason.matches(":disabled") ? undefined : form.requestSubmit();
  }
  if (event.target.matches(TYPING)) return event.key === "Escape" ? event.target.blur() : undefined;
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const key = event.key.toLowerCase();
  if (key === "?") return keysPanel.showModal();
  if (key === "j") return follow("[data-next]");
  if (key === "k") return follow("[data-previous]");
  if (key === "v" && toggles.length) return cycleEvidence();
  if (key >= "1" && key <= "7") return choose("crisis_type", Number(key) - 1);
  if (key.length === 1 && SEVERITY.includes(key)) return choose("severity", SEVERITY.indexOf(key));
  if (!FOCUS[key]) return undefined;
  event.preventDefault();
  return form.elements[FOCUS[key]].focus();
}

/** Keeps the seat; tells when a colleague came or decided, without touching what is typed. */
async function beat() {
  const body = new FormData();
  body.set("item", page.dataset.item);
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  let state;
  try {
    const response = await fetch(page.dataset.seat, { method: "POST", body, credentials: "same-origin", redirect: "error" });
    if (!response.ok) return;
    state = await response.json();
  } catch {
    return; // no connection: the next beat tries again, and deciding checks the version anyway
  }
  document.querySelector("[data-colleague]").hidden = !state.colleague;
  document.querySelector("[data-decided]").hidden = state.version === Number(page.dataset.version);
}

if (form) {
  document.addEventListener("keydown", keydown);
  form.addEventListener("change", showClause);
  for (const toggle of toggles) toggle.addEventListener("change", paintEvidence);
  document.querySelector("[data-keys]").addEventListener("click", () => keysPanel.showModal());
  const filter = document.querySelector("[data-autosubmit]");
  if (filter) filter.addEventListener("change", () => filter.requestSubmit());
  showClause();
  setInterval(beat, BEAT_MS);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && beat());
}
