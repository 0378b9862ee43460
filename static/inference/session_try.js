/** The live conversation: what is typed goes out at once, what comes back is shown beside it. */
import { uuid4 } from "../annotation/uuid.js";
import { Analysis } from "./session_analysis.js";
import { Line } from "./session_line.js";
import { marked } from "./session_marks.js";

const ROLE_NAMES = { user: "User", assistant: "Assistant" };
/** Messages before a turn in its window. */
const CONTEXT = 9;

const root = document.querySelector("[data-session-try]");
const list = root.querySelector("[data-turns]");
const composer = root.querySelector("[data-composer]");
const text = composer.elements.content;
const problem = root.querySelector("[data-problem]");
const endButton = root.querySelector("[data-end]");
const locale = root.querySelector("[data-locale]");
const analysis = new Analysis(root.querySelector("[data-analysis]"));
/** What was said here, in its order; the words stay in this page. */
let said = [];
let session = null;

const line = new Line({
  socket: root.dataset.socket,
  open: root.dataset.open,
  here: root.dataset.here,
  onState: (words) => {
    root.querySelector("[data-line]").textContent = words;
  },
  onSession: (now) => {
    session = now;
  },
  onTurn: answered,
  onProblem: refused,
});

function say(role, content) {
  const turn = { turn_id: uuid4(), role, content };
  if (root.dataset.keeps === "none") {
    turn.context = said.slice(-CONTEXT).map((each) => ({ role: each.role, content: each.content }));
  }
  const entry = { ...turn, number: null, item: itemOf(role, content) };
  said.push(entry);
  list.append(entry.item);
  // Scrolled inside the list only: the page stays where it is.
  list.scrollTop = list.scrollHeight;
  root.querySelector("[data-nothing]").hidden = true;
  endButton.disabled = false;
  locale.disabled = true;
  problem.hidden = true;
  line.say(turn, locale.value ? { locale: locale.value } : {});
}

function itemOf(role, content) {
  const item = document.createElement("li");
  item.className = `turn turn-${role} turn-waiting`;
  const head = document.createElement("p");
  head.className = "turn-head";
  const name = document.createElement("span");
  name.className = "turn-role";
  name.textContent = ROLE_NAMES[role];
  const state = document.createElement("span");
  state.className = "turn-number";
  state.textContent = "…";
  head.append(name, state);
  const words = document.createElement("p");
  words.className = "turn-text";
  words.dir = "auto";
  words.textContent = content;
  item.append(head, words);
  return item;
}

function answered(message) {
  const entry = said.find((each) => each.turn_id === message.turn_id);
  if (!entry || entry.answered) return;
  entry.answered = true;
  entry.number = message.turn;
  entry.item.classList.remove("turn-waiting");
  const state = entry.item.querySelector(".turn-number");
  const level = document.createElement("span");
  level.className = `turn-level alert alert-${message.alert_level}`;
  level.textContent = message.alert_level;
  state.replaceChildren(message.turn === null ? "not stored" : `${message.turn}`, " ", level);
  markWindow(message);
  analysis.show(message, session);
  list.scrollTop = list.scrollHeight;
}

/** A signal may lie in any message of the window, and its context may have changed. */
function markWindow({ window, analysis: answer }) {
  for (let place = 0; place < window.messages; place += 1) {
    const entry = said.find((each) => each.number === window.first_turn + place);
    if (!entry) continue;
    const spans = answer.signals
      .filter((signal) => signal.message === place)
      .map(({ start, end, signal, family }) => ({ start, end, name: (signal ?? family).replaceAll("_", " ") }));
    entry.item.querySelector(".turn-text").replaceChildren(marked(entry.content, spans));
  }
}

function refused({ detail, code }, turnIds) {
  for (const turnId of turnIds) {
    const entry = said.find((each) => each.turn_id === turnId);
    if (!entry) continue;
    entry.item.remove();
    said = said.filter((each) => each !== entry);
    if (!text.value) text.value = entry.content;
  }
  problem.textContent = code === "session_ended" ? "This conversation has ended. End it here and start anew." : detail;
  problem.hidden = false;
  text.focus();
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const content = text.value;
  if (!content.trim()) return;
  text.value = "";
  say(composer.elements.role.value, content);
  text.focus();
});

text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
  if (event.ctrlKey) composer.elements.role.value = composer.elements.role.value === "user" ? "assistant" : "user";
});

endButton.addEventListener("click", async () => {
  endButton.disabled = true;
  said = [];
  session = null;
  list.replaceChildren();
  analysis.clear();
  problem.hidden = true;
  locale.disabled = false;
  root.querySelector("[data-nothing]").hidden = false;
  text.focus();
  await line.end().catch(() => {
    problem.textContent = "The server was not reached. What it keeps goes by itself when its time is over.";
    problem.hidden = false;
  });
});

window.addEventListener("pagehide", () => line.leave());
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
