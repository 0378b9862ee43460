/** Reads answers. What is not whole is no answer: no half of one may be taken for “no crisis”. */
import type {
  Action,
  AlertLevel,
  Answer,
  BiasFinding,
  CrisisType,
  Eq,
  Problem,
  Risk,
  Safety,
  SafetyReason,
  Signal,
  Verdict,
} from "./types.js";

export const SCHEMA = "pixelhub.score/1";
const CRISIS: Readonly<Record<Verdict, boolean | null>> = { crisis: true, no_crisis: false, unknown: null };
const LEVELS: readonly string[] = ["emergency", "urgent", "severe", "concern", "none"];

export class NotAnAnswer extends Error {
  override readonly name = "NotAnAnswer";
}

type Json = { readonly [name: string]: unknown };

/** An answer of the hub; message numbers are moved by `offset`, the number of messages that were not sent. */
export function answerFrom(value: unknown, offset = 0): Answer {
  const data = record(value);
  const verdict = data["verdict"];
  if (data["schema"] !== SCHEMA || (verdict !== "crisis" && verdict !== "no_crisis" && verdict !== "unknown")) {
    throw new NotAnAnswer("another schema or verdict");
  }
  const degraded = bool(data["degraded"]);
  if (data["crisis"] !== CRISIS[verdict] || (verdict === "no_crisis" && degraded)) {
    throw new NotAnAnswer("the answer contradicts itself");
  }
  const level = text(data["alert_level"]);
  if (!LEVELS.includes(level)) throw new NotAnAnswer("another alert level");
  return {
    verdict,
    crisis: CRISIS[verdict],
    needsPerson: verdict !== "no_crisis",
    score: numberOrNull(data["score"]),
    crisisType: textOrNull(data["crisis_type"]) as CrisisType | null,
    severity: numberOrNull(data["severity"]),
    band: text(data["band"]),
    alertLevel: level as AlertLevel,
    degraded,
    reason: textOrNull(data["reason"]),
    actions: list(data["recommended_actions"]).map(action),
    signals: list(data["signals"]).map((entry) => signal(entry, offset)),
    probabilities: data["probabilities"] == null ? null : (record(data["probabilities"]) as Record<string, number>),
    risk: data["risk"] == null ? null : risk(data["risk"]),
    eq: data["eq"] == null ? null : eq(data["eq"]),
    safety: data["safety"] == null ? null : safety(data["safety"], offset),
    biasFindings: data["bias_findings"] == null ? [] : list(data["bias_findings"]).map((entry) => bias(entry, offset)),
    id: text(data["id"]),
    evidenceId: text(data["evidence_id"]),
    modelVersion: text(data["model_version"]),
    messagesUsed: number(data["messages_used"]),
    latencyMs: number(data["latency_ms"]),
    source: "hub",
  };
}

export function problemFrom(value: unknown, status = 0): Problem {
  const data: Json = typeof value === "object" && value !== null ? (value as Json) : {};
  return {
    status: typeof data["status"] === "number" ? data["status"] : status,
    code: typeof data["code"] === "string" ? data["code"] : "unknown",
    detail: typeof data["detail"] === "string" ? data["detail"] : "",
    retryAfter: typeof data["retry_after"] === "number" ? data["retry_after"] : null,
  };
}

export function record(value: unknown): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new NotAnAnswer("no object");
  return value as Json;
}

export function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new NotAnAnswer("no list");
  return value;
}

export function text(value: unknown): string {
  if (typeof value !== "string") throw new NotAnAnswer("no string");
  return value;
}

function bool(value: unknown): boolean {
  if (typeof value !== "boolean") throw new NotAnAnswer("no boolean");
  return value;
}

function number(value: unknown): number {
  if (typeof value !== "number") throw new NotAnAnswer("no number");
  return value;
}

function numberOrNull(value: unknown): number | null {
  return value === null ? null : number(value);
}

function textOrNull(value: unknown): string | null {
  return value == null ? null : text(value);
}

function moved(value: unknown, offset: number): number | null {
  return value === null ? null : number(value) + offset;
}

function action(value: unknown): Action {
  const data = record(value);
  const contacts = list(data["contacts"]).map((entry) => {
    const contact = record(entry);
    return { kind: text(contact["kind"]), name: text(contact["name"]), contact: text(contact["contact"]) };
  });
  return { action: text(data["action"]), detail: text(data["detail"]), contacts };
}

function signal(value: unknown, offset: number): Signal {
  const data = record(value);
  return {
    signal: textOrNull(data["signal"]),
    family: text(data["family"]),
    severity: numberOrNull(data["severity"]),
    message: number(data["message"]) + offset,
    start: number(data["start"]),
    end: number(data["end"]),
  };
}

function risk(value: unknown): Risk {
  const data = record(value);
  return {
    level: text(data["level"]),
    score: numberOrNull(data["score"]),
    timeline: textOrNull(data["timeline"]),
    indicators: list(data["indicators"]).map(text),
    protectiveFactors: list(data["protective_factors"]).map(text),
  };
}

function eq(value: unknown): Eq {
  const data = record(value);
  return {
    emotionalAwareness: numberOrNull(data["emotional_awareness"]),
    empathy: numberOrNull(data["empathy"]),
    emotionalRegulation: numberOrNull(data["emotional_regulation"]),
    socialCognition: numberOrNull(data["social_cognition"]),
    aggregate: numberOrNull(data["aggregate"]),
  };
}

function safety(value: unknown, offset: number): Safety {
  const data = record(value);
  const reasons = list(data["reasons"]).map((entry): SafetyReason => {
    const reason = record(entry);
    return {
      reason: text(reason["reason"]),
      cost: number(reason["cost"]),
      message: moved(reason["message"], offset),
      start: moved(reason["start"], 0),
      end: moved(reason["end"], 0),
    };
  });
  return { score: numberOrNull(data["score"]), reasons };
}

function bias(value: unknown, offset: number): BiasFinding {
  const data = record(value);
  return {
    kind: text(data["kind"]),
    level: text(data["level"]) as BiasFinding["level"],
    message: number(data["message"]) + offset,
    start: number(data["start"]),
    end: number(data["end"]),
    rule: text(data["rule"]),
  };
}
