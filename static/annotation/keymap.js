/** Which key and which button does what in the instrument. */
import { listenForKeys } from "./keys.js";

/** Starts listening; returns the single keys, to which others may add theirs. */
export function listenForActs(instrument) {
  const { evidence, form, guideline, panels, reading, root } = instrument;
  const unheld = (act) => () => instrument.isHeld() || act();
  const acts = {
    submit: () => instrument.submit(),
    undo: () => instrument.undo(),
    skip: () => instrument.skip(),
    flag: () => instrument.flag(),
    blur: () => instrument.setBlur(!instrument.blurred),
    keys: () => panels.open("keys"),
    guideline: () => guideline.open(instrument.sample?.draft.label.crisis_type),
    progress: () => instrument.openProgress(),
    older: () => instrument.look("older"),
    newer: () => instrument.look("newer"),
    highlight: () => evidence.mark(),
    walk: () => evidence.enter(),
    next_turn: () => reading.next(),
    last_turn: () => reading.last(),
    note: () => form.note.focus(),
  };
  const digits = Object.fromEntries([..."1234567"].map((key) => [key, unheld(() => form.digit(key))]));
  const letters = Object.fromEntries([..."qwertasdfuo"].map((key) => [key, unheld(() => form.letter(key))]));
  const single = {
    ...digits, ...letters,
    Enter: acts.submit, " ": acts.skip, g: acts.flag, b: acts.blur, "?": acts.keys, h: acts.guideline,
    p: acts.progress, x: acts.highlight, v: acts.walk, n: acts.note, ArrowLeft: acts.older, ArrowRight: acts.newer,
    ArrowUp: unheld(() => form.nudge(0.05)), ArrowDown: unheld(() => form.nudge(-0.05)),
    j: acts.next_turn, k: () => reading.previous(), Home: () => reading.first(), End: acts.last_turn,
    PageDown: () => reading.page(1), PageUp: () => reading.page(-1),
  };
  listenForKeys(
    {
      single,
      first: (event) => evidence.keydown(event),
      secondary: (key) => instrument.isHeld() || form.secondary(key),
      submit: acts.submit,
      undo: acts.undo,
      inPanel: (event, typing) => panels.keydown(event, typing),
      escape: (event, typing) => (typing ? event.target.blur() : instrument.leaveRecent()),
    },
    () => Boolean(panels.openOne),
  );
  root.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-do]");
    if (button) acts[button.dataset.do]?.();
    if (button && event.detail > 0) button.blur();
    if (event.target.matches("[data-stage] mark")) instrument.unhighlight(event.target);
  });
  for (const kind of ["keydown", "pointerdown", "pointermove"]) {
    document.addEventListener(kind, () => (instrument.lastSign = Date.now()), { passive: true });
  }
  return single;
}
