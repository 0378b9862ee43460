/**
 * Half-made labels of this tab, so that a reload or a crash doesn't cost a long one. Decisions only, no text; the browser
 * forgets them with the tab.
 */
export class Drafts {
  constructor(owner) {
    this.key = `annotation:drafts:${owner}`;
    this.kept = read(this.key);
  }

  of(slot) {
    return this.kept[slot];
  }

  keep(slot, label) {
    this.kept[slot] = label;
    this.write();
  }

  forget(slot) {
    if (!(slot in this.kept)) return;
    delete this.kept[slot];
    this.write();
  }

  write() {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.kept));
    } catch {
      // Storage may be full or refused: then a reload starts the label afresh, and submitted ones are safe all the same.
    }
  }
}

function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? {};
  } catch {
    return {};
  }
}
