/** Calls to the hub. An answer is {ok, data}, {refused, message} (final) or {later, message} (try again). */
const PATIENCE_MS = 15000;

function csrfToken() {
  // The cookie is fresh after a sign-in in another tab; the page's own token may be old by then.
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return cookie ? cookie.slice("csrftoken=".length) : document.querySelector("meta[name=csrf-token]").content;
}

export class Api {
  constructor(root) {
    this.root = root;
  }

  post(name, payload) {
    return this.call(name, { method: "POST", body: JSON.stringify(payload) });
  }

  get(name) {
    return this.call(name, { method: "GET" });
  }

  async call(name, options) {
    let response;
    try {
      response = await fetch(`${this.root}${name}/`, {
        ...options,
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
        credentials: "same-origin",
        // A label on its way is not cut off by leaving the page (it would wait in the outbox until the next visit).
        keepalive: options.method === "POST",
        redirect: "error",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch {
      return { later: true, offline: true, message: "no connection" };
    }
    return read(response);
  }
}

async function read(response) {
  const isJson = (response.headers.get("Content-Type") || "").startsWith("application/json");
  let data = {};
  try {
    data = isJson ? await response.json() : {};
  } catch {
    return { later: true, message: "the answer was cut off" };
  }
  if (response.ok && isJson) return { ok: true, data };
  const message = data.message || `the hub answered ${response.status}`;
  // A page instead of JSON comes from a proxy or the CSRF check, not from the labelling service: the label waits.
  const final = isJson && [400, 403, 404, 409].includes(response.status);
  return final ? { refused: true, code: data.error, message, data } : { later: true, message };
}
