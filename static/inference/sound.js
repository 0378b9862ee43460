/** A tone for a new case: off until somebody switches it on. A browser lets a page sound after a click or key only. */
const KEPT = "inference:case-sound";

export class Sound {
  constructor(button) {
    this.button = button;
    this.context = null;
    button.hidden = false;
    button.addEventListener("click", () => this.set(!this.isOn));
    this.show();
    if (this.isOn) this.waitForGesture();
  }

  get isOn() {
    return localStorage.getItem(KEPT) === "on";
  }

  set(on) {
    localStorage.setItem(KEPT, on ? "on" : "off");
    if (on) {
      this.allow();
      this.play();
    }
    this.show();
  }

  /** Remembered from last time, but this page has not been touched yet. */
  waitForGesture() {
    const allowed = () => {
      this.allow();
      this.show();
    };
    for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, allowed, { once: true });
  }

  allow() {
    this.context ??= new AudioContext();
    if (this.context.state === "suspended") this.context.resume();
  }

  play() {
    if (!this.isOn || this.context === null) return;
    for (const [tone, start] of [[660, 0], [880, 0.22]]) {
      const source = this.context.createOscillator();
      const volume = this.context.createGain();
      const begin = this.context.currentTime + start;
      source.frequency.value = tone;
      volume.gain.setValueAtTime(0.2, begin);
      volume.gain.exponentialRampToValueAtTime(0.001, begin + 0.2);
      source.connect(volume).connect(this.context.destination);
      source.start(begin);
      source.stop(begin + 0.2);
    }
    this.button.dataset.played = String(Number(this.button.dataset.played ?? 0) + 1);
  }

  show() {
    const waits = this.isOn && this.context === null;
    this.button.setAttribute("aria-pressed", String(this.isOn));
    this.button.textContent = waits ? "Sound: on after your first click" : `Sound: ${this.isOn ? "on" : "off"}`;
  }
}
