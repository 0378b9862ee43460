/** The review of identifiers: one conversation at a time, the next ones ahead, a confirmation that can be called back. */
import { Api } from "../annotation/api.js";
import { renderDialogue, selectedSpans } from "../annotation/dialogue.js";
import { Panels } from "../annotation/panels.js";
import { Board } from "./pii_board.js";
import { Draft } from "./pii_draft.js";
import { FindingList } from "./pii_list.js";
import { listenForKeys } from "./pii_keys.js";
import { Outgoing } from "./pii_outgoing.js";
import { guessKind, moveEdge, paint, samePlaces, selectWord, wordsOf } from "./pii_text.js";

const AHEAD = 3;
const HEARTBEAT_MS = 60000;
const IDLE_MS = 10 * 60000; // after that the conversations go back to the others
const CLEAR = "pii:clear";

class Review {
  constructor(root) {
    this.root = root;
    this.project = Number(root.dataset.project);
    this.stage = root.querySelector("[data-stage]");
    this.template = root.querySelector("[data-dialogue]");
    this.names = Object.fromEntries(
      [...root.querySelectorAll("[data-panel=kind] [data-choice]")].map((b) => [b.dataset.choice, b.dataset.name]),
    );
    this.api = new Api(root.dataset.api);
    this.board = new Board(root);
    this.outgoing = new Outgoing(this.api, (change) => {
      this.board.report(change);
      if (change.refused) this.refill();
    });
    this.list = new FindingList(root.querySelector("[data-findings]"), this.names, (index) => this.go(index));
    this.panels = new Panels(root);
    this.stack = [];
    this.leftOut = new Set();
    this.marked = [];
    this.lastSign = Date.now();
    this.listen();
  }

  async start() {
    this.setBlur(sessionStorage.getItem(CLEAR) !== "yes");
    await this.refill();
    setInterval(() => this.beat(), HEARTBEAT_MS);
    this.root.dataset.ready = "yes";
  }

  get record() {
    return this.stack[0] || null;
  }

  get item() {
    return this.record?.draft.items[this.record.index] || null;
  }

  async refill() {
    const want = AHEAD - this.stack.length;
    if (want <= 0 || this.asking) return;
    this.asking = true;
    const known = [...this.stack.map((record) => record.id), ...this.outgoing.ids, ...this.leftOut];
    const answer = await this.api.post("claim", { project: this.project, want, leave_out: known.slice(-200) });
    this.asking = false;
    const before = this.record;
    if (answer.ok) {
      for (const record of answer.data.records) this.stack.push(this.prepare(record));
      this.nothingLeft = !answer.data.records.length;
      this.board.progress(answer.data.progress);
    } else if (answer.refused) {
      this.ended = answer.message;
    } else {
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.refill(), 3000);
    }
    if (!before) this.show();
  }

  prepare(record) {
    const node = renderDialogue(record.messages, this.template);
    node.hidden = true;
    this.stage.append(node);
    const draft = new Draft(record.findings);
    return { ...record, node, draft, index: draft.nextOpen(-1) ?? 0 };
  }

  show() {
    const record = this.record;
    for (const node of this.stage.children) node.hidden = node !== record?.node;
    this.marked = [];
    this.root.classList.toggle("is-empty", !record);
    this.root.querySelector("[data-empty]").textContent = this.emptyText();
    this.root.querySelector("[data-where]").textContent = record ? `Conversation ${record.id}` : "";
    this.root.querySelector("[data-about]").textContent = record ? record.about : "";
    if (!record) return this.list.show([], [], 0);
    this.stage.scrollTop = 0;
    this.paint();
  }

  paint(spoken = true) {
    const { node, messages, draft, index } = this.record;
    paint(node, messages, draft.items, index, (item) => this.names[item.kind]);
    this.list.show(messages, draft.items, index);
    const open = draft.open;
    this.root.querySelector("[data-open]").textContent = open ? `${open} to decide` : "All decided: Enter confirms";
    this.root.querySelector("[data-do=confirm]").classList.toggle("is-ready", !open);
    node.querySelector("mark[aria-current]")?.scrollIntoView({ block: "nearest" });
    if (spoken) this.announce();
  }

  announce() {
    const { draft, index } = this.record;
    const item = this.item;
    const what = item ? `${index + 1} of ${draft.items.length}: ${this.list.sentence(item)}` : "";
    this.root.querySelector("[data-spoken]").textContent = this.blurred ? "" : what;
  }

  emptyText() {
    if (this.ended) return this.ended;
    if (this.nothingLeft) return "Nothing waits for you here. Thank you.";
    return "Waiting for the next conversation. Your decisions are kept.";
  }

  go(index) {
    if (!this.record) return;
    const count = this.record.draft.items.length;
    this.record.index = count ? (index + count) % count : 0;
    this.paint();
  }

  decide(decision) {
    if (this.refuses() || !this.item) return;
    this.record.draft.decide(this.record.index, decision);
    const next = this.record.draft.nextOpen(this.record.index);
    this.record.index = next ?? Math.min(this.record.index, Math.max(0, this.record.draft.items.length - 1));
    this.board.say("");
    this.paint();
  }

  decideOpen(decision) {
    if (this.refuses()) return;
    const changed = this.record.draft.decideOpen(decision);
    this.board.say(changed ? `${changed} decided. u takes it back.` : "Everything is decided already.");
    this.paint();
  }

  edit() {
    if (this.refuses() || !this.item) return;
    const spans = this.selection();
    if (spans.length) return this.editTo(spans[0]);
    this.showEdited();
    this.panels.open("edit", { chosen: (kind) => this.editTo({ kind }) });
  }

  editTo(change) {
    this.dropSelection();
    this.record.index = this.record.draft.edit(this.record.index, change);
    this.board.say("Changed; it will be replaced. u takes it back.");
    this.paint();
    this.showEdited();
  }

  showEdited() {
    const { messages } = this.record;
    const item = this.item;
    this.root.querySelector("[data-edited]").textContent = `${this.names[item.kind]}: “${wordsOf(messages, item)}”`;
  }

  edge(edge, by) {
    this.editTo(moveEdge(this.record.messages, this.item, edge, by));
  }

  add() {
    if (this.refuses()) return;
    const spans = this.selection();
    if (!spans.length) return this.board.say("Select the words first (arrow keys select word by word), then press n.");
    const [span] = spans;
    const guess = guessKind(wordsOf(this.record.messages, span));
    const dialog = this.panels.open("kind", { chosen: (kind) => this.addAs(span, kind) });
    dialog.querySelector("[data-words]").textContent = `“${wordsOf(this.record.messages, span)}”`;
    dialog.querySelector(`[data-choice="${guess}"]`).focus();
  }

  addAs(span, kind) {
    const places = samePlaces(this.record.messages, span);
    this.dropSelection();
    this.record.index = this.record.draft.add(places, kind);
    this.board.say(places.length > 1 ? `Added at ${places.length} places where these words stand.` : "Added.");
    this.paint();
  }

  undo() {
    if (this.record?.draft.undo()) {
      this.record.index = Math.min(this.record.index, Math.max(0, this.record.draft.items.length - 1));
      this.board.say("Undone.");
      return this.paint();
    }
    const back = this.outgoing.callBack();
    if (!back) return this.board.say("Nothing to undo: what is confirmed stays so.");
    this.stage.prepend(back.node);
    this.stack.unshift(back);
    this.board.say("Back again; it is not confirmed.");
    return this.show();
  }

  confirm() {
    const record = this.record;
    if (!record || this.refuses()) return;
    if (record.draft.open) {
      record.index = record.draft.nextOpen(-1);
      this.board.say(`${record.draft.open} still to decide: a is an identifier, r is none.`);
      return this.paint();
    }
    this.stack.shift();
    record.node.remove();
    this.outgoing.hold(record);
    this.board.say("Confirmed. u brings it back while this line stands.");
    this.show();
    this.refill();
  }

  async leave() {
    const record = this.record;
    if (!record) return;
    this.stack.shift();
    record.node.remove();
    this.leftOut.add(record.id);
    this.board.say("Left to somebody else.");
    this.show();
    await this.api.post(`${record.id}/release`, {});
    this.refill();
  }

  refuses() {
    if (!this.blurred) return false;
    this.board.say("The text is blurred. Press b when you are ready to read.");
    return true;
  }

  selection() {
    const record = this.record;
    if (!record) return [];
    const now = selectedSpans(record.node, record.messages).map(({ message, start, end }) => ({ turn: message, start, end }));
    return now.length ? now : this.marked;
  }

  dropSelection() {
    window.getSelection().removeAllRanges();
    this.marked = [];
  }

  pick(by, extend) {
    if (!this.record || this.blurred) return;
    const { node, messages } = this.record;
    selectWord(node, messages, this.selection(), this.item?.turn ?? 0, by, extend);
    const [span] = this.selection();
    if (span) this.root.querySelector("[data-spoken]").textContent = `Selected: ${wordsOf(messages, span)}`;
  }

  setBlur(on) {
    this.blurred = on;
    this.root.classList.toggle("is-blurred", on);
    this.stage.inert = on;
    this.root.querySelector("[data-do=blur]").setAttribute("aria-pressed", String(on));
    this.root.querySelector("[data-veil]").hidden = !on;
    sessionStorage.setItem(CLEAR, on ? "no" : "yes");
    this.list.blurred = on;
    if (this.record) this.paint();
  }

  async beat() {
    if (document.hidden || Date.now() - this.lastSign > IDLE_MS || !this.stack.length) return;
    await this.api.post("beat", { project: this.project });
  }

  listen() {
    const acts = {
      accept: () => this.decide("accept"),
      reject: () => this.decide("reject"),
      acceptAll: () => this.decideOpen("accept"),
      rejectAll: () => this.decideOpen("reject"),
      edit: () => this.edit(),
      add: () => this.add(),
      next: () => this.go((this.record?.index ?? 0) + 1),
      previous: () => this.go((this.record?.index ?? 0) - 1),
      confirm: () => this.confirm(),
      undo: () => this.undo(),
      leave: () => this.leave(),
      blur: () => this.setBlur(!this.blurred),
      keys: () => this.panels.open("keys"),
      startBack: () => this.edge("start", -1),
      startOn: () => this.edge("start", 1),
      endBack: () => this.edge("end", -1),
      endOn: () => this.edge("end", 1),
    };
    listenForKeys(
      {
        a: acts.accept, r: acts.reject, A: acts.acceptAll, R: acts.rejectAll, e: acts.edit, n: acts.add, j: acts.next,
        k: acts.previous, u: acts.undo, s: acts.leave, b: acts.blur, "?": acts.keys, Enter: acts.confirm,
        ArrowRight: (event) => this.pick(1, event.shiftKey), ArrowLeft: (event) => this.pick(-1, event.shiftKey),
        Escape: () => this.dropSelection(), undo: acts.undo,
      },
      (event, typing) => {
        if (!this.panels.openOne) return false;
        const arrow = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (arrow && this.panels.openOne.dataset.panel === "edit") {
          event.preventDefault();
          this.edge(event.shiftKey ? "start" : "end", arrow);
        } else this.panels.keydown(event, typing);
        return true;
      },
    );
    this.root.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-do]");
      if (button) acts[button.dataset.do]();
      if (button && event.detail > 0) button.blur();
      const mark = event.target.closest("[data-stage] mark");
      if (mark && window.getSelection().isCollapsed) this.go(Number(mark.dataset.index));
    });
    // A tap on a button must not drop what was selected with a finger.
    this.root.addEventListener("pointerdown", (event) => {
      if (event.target.closest("button[data-do]")) this.marked = this.selection();
      else if (!event.target.closest("dialog")) this.marked = [];
    });
    for (const kind of ["keydown", "pointerdown", "pointermove"]) {
      document.addEventListener(kind, () => (this.lastSign = Date.now()), { passive: true });
    }
  }
}

const root = document.querySelector("[data-pii-review]");
if (root) new Review(root).start();
