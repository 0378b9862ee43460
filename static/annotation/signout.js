/** Signing out clears what the browser keeps of this person; unsent labels are asked about first. */
export function guardSignOut(instrument) {
  const { outbox, panels, sender } = instrument;
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.action.includes("/logout/")) return;
    event.preventDefault();
    if (instrument.progress.waiting) {
      panels.open("signout", { chosen: (choice) => leave(choice, form, outbox) });
      sender.retryNow();
    } else {
      await leave("drop", form, outbox);
    }
  });
}

async function leave(choice, form, outbox) {
  if (choice === "stay") return;
  if (choice === "drop") await outbox.clear();
  form.submit();
}
