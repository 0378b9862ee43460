/** Care for the person at the instrument: their exposure, breaks, and “this was hard”. Only they see any of it. */
import { uuid4 } from "./uuid.js";

const TICK_MS = 5000;
const LATER = "annotation:break-later";

export function plugCare(instrument) {
  const here = instrument.root.querySelector("[data-care]");
  if (here) new Care(instrument, here.dataset.blur);
}

class Care {
  constructor(instrument, blur) {
    this.instrument = instrument;
    this.find = (name) => instrument.root.querySelector(`[data-care-${name}]`);
    this.copy = (name) => this.find(name).content.firstElementChild.cloneNode(true);
    this.foot = this.copy("foot");
    instrument.slot("foot").append(this.foot);
    this.meter = this.foot.querySelector("[data-care-meter]");
    this.shownSlot = null;
    this.finishing = null; // the sample that is finished before a break that is due
    this.listen(blur);
  }

  listen(blur) {
    const { instrument } = this;
    instrument.addEventListener("claimed", ({ detail }) => this.claimed(detail.data.care));
    instrument.addEventListener("kept-back", ({ detail }) => detail.code === "break_due" && this.due(detail));
    if (blur === "each") instrument.addEventListener("shown", ({ detail }) => this.blurNew(detail.sample));
    instrument.addKey("y", () => this.hard());
    const acts = { hard: () => this.hard(), break: () => this.take(false), accept: () => this.take(true), later: () => this.later() };
    instrument.root.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-care-act]");
      if (!button) return;
      acts[button.dataset.careAct]();
      if (event.detail > 0) button.blur();
    });
  }

  claimed(state) {
    this.state = state;
    const minutes = `${state.minutes} of ${state.break_after_minutes} minutes`;
    const severe = `${state.severe} of ${state.break_after_severe} hard ones`;
    this.meter.textContent = `Since your last pause: ${minutes}, ${severe}`;
    this.offer(state.offer);
  }

  /** A break would be good, and is no must: a note beside the form, once per stretch of work. */
  offer(reason) {
    const said = sessionStorage.getItem(LATER) === String(this.state.stretch);
    if (!reason || said) return this.note?.remove();
    this.note ??= this.copy("offer");
    const why = reason === "minutes" ? `You have read for ${this.state.minutes} minutes.` : "You have read a lot of hard content.";
    this.note.querySelector("[data-care-offer-words]").textContent = `${why} A break of ${this.state.break_minutes} minutes would do you good.`;
    if (!this.note.isConnected) this.instrument.slot("side").append(this.note);
    return undefined;
  }

  later() {
    sessionStorage.setItem(LATER, String(this.state.stretch));
    this.note.remove();
  }

  async take(offered) {
    const answer = await this.instrument.api.post("break", { offered });
    if (!answer.ok) return this.instrument.status.say("The break could not be noted. Take it all the same.");
    this.note?.remove();
    return this.rest(answer.data.seconds, "", false);
  }

  /** What is ahead went back to the others; the conversation on screen stays, and may be finished first. */
  due({ data, message }) {
    const { stack } = this.instrument;
    for (const sample of stack.samples.splice(1)) stack.forget(sample);
    this.note?.remove();
    // Chosen to be finished first: an answer that was on its way then doesn't cover it again.
    if (this.finishing && this.finishing === stack.current) return;
    this.rest(data.seconds, message, true);
  }

  rest(seconds, why, must) {
    if (this.resting) return;
    this.resting = true;
    const until = Date.now() + seconds * 1000;
    this.find("why").textContent = why;
    this.find("finish").hidden = !must || !this.instrument.sample;
    const release = this.instrument.hold("You are on a break.", { cover: true });
    const tick = () => this.tick(until, must);
    const timer = setInterval(tick, TICK_MS);
    tick();
    const closed = () => {
      clearInterval(timer);
      this.resting = false;
      release();
    };
    const chosen = (choice) => {
      if (choice === "on") this.instrument.refill();
      if (choice === "finish") this.finishing = this.instrument.stack.current;
    };
    this.instrument.panels.open("break", { chosen, closed });
  }

  tick(until, must) {
    const minutes = Math.ceil((until - Date.now()) / 60000);
    const left = this.find("left");
    const words = minutes > 0 ? `About ${minutes} ${minutes === 1 ? "minute" : "minutes"} left.` : "Your break is over. Go on when you are ready.";
    if (left.textContent !== words) left.textContent = words;
    this.find("on").disabled = must && minutes > 0;
  }

  hard() {
    const chosen = (choice) => {
      const payload = { client_uuid: uuid4(), wants_contact: choice === "talk" };
      this.instrument.send("hard", {}, payload);
      this.instrument.status.say(payload.wants_contact ? "Your lead will talk to you. Take your time." : "Said. Take your time.");
    };
    this.instrument.panels.open("hard", { chosen });
  }

  blurNew(sample) {
    if (!sample || sample.slot === this.shownSlot) return;
    this.shownSlot = sample.slot;
    if (!this.instrument.recent.viewing) this.instrument.setBlur(true);
  }
}
