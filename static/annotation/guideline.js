/** The guideline over the instrument: opens at the chosen type, can be searched. */
const PARTS = "p, li, tr, h2, h3, h4, h5";

export class GuidelinePanel {
  constructor(panels, dialog) {
    this.panels = panels;
    this.dialog = dialog;
    this.text = dialog.querySelector(".guideline");
    this.count = dialog.querySelector("[data-found]");
    this.search = dialog.querySelector("input[type=search]");
    this.search.addEventListener("input", () => this.find());
    this.search.addEventListener("keydown", (event) => {
      // In a search box Escape would only empty it first.
      if (event.key === "Escape") dialog.close();
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.go(this.at + (event.shiftKey ? -1 : 1));
    });
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.target === this.search) return;
      event.preventDefault();
      this.search.focus();
    });
  }

  open(code) {
    this.panels.open("guideline");
    for (const row of this.text.querySelectorAll(".is-here")) row.classList.remove("is-here");
    const section = code && this.text.querySelector(`#section-${CSS.escape(code)}`);
    if (!section) return;
    section.classList.add("is-here");
    section.scrollIntoView({ block: "center" });
  }

  find() {
    const wanted = this.search.value.trim().toLowerCase();
    for (const part of this.text.querySelectorAll(".is-found, .is-here")) part.classList.remove("is-found", "is-here");
    const holding = wanted ? [...this.text.querySelectorAll(PARTS)].filter((part) => holds(part, wanted)) : [];
    this.found = holding.filter((part) => !holding.some((other) => other !== part && part.contains(other)));
    for (const part of this.found) part.classList.add("is-found");
    this.count.textContent = "";
    if (!wanted) return;
    if (!this.found.length) this.count.textContent = "Not found.";
    else this.go(0);
  }

  go(at) {
    if (!this.found?.length) return;
    this.at = (at + this.found.length) % this.found.length;
    for (const part of this.found) part.classList.toggle("is-here", part === this.found[this.at]);
    this.found[this.at].scrollIntoView({ block: "center" });
    this.count.textContent = `${this.at + 1} of ${this.found.length}`;
  }
}

function holds(part, wanted) {
  return part.textContent.toLowerCase().includes(wanted);
}
