/** A click on a digest copies all of it. */
import { toast } from "./toasts.js";

const SHOWN_MS = 1200;

async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.dataset.copy);
  } catch {
    toast("This browser does not allow copying here. Select the text instead.", "warning");
    return;
  }
  element.dataset.copied = "";
  setTimeout(() => delete element.dataset.copied, SHOWN_MS);
}

export function copyOnClick() {
  document.addEventListener("click", (event) => {
    const element = event.target.closest("[data-copy]");
    if (element && !element.closest("a")) copy(element);
  });
}
