/** Which topics the page shows, and which elements show them. */
const MOST_TOPICS = 50;

const topicsOf = (element) => (element.dataset.live || "").split(/\s+/).filter(Boolean);

export function topicsOnPage() {
  const topics = new Set();
  for (const element of document.querySelectorAll("[data-live]")) {
    for (const topic of topicsOf(element)) topics.add(topic);
  }
  return [...topics].sort().slice(0, MOST_TOPICS);
}

export function elementsOf(changed) {
  if (changed.size === 0) return [];
  return [...document.querySelectorAll("[data-live]")].filter((element) =>
    topicsOf(element).some((topic) => changed.has(topic)),
  );
}

/** Topics whose revision differs from the one seen before; the first one seen is no change. */
export function changedTopics(seen, revisions) {
  const changed = new Set();
  for (const [topic, revision] of Object.entries(revisions)) {
    if (seen.has(topic) && seen.get(topic) !== revision) changed.add(topic);
    seen.set(topic, revision);
  }
  return changed;
}

/** Seconds since this page was asked for, so before anything on it was read. */
export function pageAge() {
  return performance.now() / 1000;
}
