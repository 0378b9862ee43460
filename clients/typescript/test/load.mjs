// Many askers and live conversations at once; says "going" when a good part is answered, and at the end what was.
// tests/clients/test_typescript_client.py kills the service in between.
import { PixelCrisisDetector } from "../dist/index.js";

const { HUB, KEY } = process.env;
const SCORES = 120;
const ASKERS = 8;
const TALKS = 4;
const TURNS = 10;
const detector = new PixelCrisisDetector(HUB, { key: KEY, timeoutMs: 300_000 });
let answered = 0;

function count(answer) {
  answered += 1;
  if (answered === 40) console.log("going");
  return answer;
}

const scores = [];
async function ask() {
  while (scores.length < SCORES) {
    const place = scores.push(null) - 1;
    const { id, source, verdict } = count(await detector.score(`doom ${place}`));
    scores[place] = { id, source, verdict };
  }
}

async function follow(talk) {
  const turns = [];
  for (let at = 0; at < TURNS; at += 1) {
    const { turnId, number, answer } = count(await talk.add(`calm ${at}`));
    turns.push({ turnId, number, source: answer.source });
  }
  talk.close();
  return { id: talk.id, turns };
}

const [talks] = await Promise.all([
  Promise.all(Array.from({ length: TALKS }, () => follow(detector.live()))),
  ...Array.from({ length: ASKERS }, ask),
]);
console.log(JSON.stringify({ scores, talks }));
