/** The labelling instrument: wires the parts together. */
import { Api } from "./api.js";
import { joinSpans, paintSpans, selectedSpans } from "./dialogue.js";
import { Form } from "./form.js";
import { listenForKeys } from "./keys.js";
import { Draft } from "./label.js";
import { Outbox } from "./outbox.js";
import { Panels } from "./panels.js";
import { Recent } from "./recent.js";
import { Sender } from "./sender.js";
import { Stack } from "./stack.js";
import { Status } from "./status.js";
import { uuid4 } from "./uuid.js";

const HEARTBEAT_MS = 60000;
const IDLE_MS = 10 * 60000; // after that the samples go back to the others: nobody is reading
const AHEAD = 3;
const CLEAR = "annotation:clear";

class Instrument {
  constructor(root) {
    this.root = root;
    this.stage = root.querySelector("[data-stage]");
    this.api = new Api(root.dataset.api);
    this.outbox = new Outbox(root.dataset.owner);
    this.sender = new Sender(this.api, this.outbox, (change) => this.reported(change));
    this.status = new Status(root, (id) => this.sender.dismiss(id));
    this.stack = new Stack(this.stage, root.querySelector("[data-dialogue]"));
    this.recent = new Recent(this.api, this.stack);
    this.panels = new Panels(root);
    this.form = new Form(root.querySelector("[data-form]"), () => this.paintSpans());
    this.lastSign = Date.now();
    this.listen();
  }

  async start() {
    this.setBlur(sessionStorage.getItem(CLEAR) !== "yes");
    await this.sender.tell();
    for (const entry of await this.outbox.all()) if (answers(entry)) this.stack.gone.add(entry.payload.slot);
    await this.sender.flush();
    await this.refill();
    await this.recent.load();
    setInterval(() => this.beat(), HEARTBEAT_MS);
    setInterval(() => this.countSecond(), 1000);
    this.root.dataset.ready = "yes";
  }

  get sample() {
    return this.recent.viewing || this.stack.current || null;
  }

  async refill() {
    if (this.stack.samples.length >= AHEAD) return;
    const before = this.sample;
    const answer = await this.api.post("claim", { want: AHEAD });
    if (answer.ok) {
      this.stack.refill(answer.data.samples);
      this.nothingLeft = answer.data.samples.every((sample) => this.stack.gone.has(sample.slot));
      this.progress(answer.data.progress);
    } else if (answer.refused) {
      this.ended = answer.message;
    } else {
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.refill(), 3000);
    }
    if (!before || this.sample !== before) this.show();
  }

  show() {
    const sample = this.sample;
    this.stack.show(sample);
    this.root.classList.toggle("is-empty", !sample);
    this.root.classList.toggle("is-editing", Boolean(this.recent.viewing));
    this.root.querySelector("[data-where]").textContent = this.where(sample);
    this.root.querySelector("[data-empty]").textContent = this.emptyText();
    if (!sample) return;
    this.form.show(sample.draft);
    this.paintSpans();
  }

  where(sample) {
    if (!sample) return "";
    const viewed = this.recent.viewing;
    return viewed ? `Looking at sample ${sample.position} again; submitting changes it` : `Sample ${sample.position}`;
  }

  emptyText() {
    if (this.ended) return this.ended;
    if (this.nothingLeft) return "Nothing is left for you in this round. Thank you.";
    return "Waiting for the next conversation. Your labels are kept.";
  }

  paintSpans() {
    if (this.sample) paintSpans(this.sample.node, this.sample.messages, this.sample.draft.label.spans);
  }

  submit() {
    const sample = this.sample;
    if (!sample) return;
    this.form.settle();
    const missing = sample.draft.missing();
    if (this.blurred) return this.status.say("The text is blurred. Press b when you are ready to read.");
    if (missing.length) return this.status.say(`Still needed: ${missing.join(", ")}.`);
    const viewed = this.recent.viewing;
    if (viewed && viewed.revision === null) return this.status.say("This label is on its way; wait until it is saved.");
    const payload = { slot: sample.slot, client_uuid: uuid4(), label: this.labelOf(sample) };
    if (viewed) payload.base_revision = viewed.revision;
    this.send("submit", sample, payload);
    if (viewed) this.finishEdit(viewed);
    else this.finishNew();
  }

  labelOf(sample) {
    return { ...sample.draft.label, seconds_spent: Math.round(sample.seconds) };
  }

  finishNew() {
    this.recent.add(this.stack.advance());
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

  send(path, sample, payload) {
    this.sender.add({ id: payload.client_uuid || uuid4(), path, position: sample.position, payload });
  }

  skip() {
    const sample = this.stack.current;
    if (!sample || this.recent.viewing) return;
    this.panels.open("skip", (reason) => {
      this.send("skip", sample, { slot: sample.slot, reason });
      this.stack.forget(this.stack.advance());
      this.status.say("Skipped. That is fine.");
      this.show();
    });
  }

  flag() {
    const sample = this.sample;
    if (!sample) return;
    this.panels.open("flag", (kind, note) => {
      this.send("flag", sample, { slot: sample.slot, kind, note });
      this.status.say("Flagged.");
    });
  }

  undo() {
    if (this.sample?.draft.undo()) {
      this.form.show(this.sample.draft);
      this.paintSpans();
      return this.status.say("Undone.");
    }
    if (this.recent.viewing || !this.recent.older()) return this.status.say("Nothing to undo.");
    this.status.say("This was your last label. Change it and submit, or press Right to go back.");
    return this.show();
  }

  look(direction) {
    this.form.settle();
    const before = this.recent.viewing;
    const now = direction === "older" ? this.recent.older() : this.recent.newer();
    if (before === now) this.status.say(now ? "That is as far back as labels can be changed." : "No earlier labels yet.");
    else this.status.say("");
    this.show();
  }

  highlight() {
    const sample = this.sample;
    if (!sample || this.blurred) return;
    const added = selectedSpans(sample.node, sample.messages);
    if (!added.length) return;
    window.getSelection().removeAllRanges();
    this.form.set({ spans: joinSpans(sample.draft.label.spans, added) });
    this.status.say("Highlighted. Click a highlight to remove it.");
  }

  unhighlight(mark) {
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
  }

  async beat() {
    if (document.hidden || Date.now() - this.lastSign > IDLE_MS || !this.stack.samples.length) return;
    await this.api.post("heartbeat", {});
  }

  countSecond() {
    if (!document.hidden && !this.blurred && this.sample) this.sample.seconds += 1;
  }

  progress({ done, left }) {
    this.root.querySelector("[data-progress]").textContent = `${done} labelled, ${left} left`;
  }

  reported(change) {
    this.status.show(change);
    if (change.refusedNow) this.takeBack(change.refusedNow);
    if (!change.saved) return;
    if (change.saved.path === "submit") this.recent.acknowledged(change.saved.payload.slot, change.data.revision);
    this.refill();
  }

  /** The hub didn't take an answer. Should it hand the sample out again, it is shown again. */
  takeBack(entry) {
    this.recent.refused(entry.payload.slot);
    this.stack.gone.delete(entry.payload.slot);
    this.refill();
  }

  listen() {
    const digits = Object.fromEntries([..."1234567"].map((key) => [key, () => this.form.digit(key)]));
    const letters = Object.fromEntries([..."qwertasdfuo"].map((key) => [key, () => this.form.letter(key)]));
    const acts = {
      submit: () => this.submit(),
      undo: () => this.undo(),
      skip: () => this.skip(),
      flag: () => this.flag(),
      blur: () => this.setBlur(!this.blurred),
      keys: () => this.panels.open("keys"),
      guideline: () => this.panels.openGuideline(this.sample?.draft.label.crisis_type),
      older: () => this.look("older"),
      newer: () => this.look("newer"),
      highlight: () => this.highlight(),
      note: () => this.form.note.focus(),
    };
    const more = {
      Enter: acts.submit, " ": acts.skip, g: acts.flag, b: acts.blur, "?": acts.keys, h: acts.guideline,
      x: acts.highlight, n: acts.note, ArrowLeft: acts.older, ArrowRight: acts.newer,
      ArrowUp: () => this.form.nudge(0.05), ArrowDown: () => this.form.nudge(-0.05),
    };
    listenForKeys(
      {
        single: { ...digits, ...letters, ...more },
        submit: acts.submit,
        undo: acts.undo,
        inPanel: (event, typing) => this.panels.keydown(event, typing),
        escape: (event, typing) => (typing ? event.target.blur() : this.leaveRecent()),
      },
      () => Boolean(this.panels.openOne),
    );
    this.root.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-do]");
      if (button) acts[button.dataset.do]();
      if (button && event.detail > 0) button.blur();
      if (event.target.matches("[data-stage] mark")) this.unhighlight(event.target);
    });
    this.stage.addEventListener("pointerup", () => setTimeout(() => this.highlight()));
    for (const kind of ["keydown", "pointerdown", "pointermove"]) {
      document.addEventListener(kind, () => (this.lastSign = Date.now()), { passive: true });
    }
  }

  leaveRecent() {
    if (!this.recent.viewing) return;
    this.recent.leave();
    this.show();
  }
}

function answers(entry) {
  return entry.state === "waiting" && entry.path !== "flag" && !entry.payload.base_revision;
}

const root = document.querySelector("[data-instrument]");
if (root) new Instrument(root).start();
