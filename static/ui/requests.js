/** htmx requests: the CSRF header, and a readable word when one fails. */
import { toast } from "./toasts.js";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

export function carryCsrf() {
  document.addEventListener("htmx:configRequest", (event) => {
    if (!SAFE.has(event.detail.verb.toUpperCase())) {
      event.detail.headers["X-CSRFToken"] = csrfToken();
    }
  });
}

function reason(status) {
  if (status === 401 || status === 403) return "You are signed out, or may not do this here. Sign in again and retry.";
  if (status === 404) return "That is not here any more. Reload the page.";
  if (status === 409) return "Someone else changed this in the meantime. Reload the page.";
  if (status === 413) return "This is more than the hub takes at once. Send less.";
  if (status === 429) return "Too many requests. Wait a moment and try again.";
  if (status >= 500) return "The server could not do this. Nothing was changed; please try again.";
  return `The request was refused (${status}).`;
}

export function reportFailures() {
  document.addEventListener("htmx:responseError", (event) => {
    // A live fragment that fails to refresh is a background matter: the page still shows its last state.
    if (!event.detail.elt.closest("[data-live]")) toast(reason(event.detail.xhr.status), "error");
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (!event.detail.elt.closest("[data-live]")) toast("The server cannot be reached. Check the network.", "error");
  });
}
