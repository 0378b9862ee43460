/**
 * Live updates: fires a "live" event on every [data-live] element one of whose topics has changed.
 * htmx fetches again by hx-trigger="live"; other code may listen too. The event does not bubble, so a list is not
 * fetched again because of one row in it. Topics are separated by spaces. No change is missed from the moment the page
 * was asked for: neither one before the first answer to our subscription, nor one while an element is being fetched.
 */
import { Connection } from "./connection.js";
import { keepOpened } from "./opened.js";
import { Poller } from "./poller.js";
import { keepPresses } from "./presses.js";
import { Refresher } from "./refresher.js";
import { changedTopics, topicsOnPage } from "./topics.js";
import { keepTyped } from "./typed.js";

const seen = new Map();
const refresher = new Refresher();

function learn(revisions, recent = []) {
  const missed = recent.filter((topic) => !seen.has(topic));
  refresher.refresh(new Set([...changedTopics(seen, revisions), ...missed]));
}

const poller = new Poller(learn);
const connection = new Connection({
  onRevisions: learn,
  onUp: () => poller.stop(),
  onDown: () => poller.start(),
});

let shown = "";

function lookAtPage() {
  const topics = topicsOnPage();
  const key = topics.join(" ");
  if (key === shown) return;
  shown = key;
  for (const topic of [...seen.keys()]) if (!topics.includes(topic)) seen.delete(topic);
  poller.watch(topics);
  connection.watch(topics);
}

// Nobody at the keyboard asked for these: they keep no session alive (pixelhub/accounts/sessions.py).
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (!detail.triggeringEvent || detail.triggeringEvent.type === "live") detail.headers["X-Pixelhub-Live"] = "1";
});

let pending = false;
new MutationObserver(() => {
  if (pending) return;
  pending = true;
  queueMicrotask(() => {
    pending = false;
    lookAtPage();
  });
}).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-live"] });

keepPresses();
keepOpened();
keepTyped();

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") connection.hurry();
});

lookAtPage();
