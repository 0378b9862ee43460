/** Short notices at the corner of the page. They stay until dismissed: nobody has to read in a hurry. */
export function toast(text, level = "info") {
  const box = document.createElement("div");
  box.className = `toast toast-${level}`;
  box.dataset.toast = "";
  const words = document.createElement("p");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn-icon";
  close.dataset.toastClose = "";
  close.setAttribute("aria-label", "Dismiss");
  close.textContent = "×";
  box.append(words, close);
  const region = document.getElementById("toasts");
  const twin = [...region.children].find((other) => other.firstElementChild?.textContent === text);
  twin?.remove();
  region.append(box);
}

export function dismissable() {
  document.addEventListener("click", (event) => {
    event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove();
  });
}
