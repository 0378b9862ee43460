// The hooks, rendered by React itself, against a running service.
import assert from "node:assert/strict";
import { test } from "node:test";

import { createElement } from "react";
import TestRenderer, { act } from "react-test-renderer";

import { PixelCrisisDetector } from "../dist/index.js";
import { useBiasDetection, useConversation, useCrisisDetection, useEqMetrics } from "../dist/react.js";

globalThis.IS_REACT_ACT_ENVIRONMENT = true;
const { HUB, KEY, DOWN } = process.env;
// For a hub that is there, on a machine that is busy.
const timeoutMs = 120_000;
const HOOKED = `ts-hook-${Date.now()}`;
const user = (content) => ({ role: "user", content });
const assistant = (content) => ({ role: "assistant", content });

/** Renders `hook(detector, messages)`; `until` waits for what it shows. */
function shown(hook, detector, messages, options = { quietMs: 0 }) {
  const seen = [];
  const Probe = ({ of }) => {
    seen.push(hook(detector, of, options));
    return null;
  };
  let root;
  act(() => {
    root = TestRenderer.create(createElement(Probe, { of: messages }));
  });
  return {
    seen,
    last: () => seen[seen.length - 1],
    say: (of) => act(() => root.update(createElement(Probe, { of }))),
    async until(condition) {
      for (const end = Date.now() + timeoutMs; Date.now() < end && !condition(seen[seen.length - 1]); ) {
        await act(() => new Promise((resolve) => setTimeout(resolve, 20)));
      }
      assert.ok(condition(seen[seen.length - 1]), JSON.stringify(seen[seen.length - 1]));
    },
    end: () => act(() => root.unmount()),
  };
}

test("useCrisisDetection shows the newest answer only", async () => {
  const detector = new PixelCrisisDetector(HUB, { timeoutMs, key: KEY });
  const view = shown(useCrisisDetection, detector, [user("calm")]);
  assert.deepEqual([view.last().pending, view.last().answer, view.last().needsPerson], [true, null, false]);
  await view.until((state) => state.answer?.verdict === "no_crisis");
  view.say([user("calm"), user("doom"), user("doom doom")]);
  assert.equal(view.last().answer, null, "what was answered before does not stand beside what is said now");
  await view.until((state) => state.answer?.verdict === "crisis");
  assert.ok(view.last().needsPerson && !view.last().pending);
  view.say([]);
  assert.deepEqual([view.last().pending, view.last().answer], [false, null]);
  view.end();
});

test("a hub that is away asks for a person", async () => {
  const detector = new PixelCrisisDetector(DOWN, { key: KEY, timeoutMs: 300 });
  const view = shown(useCrisisDetection, detector, [user("hello")]);
  await view.until((state) => state.answer !== null);
  assert.deepEqual([view.last().answer.verdict, view.last().needsPerson], ["unknown", true]);
  view.end();
  const strict = new PixelCrisisDetector(DOWN, { key: KEY, timeoutMs: 300, fallback: false });
  const other = shown(useCrisisDetection, strict, [user("hello")]);
  await other.until((state) => state.error !== null);
  assert.ok(other.last().needsPerson);
  other.end();
});

test("useEqMetrics and useBiasDetection look at the assistant's replies", async () => {
  const detector = new PixelCrisisDetector(HUB, { timeoutMs, key: KEY });
  const kind = [user("I feel so alone."), assistant("I'm sorry you feel so alone. That sounds painful. What happened?")];
  const eq = shown(useEqMetrics, detector, kind);
  await eq.until((state) => state.eq !== null);
  assert.ok(eq.last().eq.aggregate > 0 && eq.last().safety.score > 0);
  eq.end();
  const biased = [user("My boss ignores me."), assistant("Women are too emotional for leadership, so that is normal.")];
  const bias = shown(useBiasDetection, detector, biased);
  assert.deepEqual([bias.last().findings.length, bias.last().checked], [0, false]);
  await bias.until((state) => state.checked);
  assert.ok(bias.last().findings.some((finding) => finding.kind === "gender"));
  bias.end();
});

test("useConversation follows a live conversation, and a hub that is away asks for a person", async () => {
  const detector = new PixelCrisisDetector(HUB, { key: KEY, timeoutMs });
  const other = detector.live({ conversationId: HOOKED });
  const view = shown(useConversation, detector, { conversationId: HOOKED }, undefined);
  assert.deepEqual([view.last().turns, view.last().needsPerson], [[], false]);
  await act(() => view.last().say("calm"));
  await act(() => other.add("What is it?", "assistant"));
  await view.until((state) => state.turns.length === 2);
  assert.deepEqual(view.last().turns.map((turn) => turn.role), ["user", "assistant"]);
  assert.deepEqual([view.last().needsPerson, view.last().state, view.last().waiting], [false, "connected", 0]);
  await act(() => other.add("I am going to kill myself tonight."));
  await view.until((state) => state.alertLevel === "emergency");
  assert.ok(view.last().needsPerson);
  await act(() => view.last().end());
  await view.until((state) => state.state === "ended");
  view.end();
  other.close();
  const away = shown(useConversation, new PixelCrisisDetector(DOWN, { key: KEY, timeoutMs: 200 }), {}, undefined);
  await act(() => away.last().say("hello"));
  await away.until((state) => state.needsPerson && state.waiting === 1);
  away.end();
});
