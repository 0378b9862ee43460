/**
 * Tells elements of changes. One that htmx fetches just now is told afterwards: what it gets may have been read before
 * the change, and htmx forgets what it has queued for an element that the answer replaces.
 */
import { elementsOf } from "./topics.js";

export class Refresher {
  constructor() {
    this.busy = new Map(); // element -> topics that changed while it was fetched
    document.addEventListener("htmx:beforeRequest", ({ detail }) => {
      const { elt } = detail.requestConfig;
      if (elt.matches("[data-live]")) this.busy.set(elt, new Set());
    });
    // Heard from an ancestor where the answer has replaced the element.
    document.addEventListener("htmx:afterRequest", ({ detail }) => this.done(detail.requestConfig.elt));
  }

  refresh(topics) {
    for (const element of elementsOf(topics)) {
      if (this.busy.has(element)) for (const topic of topics) this.busy.get(element).add(topic);
      else element.dispatchEvent(new CustomEvent("live", { bubbles: false, detail: { topics: [...topics] } }));
    }
  }

  done(element) {
    const late = this.busy.get(element);
    this.busy.delete(element);
    if (late?.size) this.refresh(late);
  }
}
