/** What an answer asks for: another label only where it changes, a reason only where it doesn't hold. */
const form = document.querySelector("form[data-judge]");

function follow() {
  const answer = form.querySelector('input[name="answer"]:checked')?.value;
  const label = form.querySelector("fieldset[data-change]");
  label.disabled = answer !== "changed";
  form.querySelector("textarea").required = answer === "changed" || answer === "refused";
}

if (form) {
  follow();
  form.addEventListener("change", follow);
  form.addEventListener("change", (event) => {
    if (event.target.name === "answer" && event.target.value === "refused") form.querySelector("textarea").focus();
  });
}
