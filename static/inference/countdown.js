/** Deadlines that count down, by the server's clock. Texts change each second and are announced to nobody. */
let ahead = 0;

export function setClock(serverNow) {
  if (serverNow) ahead = Number(serverNow) - Date.now();
}

function wordsOf(milliseconds) {
  const over = milliseconds < 0;
  const seconds = Math.floor(Math.abs(milliseconds) / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const clock = parts.slice(parts[0] ? 0 : 1).map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
  return `${clock} ${over ? "over" : "left"}`;
}

export function tick(root = document) {
  const now = Date.now() + ahead;
  for (const timer of root.querySelectorAll("[data-due]")) {
    const left = Number(timer.dataset.due) - now;
    const words = wordsOf(left);
    const shown = timer.querySelector("[data-left]");
    if (shown.textContent !== words) shown.textContent = words;
    timer.classList.toggle("countdown-over", left < 0);
  }
}

export function startTicking() {
  tick();
  setInterval(tick, 1000);
}
