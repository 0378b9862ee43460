// Live conversations against the running service; WIRE loses every sixth thing that the service says, and the line with it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { PixelCrisisDetector, RequestRefused, Unavailable } from "../dist/index.js";

const { HUB, KEY, WIRE, DOWN } = process.env;
const CANARY = "zebra-canary-7";
// For a hub that is there, on a machine that is busy.
const timeoutMs = 120_000;
const timeout = 300_000;
const RUN = Date.now();

/** Waits until `condition()`; the tests' own limit ends it. */
async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function hearing(talk) {
  const turns = [];
  talk.onTurn((turn) => turns.push(turn));
  return turns;
}

test("both sides hear every turn once and in order", { timeout }, async () => {
  const detector = new PixelCrisisDetector(HUB, { key: KEY, timeoutMs, locale: "en-US" });
  const [person, assistant] = [detector.live({ conversationId: `ts-both-${RUN}` }), detector.live({ conversationId: `ts-both-${RUN}` })];
  const heard = [hearing(person), hearing(assistant)];
  const first = await person.add("calm");
  assert.deepEqual([first.number, first.role, first.answer.verdict, first.answer.source], [1, "user", "no_crisis", "hub"]);
  assert.equal((await assistant.add("What is it?", "assistant")).number, 2);
  const doom = await person.add("I am going to kill myself tonight.");
  assert.deepEqual([doom.number, doom.answer.verdict, person.alertLevel], [3, "crisis", "emergency"]);
  for (const turns of heard) {
    await until(() => turns.length === 3);
    assert.deepEqual(turns.map((turn) => [turn.number, turn.role]), [[1, "user"], [2, "assistant"], [3, "user"]]);
  }
  const third = detector.live({ sessionId: person.id, after: 2 });
  const late = hearing(third);
  await until(() => late.length === 1);
  assert.equal(late[0].number, 3);
  third.close();
  assert.equal((await third.add("calm")).answer.source, "local", "nothing is sent after a close");
  await person.end({ forget: true });
  assert.equal(person.state, "ended");
  await assert.rejects(assistant.add("calm"), { name: "RequestRefused", code: "session_ended" });
  await assert.rejects(person.add("calm"), { name: "RequestRefused", code: "session_ended" });
  assert.ok(!JSON.stringify(person).includes(KEY));
});

test("broken lines and lost answers lose and double nothing", { timeout }, async () => {
  const detector = new PixelCrisisDetector(WIRE, { key: KEY, timeoutMs });
  const talks = [1, 2].map(() => detector.live({ conversationId: `ts-broken-${RUN}`, retention: "none" }));
  const heard = talks.map(hearing);
  const said = await Promise.all(
    talks.map(async (talk, side) => {
      const turns = [];
      for (let at = 0; at < 8; at += 1) turns.push(await talk.add(`calm ${at}`, side === 0 ? "user" : "assistant"));
      return turns;
    }),
  );
  for (const [side, turns] of heard.entries()) {
    await until(() => turns.length === 16);
    assert.deepEqual(turns.map((turn) => turn.number), Array.from({ length: 16 }, (_, at) => at + 1));
    const own = new Map(turns.map((turn) => [turn.turnId, turn.number]));
    assert.deepEqual(said[side].map((turn) => own.get(turn.turnId)), said[side].map((turn) => turn.number));
  }
  for (const talk of talks) talk.close();
});

test("what is said while the hub is away is told later", { timeout }, async () => {
  let isPlugged = false;
  const webSocket = (url) => {
    assert.ok(!url.includes(KEY));
    return new WebSocket(isPlugged ? url : DOWN.replace("http", "ws"));
  };
  const detector = new PixelCrisisDetector(HUB, { key: KEY, timeoutMs: 300 });
  const talk = detector.live({ webSocket });
  const turns = hearing(talk);
  const away = [await talk.add("calm"), await talk.add("I took too many pills")];
  assert.deepEqual(away.map((turn) => [turn.number, turn.answer.verdict]), [[null, "unknown"], [null, "crisis"]]);
  assert.deepEqual([talk.waiting, talk.state, talk.alertLevel], [2, "connecting", "unknown"]);
  isPlugged = true;
  await until(() => turns.length === 2);
  assert.deepEqual(turns.map((turn) => [turn.number, turn.turnId]), away.map((turn, at) => [at + 1, turn.turnId]));
  assert.deepEqual([talk.waiting, talk.state], [0, "connected"]);
  talk.close();
});

test("no key, no hub: a person reads, and no word of it is told", { timeout }, async () => {
  for (const [where, key] of [[DOWN, KEY], [HUB, "phk_wrong_key"]]) {
    const talk = new PixelCrisisDetector(where, { key, timeoutMs: 600 }).live();
    const turn = await talk.add("hello");
    assert.deepEqual([turn.number, turn.answer.verdict, turn.answer.needsPerson], [null, "unknown", true]);
    talk.close();
    const strict = new PixelCrisisDetector(where, { key, timeoutMs: 600, fallback: false }).live();
    await assert.rejects(strict.add(CANARY), (error) => error instanceof Unavailable && !error.stack.includes(CANARY));
    await assert.rejects(strict.end(), Unavailable);
    strict.close();
  }
  const talk = new PixelCrisisDetector(HUB, { key: KEY, timeoutMs, locale: "../.." }).live();
  await assert.rejects(talk.add("calm"), (error) => error instanceof RequestRefused && error.code === "bad_locale");
});

test("signs of life, silence, refusals for a time, and turns at fault", { timeout }, async () => {
  const said = [];
  let lines = 0;
  const webSocket = () => {
    lines += 1;
    const refused = new Set();
    const socket = {
      close: () => undefined,
      send(text) {
        const message = JSON.parse(text);
        said.push(message);
        const answer = (of) => queueMicrotask(() => socket.onmessage?.({ data: JSON.stringify(of) }));
        if (message.type === "hello") answer({ type: "ready", heartbeat_s: lines === 1 ? 0.1 : 60 }); // the others are not given up
        else if (message.type === "open" || message.type === "resume") {
          answer({ type: "opened", session: { id: "s-1", state: "open", retention: "window", alert_level: "none" } });
          if (message.type === "open") answer({ type: "ping" }); // and nothing more: the line is dead from here on
        } else if (message.type === "turn") {
          const { turn_id, content } = message;
          const again = !refused.has(turn_id);
          refused.add(turn_id);
          if (content === "bad") answer({ type: "problem", status: 422, code: "nul", detail: "no", turn_id });
          else if (content === "malformed") socket.onclose?.({ code: 4400 });
          else if (again) answer({ type: "problem", status: 503, code: "busy", retry_after: 0.05, turn_id });
          else answer({ type: "problem", status: 409, code: "session_ended", detail: "over", turn_id });
        }
      },
    };
    queueMicrotask(() => socket.onopen());
    return socket;
  };
  const talk = new PixelCrisisDetector("http://hub.example", { key: "k", timeoutMs }).live({ webSocket });
  await until(() => said.some((message) => message.type === "resume"));
  await assert.rejects(talk.add("malformed"), { name: "RequestRefused", code: "malformed" });
  await assert.rejects(talk.add("bad"), { name: "RequestRefused", code: "nul" });
  await assert.rejects(talk.add("calm"), { name: "RequestRefused", code: "session_ended" });
  const kinds = said.map((message) => message.type).filter((kind) => kind !== "hello");
  assert.deepEqual([kinds.slice(0, 3), kinds.slice(-2)], [["open", "pong", "resume"], ["turn", "turn"]]);
  assert.deepEqual(said.find((message) => message.type === "resume"), { type: "resume", session: "s-1", after: 0 });
  assert.equal(new Set(said.slice(-2).map((message) => message.turn_id)).size, 1);
  assert.ok(lines >= 3);
});
