/** What is asked and answered. Nothing here holds a text but `Message`. */

export interface Message {
  readonly role: "user" | "assistant" | "system";
  readonly content: string;
}

/** A conversation, or one text of the user. */
export type Messages = string | readonly Message[];

export type Verdict = "crisis" | "no_crisis" | "unknown";
export type AlertLevel = "emergency" | "urgent" | "severe" | "concern" | "none";
export type CrisisType =
  | "immediate_harm"
  | "self_harm"
  | "substance"
  | "panic"
  | "psychotic"
  | "passive_ideation"
  | "none";

/** Characters [start, end) of the content of message number `message` of what was given. */
export interface Signal {
  readonly signal: string | null;
  readonly family: string;
  readonly severity: number | null;
  readonly message: number;
  readonly start: number;
  readonly end: number;
}

export interface Contact {
  readonly kind: string;
  readonly name: string;
  readonly contact: string;
}

export interface Action {
  readonly action: string;
  readonly detail: string;
  readonly contacts: readonly Contact[];
}

export interface Risk {
  readonly level: string;
  readonly score: number | null;
  readonly timeline: string | null;
  readonly indicators: readonly string[];
  readonly protectiveFactors: readonly string[];
}

/** How well the assistant's replies meet the person, each 0-1; null: nothing to judge. */
export interface Eq {
  readonly emotionalAwareness: number | null;
  readonly empathy: number | null;
  readonly emotionalRegulation: number | null;
  readonly socialCognition: number | null;
  readonly aggregate: number | null;
}

export interface SafetyReason {
  readonly reason: string;
  readonly cost: number;
  readonly message: number | null;
  readonly start: number | null;
  readonly end: number | null;
}

/** How safe the assistant's replies are; score null: there is no reply. */
export interface Safety {
  readonly score: number | null;
  readonly reasons: readonly SafetyReason[];
}

/** Bias in the assistant's own voice. */
export interface BiasFinding {
  readonly kind: string;
  readonly level: "low" | "medium" | "high" | "critical";
  readonly message: number;
  readonly start: number;
  readonly end: number;
  readonly rule: string;
}

/** Why one item of a batch has no answer. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly retryAfter: number | null;
}

/** Act on `verdict`; `crisis` is null where it is unknown, which never means “no crisis”. */
export interface Answer {
  readonly verdict: Verdict;
  readonly crisis: boolean | null;
  /** Whether a person should look: a crisis, or not known. */
  readonly needsPerson: boolean;
  readonly score: number | null;
  readonly crisisType: CrisisType | null;
  readonly severity: number | null;
  readonly band: string;
  readonly alertLevel: AlertLevel;
  /** The model (or the rules, or the hub itself) did not answer; `reason` says why. */
  readonly degraded: boolean;
  readonly reason: string | null;
  readonly actions: readonly Action[];
  readonly signals: readonly Signal[];
  readonly probabilities: Readonly<Record<string, number>> | null;
  readonly risk: Risk | null;
  readonly eq: Eq | null;
  readonly safety: Safety | null;
  readonly biasFindings: readonly BiasFinding[];
  readonly id: string;
  readonly evidenceId: string;
  readonly modelVersion: string;
  readonly messagesUsed: number;
  readonly latencyMs: number;
  readonly source: "hub" | "local";
}

/** One conversation of a batch: an answer, or the problem with what was sent. */
export interface BatchItem {
  readonly index: number;
  readonly answer: Answer | null;
  readonly problem: Problem | null;
}

/** The analysis of one turn. `alertLevel` may stand above the answer's: risk that rises counts. */
export interface Turn {
  /** Null where the hub did not keep the turn. */
  readonly number: number | null;
  readonly turnId: string;
  readonly alertLevel: AlertLevel;
  readonly raisedByTrend: boolean;
  readonly riskDirection: string;
  readonly eqDirection: string;
  readonly role: string;
  readonly answer: Answer;
}
