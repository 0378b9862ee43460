/** The board: live lines without losing the focus, countdowns, keys, a word and a tone for each new case. */
import { setClock, startTicking, tick } from "./countdown.js";
import { listenForKeys } from "./case_keys.js";
import { oneAtATime } from "../live/one_at_a_time.js";
import { Sound } from "./sound.js";
import { csrfToken } from "../ui/requests.js";

const board = document.querySelector("[data-board]");
const news = document.querySelector("[data-news]");
const said = document.querySelector("[data-said]");
const sound = new Sound(document.querySelector("[data-sound]"));
const title = document.title;
const known = new Set([...board.querySelectorAll("[data-case]")].map((row) => row.dataset.case));
let current = null;

const rows = () => [...board.querySelectorAll("[data-case]")];

function showCount() {
  const waiting = Number(board.querySelector("[data-rows]").dataset.waiting);
  document.title = waiting ? `(${waiting}) ${title}` : title;
  if (navigator.setAppBadge) navigator.setAppBadge(waiting).catch(() => undefined);
}

/** Lines that did not change stay as they are, so that focus, hover and reading position stay with them. */
function merge(fresh) {
  const focused = board.contains(document.activeElement) ? document.activeElement.id : "";
  const before = new Map(rows().map((row) => [row.dataset.case, row]));
  for (const row of fresh.querySelectorAll("[data-case]")) {
    const old = before.get(row.dataset.case);
    if (old && old.dataset.rev === row.dataset.rev) row.replaceWith(old);
  }
  board.replaceChildren(fresh);
  const again = focused && document.getElementById(focused);
  const line = focused && board.querySelector(`#case-${CSS.escape(focused.split("-")[1] ?? "")}`);
  if (again) again.focus({ preventScroll: true });
  else if (line) line.querySelector("a").focus({ preventScroll: true });
}

function tellNew() {
  const fresh = rows().filter((row) => !known.has(row.dataset.case));
  for (const row of fresh) known.add(row.dataset.case);
  if (fresh.length === 0) return;
  news.textContent = fresh.map((row) => `New case: ${row.dataset.name}.`).join(" ");
  sound.play();
}

const look = oneAtATime(async () => {
  let answer;
  try {
    answer = await fetch(board.dataset.url, { headers: { "HX-Request": "true", "X-Pixelhub-Live": "1" }, credentials: "same-origin" });
  } catch {
    return; // no connection: the next change looks again
  }
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-rows]");
  setClock(fresh.dataset.now);
  merge(document.adoptNode(fresh));
  mark(current);
  tellNew();
  showCount();
  tick();
});

function mark(number) {
  current = number;
  for (const row of rows()) row.toggleAttribute("data-current", row.dataset.case === number);
}

function move(step) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.findIndex((row) => row.dataset.case === current);
  const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step))];
  mark(next.dataset.case);
  next.querySelector("a").focus();
}

const chosen = () => board.querySelector("[data-case][data-current]") ?? document.activeElement.closest?.("[data-case]");

function open(fragment = "") {
  const row = chosen();
  if (row) location.assign(row.dataset.url + fragment);
}

async function acknowledge(form) {
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers, credentials: "same-origin" });
  } catch {
    return say("The server cannot be reached. Check the network.", true);
  }
  const words = answer.headers.get("Content-Type")?.startsWith("application/json") ? (await answer.json()).said : "";
  say(words || "That could not be done. Reload the page.", !answer.ok);
  return look();
}

function say(words, refused) {
  said.hidden = false;
  said.className = refused ? "note note-warn" : "note note-ok";
  said.textContent = words;
}

board.addEventListener("live", look);
board.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-acknowledge]")) return;
  event.preventDefault();
  acknowledge(event.target);
});
board.addEventListener("focusin", (event) => {
  const row = event.target.closest("[data-case]");
  if (row) mark(row.dataset.case);
});
listenForKeys({
  j: () => move(1),
  k: () => move(-1),
  a: () => {
    const form = chosen()?.querySelector("[data-acknowledge]");
    if (form) acknowledge(form);
    else if (chosen()) say("That case is not open.", true);
  },
  v: () => open("#verify"),
  o: () => open("#override"),
  c: () => open("#close"),
});
setClock(board.querySelector("[data-rows]").dataset.now);
showCount();
startTicking();
