/** A case: live, but never over half-typed words; countdown; keys that lead to the right form. */
import { setClock, startTicking, tick } from "./countdown.js";
import { listenForKeys } from "./case_keys.js";
import { oneAtATime } from "../live/one_at_a_time.js";

const page = document.querySelector("[data-case-page]");
const news = document.querySelector("[data-news]");
const part = (root, name) => root.querySelector(`[data-part=${name}]`);
let waiting = null;

/** Somebody is at the forms: a word is typed, something chosen, or the focus is inside. */
function isBusy() {
  const acts = part(page, "acts");
  const typed = [...acts.querySelectorAll("textarea, input:not([type=hidden])")].some((field) => field.value.trim());
  const chosen = [...acts.querySelectorAll("select")].some((field) => field.value);
  return typed || chosen || acts.contains(document.activeElement);
}

function showActs(fresh) {
  part(page, "acts").replaceChildren(...part(fresh, "acts").childNodes);
  waiting = null;
}

const look = oneAtATime(async () => {
  let answer;
  try {
    answer = await fetch(page.dataset.url, { headers: { "HX-Request": "true", "X-Pixelhub-Live": "1" }, credentials: "same-origin" });
  } catch {
    return; // no connection: the next change looks again
  }
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-case-now]");
  const shown = page.querySelector("[data-case-now]");
  if (fresh.dataset.rev === shown.dataset.rev) return;
  setClock(fresh.dataset.now);
  if (fresh.dataset.alarm !== shown.dataset.alarm) news.textContent = "A new alarm came to this case.";
  for (const name of ["head", "what"]) part(page, name).replaceWith(document.adoptNode(part(fresh, name)));
  shown.dataset.rev = fresh.dataset.rev;
  shown.dataset.alarm = fresh.dataset.alarm;
  if (isBusy()) {
    waiting = fresh;
    const note = page.querySelector("[data-changed]");
    if (note) note.hidden = false;
  } else {
    showActs(fresh);
  }
  tick();
});

function goTo(key) {
  const target = page.querySelector(`[data-focus=${key}]`);
  if (!target) return;
  target.scrollIntoView({ block: "center" });
  target.focus();
}

function press(key) {
  page.querySelector(`[data-key=${key}]`)?.click();
}

page.addEventListener("live", look);
page.addEventListener("click", (event) => {
  if (event.target.closest("[data-refresh]") && waiting) showActs(waiting);
});
listenForKeys({
  a: () => press("a"),
  v: () => goTo("v"),
  o: () => goTo("o"),
  c: () => goTo("c"),
  n: () => goTo("n"),
  h: () => goTo("h"),
  b: () => location.assign(document.querySelector(".crumbs a").href),
});
setClock(page.querySelector("[data-case-now]").dataset.now);
startTicking();
const wanted = { "#verify": "v", "#override": "o", "#close": "c" }[location.hash];
if (wanted) goTo(wanted);
