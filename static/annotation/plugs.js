import { plugCare } from "./care.js";
import { plugFeedback } from "./feedback.js";
import { plugRelease } from "./release.js";
import { plugSuggestion } from "./suggestion.js";

/**
 * Parts of other rooms that plug into the instrument (practice feedback, breaks, suggestions after the blind label).
 * A part is a module with one function; name it in PLUGS. It is called once, before the first sample is asked for:
 *
 *   export function plugBreaks(instrument) {
 *     instrument.addEventListener("saved", ({ detail }) => { ... detail.data is the hub's answer ... });
 *   }
 *
 * Events (`detail`), in the order of a label's life:
 *   claimed    {data}                     the hub's answer to a claim (annotation/api/answers.py, `answer_of_claim`)
 *   kept-back  {code, message, data}      the hub hands nothing out now (a break is due, the round was closed)
 *   shown      {sample}                   a sample is on screen; null when nothing is
 *   submitting {sample, payload, edit}    before a label is kept and sent; `payload` may be added to
 *   submitted  {sample, payload, edit}    it is in the outbox and the next sample is on screen, unless held
 *   saved      {entry, data}              the hub took an entry (`entry.path`, `entry.payload`); `data` is its answer
 *   refused    {entry, code, message}     the hub refused it for good
 *   beat       {data}                     the hub's answer to a heartbeat
 *
 * Acts:
 *   const release = instrument.hold("Read the feedback first.", { cover: false });
 *       Nothing is submitted, skipped or changed until release() is called; the sample that was on screen stays there.
 *       Called from `submitting`, the sample just answered stays; with `cover: true` nothing is shown but the words.
 *   instrument.panels.open(name, { chosen(choice, note), closed() });  instrument.panels.close(name);
 *       `name` is the data-panel of a <dialog class="panel"> in the page (include yours at the end of round_label.html).
 *       With the attribute data-stays, neither Escape nor a click beside it closes it: only its buttons and close().
 *   instrument.amend(slot, {crisis_type: "panic"}, {more: "fields of the payload"});
 *       Sends a change of a label that was saved; false when it isn't among the last ten or is still on its way.
 *   instrument.addKey("m", () => ...);    a single key (name it in KEYS of annotation/instrument.py too)
 *   instrument.api.post("name", {...});   POST /annotation/api/rounds/N/name/
 *   instrument.status.say("...");         a passing remark, told to screen readers
 *   instrument.slot("bar");               an element to put things into: "bar" (top), "side" (above the buttons), "foot"
 */
export const PLUGS = [plugFeedback, plugCare, plugRelease, plugSuggestion];
