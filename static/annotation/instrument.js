/** The labelling instrument: wires the parts together. How other rooms plug in is written in plugs.js. */
import { Api } from "./api.js";
import { paintSpans } from "./dialogue.js";
import { Drafts } from "./drafts.js";
import { Evidence } from "./evidence.js";
import { Form } from "./form.js";
import { GuidelinePanel } from "./guideline.js";
import { listenForActs } from "./keymap.js";
import { Draft } from "./label.js";
import { ordinal } from "./ordinal.js";
import { Outbox } from "./outbox.js";
import { Panels } from "./panels.js";
import { PLUGS } from "./plugs.js";
import { Progress } from "./progress.js";
import { Reading } from "./reading.js";
import { Recent } from "./recent.js";
import { Sender } from "./sender.js";
import { guardSignOut } from "./signout.js";
import { Stack } from "./stack.js";
import { Status } from "./status.js";
import { Tabs } from "./tabs.js";
import { uuid4 } from "./uuid.js";

const HEARTBEAT_MS = 60000;
const IDLE_MS = 10 * 60000; // after that the samples go back to the others: nobody is reading
const AHEAD = 3;
const KEPT_AT_MOST = 20;
const READING_MS = 2 * 60000; // so long without a key or a movement: the person is away, or at least not working
const CLEAR = "annotation:clear";

export class Instrument extends EventTarget {
  constructor(root) {
    super();
    this.root = root;
    this.stage = root.querySelector("[data-stage]");
    this.api = new Api(root.dataset.api);
    this.outbox = new Outbox(root.dataset.owner);
    this.sender = new Sender(this.api, this.outbox, (change) => this.reported(change));
    this.progress = new Progress(root);
    this.status = new Status(root, { dismiss: (id) => this.sender.dismiss(id), putBack: (entry) => this.putBack(entry) });
    this.drafts = new Drafts(root.dataset.owner);
    this.stack = new Stack(this.stage, root.querySelector("[data-dialogue]"), this.drafts);
    this.recent = new Recent(this.api, this.stack);
    this.panels = new Panels(root);
    this.guideline = new GuidelinePanel(this.panels, root.querySelector("[data-panel=guideline]"));
    const needs = { spansRequired: "spansRequired" in root.dataset };
    this.form = new Form(root.querySelector("[data-form]"), needs, () => this.changed());
    this.evidence = new Evidence(this);
    this.reading = new Reading(this);
    this.lastSign = Date.now();
    this.held = null;
    this.keys = listenForActs(this);
    this.tabs = new Tabs(this);
    guardSignOut(this);
    for (const plug of PLUGS) plug(this);
  }

  async start() {
    this.setBlur(sessionStorage.getItem(CLEAR) !== "yes");
    await this.outbox.purge();
    await this.sender.tell();
    for (const entry of await this.outbox.all()) if (answers(entry)) this.stack.gone.add(entry.payload.slot);
    await this.sender.flush();
    await this.refill();
    await this.recent.load(this.progress.done);
    setInterval(() => this.beat(), HEARTBEAT_MS);
    setInterval(() => this.countSecond(), 1000);
    this.root.dataset.ready = "yes";
  }

  get sample() {
    if (this.held) return this.held.cover ? null : this.held.sample;
    return this.recent.viewing || this.stack.current || null;
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  slot(name) {
    return this.root.querySelector(`[data-slot=${name}]`);
  }

  addKey(key, act) {
    this.keys[key] = act;
  }

  /** Nothing is answered or changed until the returned function is called; see plugs.js. */
  hold(words, { cover = false } = {}) {
    const hold = { words, cover, sample: this.sample, before: this.held };
    this.held = hold;
    this.show();
    return () => {
      if (hold.released) return;
      hold.released = true;
      while (this.held?.released) this.held = this.held.before;
      this.show();
    };
  }

  /** True, and the reason is said, while something holds the instrument. */
  isHeld() {
    if (this.held) this.status.say(this.held.words);
    return Boolean(this.held);
  }

  async refill() {
    if (this.stack.samples.length >= AHEAD && !this.progress.isStale) return;
    const before = this.sample;
    const asked = this.progress.asked();
    const answer = await this.api.post("claim", { want: AHEAD, keep: this.kept() });
    if (answer.ok) {
      this.ended = null;
      this.stack.refill(answer.data.samples);
      this.nothingLeft = answer.data.samples.every((sample) => this.stack.gone.has(sample.slot));
      this.nothingSaid = answer.data.nothing?.message;
      this.progress.counted(answer.data.progress, asked);
      this.tell("claimed", { data: answer.data });
    } else if (answer.refused) {
      this.ended = answer.message;
      this.tell("kept-back", answer);
    } else {
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.refill(), 3000);
    }
    if (!before || this.sample !== before) this.show();
    else this.showWhere();
  }

  /** What stays this person's if a break begins now: on screen, or answered and perhaps on its way still. */
  kept() {
    const answered = [...this.stack.gone].slice(-KEPT_AT_MOST + 1);
    return this.stack.current ? [this.stack.current.slot, ...answered] : answered;
  }

  show() {
    const sample = this.sample;
    this.stack.show(sample);
    this.root.classList.toggle("is-empty", !sample);
    this.root.classList.toggle("is-editing", Boolean(this.recent.viewing));
    this.showWhere();
    this.root.querySelector("[data-empty]").textContent = this.emptyText();
    if (sample) {
      this.form.show(sample.draft);
      this.paintSpans();
    }
    this.status.offer(sample?.print);
    this.tell("shown", { sample });
  }

  showWhere() {
    const line = this.root.querySelector("[data-where]");
    const words = this.where(this.sample);
    if (line.textContent !== words) line.textContent = words;
  }

  where(sample) {
    if (!sample) return "";
    const number = ordinal(this.progress.numberOf(sample));
    return this.recent.viewing ? `Changing your ${number}` : `Your ${number} in this round`;
  }

  emptyText() {
    if (this.held?.cover) return this.held.words;
    if (this.ended) return this.ended;
    if (this.nothingLeft) return this.nothingSaid || "Nothing is left for you in this round. Thank you.";
    return "Waiting for the next conversation. Your labels are kept.";
  }

  /** The label on screen was changed. */
  changed() {
    this.paintSpans();
    const { sample } = this;
    if (sample && sample === this.stack.current) this.drafts.keep(sample.slot, sample.draft.label);
  }

  paintSpans() {
    if (this.sample) paintSpans(this.sample.node, this.sample.messages, this.sample.draft.label.spans);
  }

  submit() {
    if (this.isHeld()) return undefined;
    const sample = this.sample;
    if (!sample) return undefined;
    this.form.settle();
    const missing = this.form.missing();
    if (this.blurred) return this.status.say("The text is blurred. Press b when you are ready to read.");
    if (missing.length) return this.status.say(`Still needed: ${missing.join(", ")}.`);
    const viewed = this.recent.viewing;
    if (viewed && viewed.revision === null) return this.status.say("This label is on its way; wait until it is saved.");
    const payload = { slot: sample.slot, client_uuid: uuid4(), label: this.labelOf(sample) };
    if (viewed) payload.base_revision = viewed.revision;
    const detail = { sample, payload, edit: Boolean(viewed) };
    this.tell("submitting", detail);
    this.send("submit", sample, payload);
    if (viewed) this.finishEdit(viewed);
    else this.finishNew();
    return this.tell("submitted", detail);
  }

  labelOf(sample) {
    return { ...sample.draft.label, seconds_spent: Math.round(sample.seconds) };
  }

  finishNew() {
    const sample = this.stack.advance();
    this.progress.answered(sample);
    this.recent.add(sample);
    this.status.say("");
    this.show();
  }

  finishEdit(viewed) {
    viewed.revision = null;
    viewed.draft = new Draft(viewed.draft.label);
    this.recent.leave();
    this.status.say("Changed.");
    this.show();
  }

  /** Change a saved label without opening it; see plugs.js. */
  amend(slot, fields, more = {}) {
    const label = this.recent.find(slot);
    if (!label || label.revision === null) return false;
    label.draft.change(fields);
    const payload = { slot, client_uuid: uuid4(), label: this.labelOf(label), base_revision: label.revision, ...more };
    label.revision = null;
    this.send("submit", label, payload);
    return true;
  }

  send(path, sample, payload) {
    this.status.sending();
    this.sender.add({ id: payload.client_uuid || uuid4(), path, number: this.progress.numberOf(sample), print: sample.print, payload });
  }

  skip() {
    if (this.isHeld()) return;
    const sample = this.stack.current;
    if (!sample || this.recent.viewing) return;
    const skipped = (reason) => {
      this.send("skip", sample, { slot: sample.slot, reason });
      this.stack.forget(this.stack.advance());
      this.status.say("Skipped. That is fine.");
      this.show();
      this.tell("skipped", { sample });
    };
    this.panels.open("skip", { chosen: skipped });
  }

  flag() {
    const sample = this.sample;
    if (!sample) return;
    const flagged = (kind, note) => {
      this.send("flag", sample, { slot: sample.slot, kind, note });
      this.status.say("Flagged.");
    };
    this.panels.open("flag", { chosen: flagged });
  }

  undo() {
    if (this.isHeld()) return undefined;
    if (this.sample?.draft.undo()) {
      this.form.show(this.sample.draft);
      this.changed();
      return this.status.say("Undone.");
    }
    if (this.recent.viewing || !this.recent.older()) return this.status.say("Nothing to undo.");
    this.status.say("This was your last label. Change it and submit, or press Right to go back.");
    return this.show();
  }

  openProgress() {
    this.progress.paint();
    this.panels.open("progress");
  }

  look(direction) {
    if (this.isHeld()) return;
    this.form.settle();
    const before = this.recent.viewing;
    const now = direction === "older" ? this.recent.older() : this.recent.newer();
    if (before === now) this.status.say(now ? "That is as far back as labels can be changed." : "No earlier labels yet.");
    else this.status.say("");
    this.show();
  }

  unhighlight(mark) {
    if (this.isHeld()) return;
    const message = Number(mark.parentElement.dataset.message);
    const start = Number(mark.dataset.start);
    const spans = this.sample.draft.label.spans;
    this.form.set({ spans: spans.filter((span) => span.message !== message || span.start !== start) });
  }

  setBlur(on) {
    this.blurred = on;
    this.root.classList.toggle("is-blurred", on);
    this.stage.inert = on;
    const button = this.root.querySelector("[data-do=blur]");
    button.setAttribute("aria-pressed", String(on));
    this.root.querySelector("[data-veil]").hidden = !on;
    sessionStorage.setItem(CLEAR, on ? "no" : "yes");
    this.reading.look();
  }

  async beat() {
    if (document.hidden || Date.now() - this.lastSign > IDLE_MS || !this.stack.samples.length) return;
    const answer = await this.api.post("heartbeat", { active: this.isAtWork() });
    if (answer.ok) this.tell("beat", { data: answer.data });
  }

  isAtWork() {
    return Date.now() - this.lastSign < READING_MS;
  }

  countSecond() {
    if (document.hidden || this.blurred || this.held || !this.sample) return;
    if (this.isAtWork()) this.sample.seconds += 1;
  }

  reported(change) {
    this.status.show(change);
    this.progress.reported(change);
    if (change.refusedNow) this.takeBack(change.refusedNow, change);
    if (!change.saved) return;
    const { path, payload } = change.saved;
    if (path === "submit") this.recent.acknowledged(payload.slot, change.data.revision);
    this.tell("saved", { entry: change.saved, data: change.data });
    this.refill();
  }

  /** The hub didn't take an answer. Should it hand the sample out again, it is shown again. */
  async takeBack(entry, { code, message }) {
    this.recent.refused(entry.payload.slot);
    if (code !== "already_labelled") this.stack.gone.delete(entry.payload.slot);
    this.show();
    this.tell("refused", { entry, code, message });
    await this.refill();
    await this.recent.load(this.progress.done);
  }

  /** The conversation of a refused label is on screen again: the decision is put back, to be looked at and submitted. */
  putBack(entry) {
    const { seconds_spent: _, ...label } = entry.payload.label;
    this.form.set(label);
    this.sender.dismiss(entry.id);
    this.status.say("Put back. Look at it once more, then submit.");
  }

  /** Another window of the same person answered a sample; see tabs.js. */
  answeredElsewhere(slot) {
    const shown = this.sample;
    const left = this.stack.leave(slot);
    if (!left) return;
    if (left === shown) {
      this.status.say("You answered that conversation in another window; the answer is kept. Here is the next one.");
      this.show();
    }
    this.refill();
  }

  /** Another window saved a label: the last ten have changed. */
  async lookAgain() {
    const viewed = this.recent.viewing;
    this.progress.changed();
    await this.refill();
    await this.recent.load(this.progress.done);
    if (viewed !== this.recent.viewing) this.show();
  }

  leaveRecent() {
    if (!this.recent.viewing) return;
    this.recent.leave();
    this.show();
  }
}

/** A first answer to a sample that hasn't reached the hub. */
function answers(entry) {
  return entry.state === "waiting" && ["submit", "skip"].includes(entry.path) && !entry.payload.base_revision;
}

const root = document.querySelector("[data-instrument]");
if (root) new Instrument(root).start();
