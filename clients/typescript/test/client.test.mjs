// Against a running service. HUB, KEY, FLAKY (loses, resets and refuses some requests), SILENT (never ends an answer),
// DOWN (nobody there) come from tests/clients/test_typescript_client.py, which starts them.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  NotAnAnswer,
  PixelCrisisDetector,
  RequestRefused,
  Unavailable,
  answerFrom,
  localAnswer,
} from "../dist/index.js";

const { HUB, KEY, FLAKY, SILENT, DOWN } = process.env;
const CANARY = "zebra-canary-7";
// For a hub that is there, on a machine that is busy.
const timeoutMs = 120_000;
const user = (content) => ({ role: "user", content });

test("typed answers of the running service", async () => {
  const detector = new PixelCrisisDetector(HUB, { timeoutMs, key: KEY, locale: "en-US" });
  const [doom, calm] = await Promise.all([detector.score([user("doom")]), detector.score("calm")]);
  assert.deepEqual([doom.verdict, doom.crisis, doom.crisisType, doom.source], ["crisis", true, "immediate_harm", "hub"]);
  assert.deepEqual([calm.verdict, calm.crisis, calm.needsPerson], ["no_crisis", false, false]);
  assert.ok(doom.actions.flatMap((action) => action.contacts).some((contact) => contact.contact === "988"));
  assert.equal((await detector.model()).model_version, "1.0.0");
  assert.equal((await detector.ready()).status, "ready");
  assert.ok(Array.isArray((await detector.usage()).limits));
  assert.ok(!JSON.stringify(detector).includes(KEY));
});

test("only the last ten messages leave, and places count from the first", async () => {
  const sent = [];
  const watching = (input, init) => {
    sent.push(JSON.parse(init.body));
    return fetch(input, init);
  };
  const detector = new PixelCrisisDetector(HUB, { timeoutMs, key: KEY, fetch: watching });
  const long = [{ role: "system", content: "be kind" }, ...Array.from({ length: 14 }, (_, at) => user(`calm ${at}`))];
  const answer = await detector.score([...long, user("I want to kill myself tonight")]);
  assert.equal(sent[0].messages.length, 10);
  assert.equal(sent[0].messages[0].content, "calm 5");
  assert.deepEqual([...new Set(answer.signals.map((signal) => signal.message))], [15]);
});

test("a batch keeps order and names what is wrong", async () => {
  const detector = new PixelCrisisDetector(HUB, { timeoutMs, key: KEY });
  const items = await detector.batch(["calm", [user("doom")], [], ...Array(70).fill("calm"), "worry"]);
  assert.deepEqual(items.map((item) => item.index), items.map((_, at) => at));
  assert.deepEqual(items.slice(0, 3).map((item) => item.answer?.verdict), ["no_crisis", "crisis", undefined]);
  assert.equal(items[2].problem.code, "empty");
  assert.equal(items[73].answer.crisisType, "panic");
});

test("a conversation turn by turn", async () => {
  const talk = new PixelCrisisDetector(HUB, { timeoutMs, key: KEY }).conversation();
  const turns = await Promise.all([talk.add("hello"), talk.add("doom"), talk.add("calm")]);
  assert.deepEqual(turns.map((turn) => turn.number), [1, 2, 3]);
  assert.equal(turns[1].answer.verdict, "crisis");
  await talk.end({ forget: true });
});

test("what is at fault itself is refused, without its text", async () => {
  const detector = new PixelCrisisDetector(HUB, { timeoutMs, key: KEY });
  for (const given of [[{ role: "nobody", content: CANARY }], " ", [5]]) {
    await assert.rejects(detector.score(given), (error) => {
      assert.ok(error instanceof RequestRefused && !`${error.stack} ${error.cause}`.includes(CANARY));
      return true;
    });
  }
  await assert.rejects(detector.score("calm", { locale: "../.." }), { name: "RequestRefused", code: "bad_locale" });
});

test("lost answers, resets and 503 are asked for again", async () => {
  const detector = new PixelCrisisDetector(FLAKY, { timeoutMs, key: KEY });
  for (let at = 0; at < 4; at += 1) {
    const answer = await detector.score("doom");
    assert.deepEqual([answer.verdict, answer.source], ["crisis", "hub"]);
  }
});

test("silence ends at the deadline, in an answer that a person reads", async () => {
  for (const [where, key] of [[SILENT, KEY], [DOWN, KEY], [HUB, "phk_wrong_key"]]) {
    const began = Date.now();
    const detector = new PixelCrisisDetector(where, { key, timeoutMs: 700 });
    const [unknown, seen] = [await detector.score("hello"), await detector.score("I took too many pills")];
    assert.ok(Date.now() - began < 100_000); // each of them alone would have taken 120 s
    assert.deepEqual([unknown.verdict, unknown.crisis, unknown.degraded, unknown.source], ["unknown", null, true, "local"]);
    assert.deepEqual([seen.verdict, seen.crisisType, seen.needsPerson], ["crisis", "substance", true]);
    assert.equal(unknown.actions[0].action, "human_read");
    const strict = new PixelCrisisDetector(where, { key, timeoutMs: 300, fallback: false });
    await assert.rejects(strict.score(CANARY), (error) => error instanceof Unavailable && !error.stack.includes(CANARY));
  }
});

test("the local answer never says no crisis, and the assistant's words are its own", () => {
  for (const content of ["", "calm", "no crisis here", "x".repeat(9000), "\ud800", "😀\u202e"]) {
    const answer = localAnswer([user(content)], "client_timeout");
    assert.ok(answer.verdict !== "no_crisis" && answer.crisis !== false && answer.degraded && answer.needsPerson);
  }
  const asked = { role: "assistant", content: "Do you want to kill yourself? I want to die, he wrote." };
  assert.equal(localAnswer([asked, user("no")], "x").verdict, "unknown");
});

test("what is no answer is not taken for one", async () => {
  let whole;
  const watching = async (input, init) => {
    const response = await fetch(input, init);
    whole = await response.clone().json();
    return response;
  };
  await new PixelCrisisDetector(HUB, { timeoutMs, key: KEY, fetch: watching }).score("doom");
  assert.equal(answerFrom(whole).verdict, "crisis");
  const spoiled = [
    { schema: "pixelhub.score/2" },
    { verdict: "fine" },
    { crisis: false },
    { verdict: "no_crisis", crisis: false, degraded: true },
    { recommended_actions: null },
    { signals: [{}] },
  ];
  for (const change of spoiled) assert.throws(() => answerFrom({ ...whole, ...change }), NotAnAnswer);
  const garbled = async () => new Response("<html>fine</html>", { status: 200 });
  const answer = await new PixelCrisisDetector(HUB, { key: KEY, fetch: garbled }).score("calm");
  assert.deepEqual([answer.verdict, answer.reason], ["unknown", "client_bad_answer"]);
});
