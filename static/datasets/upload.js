/** The import form with a progress bar. Without this script it is an ordinary form and does the same. */

const EVERY_MS = 250;

function words(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)));
  const value = bytes / 1024 ** power;
  return `${power ? value.toFixed(1) : value} ${units[power]}`;
}

function left(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s left`;
  return `${Math.round(seconds / 60)} min left`;
}

class Upload {
  constructor(form) {
    this.form = form;
    this.state = form.querySelector("[data-upload-state]");
    this.bar = this.state.querySelector("progress");
    this.words = this.state.querySelector("[data-upload-words]");
    this.stop = form.querySelector("[data-upload-stop]");
    this.submit = form.querySelector("button[type=submit]");
    this.request = null;
    form.addEventListener("submit", (event) => this.begin(event));
    this.stop.addEventListener("click", () => this.request?.abort());
    // Coming back to the page must not find a form that still says it is sending.
    window.addEventListener("pagehide", () => this.show(false));
  }

  begin(event) {
    const files = this.form.querySelector("input[type=file]").files;
    if (!files.length) return;
    event.preventDefault();
    if (this.request) return;
    const size = [...files].reduce((sum, file) => sum + file.size, 0);
    const most = Number(this.form.dataset.uploadMost) || Infinity;
    if (size > most) {
      this.failed(`These are ${words(size)}; one upload takes ${words(most)}. Choose less, or split the file.`);
      return;
    }
    this.request = new XMLHttpRequest();
    this.began = performance.now();
    this.shown = 0;
    this.request.open("POST", this.form.action || window.location.href);
    this.request.setRequestHeader("Accept", "application/json");
    this.request.upload.addEventListener("progress", (progress) => this.progress(progress));
    this.request.upload.addEventListener("load", () => this.sent());
    this.request.addEventListener("load", () => this.answered());
    this.request.addEventListener("error", () => this.failed("The server cannot be reached. Nothing was imported."));
    this.request.addEventListener("abort", () => this.failed("The upload was stopped. Nothing was imported."));
    this.show(true);
    this.request.send(new FormData(this.form));
  }

  show(sending) {
    this.state.hidden = false;
    this.stop.hidden = !sending;
    this.submit.disabled = sending;
    this.form.setAttribute("aria-busy", String(sending));
    if (sending) {
      this.bar.value = 0;
      this.words.textContent = "Sending…";
    } else {
      this.state.hidden = true;
    }
  }

  progress({ lengthComputable, loaded, total }) {
    if (!lengthComputable) return;
    this.bar.value = total ? loaded / total : 0;
    const now = performance.now();
    if (now - this.shown < EVERY_MS) return;
    this.shown = now;
    const rate = loaded / Math.max((now - this.began) / 1000, 0.001);
    const parts = [`${words(loaded)} of ${words(total)} (${Math.floor((100 * loaded) / total)}%)`, `${words(rate)}/s`];
    if (loaded < total) parts.push(left((total - loaded) / rate));
    this.words.textContent = parts.join(", ");
  }

  sent() {
    this.bar.removeAttribute("value");
    this.words.textContent = "Sent. The server stores it…";
    this.stop.hidden = true;
  }

  answered() {
    const request = this.request;
    if (request.status === 201) {
      this.request = null;
      window.location.assign(JSON.parse(request.responseText).location);
      return;
    }
    if (request.status === 422) {
      this.refused(request.responseText);
      return;
    }
    if (request.status === 413) {
      this.failed("This is more than one upload takes. Nothing was imported; split the file.");
      return;
    }
    const signedOut = request.status === 401 || request.status === 403 || request.responseURL.includes("/login");
    this.failed(
      signedOut
        ? "You are signed out, or may not import here. Sign in again and retry."
        : `The server refused the upload (${request.status}). Nothing was imported.`,
    );
  }

  refused(page) {
    const fresh = new DOMParser().parseFromString(page, "text/html").querySelector("form[data-upload]");
    this.request = null;
    this.show(false);
    if (!fresh) return;
    // The chosen files stay chosen, so that only what was wrong has to be changed.
    const before = this.form.querySelectorAll(".field");
    fresh.querySelectorAll(".field").forEach((field, place) => {
      before[place]?.querySelectorAll(".errorlist").forEach((list) => list.remove());
      before[place]?.classList.toggle("field-invalid", field.classList.contains("field-invalid"));
      field.querySelectorAll(".errorlist").forEach((list) => before[place]?.append(list));
    });
    const first = this.form.querySelector(".field-invalid");
    first?.closest("details")?.setAttribute("open", "");
    first?.querySelector("input, select, textarea")?.focus();
  }

  failed(reason) {
    this.request = null;
    this.show(false);
    this.state.hidden = false;
    this.bar.value = 0;
    this.words.textContent = reason;
  }
}

document.querySelectorAll("form[data-upload]").forEach((form) => new Upload(form));
