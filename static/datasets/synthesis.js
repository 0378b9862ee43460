/** A label chosen means "another label", a reason means "reject": one key fewer. u takes the last decision back. */
const decide = document.querySelector("form.synthesis-decide");
const undo = document.querySelector("form[data-undo]");

if (decide) {
  decide.addEventListener("change", (event) => {
    const means = event.target instanceof HTMLInputElement ? event.target.dataset.means : undefined;
    if (!means) return;
    decide.querySelector(`input[name="decision"][value="${means}"]`).checked = true;
  });
}

if (undo) {
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement && event.target.type === "text";
    if (event.key !== "u" || event.ctrlKey || event.altKey || event.metaKey || typing) return;
    event.preventDefault();
    undo.requestSubmit();
  });
}
