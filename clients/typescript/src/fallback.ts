/**
 * The answer where the hub gives none: keywords, marked as degraded. It never says “no crisis”: what is found is a
 * crisis of the kind it speaks of, nothing found is “unknown”, for a person to read. The same words as in the Python
 * client (a test keeps them alike).
 */
import type { Action, Answer, CrisisType, Message, Turn } from "./types.js";

const READ_IT: Action = {
  action: "human_read",
  detail: "The hub could not be asked: have a person read this conversation.",
  contacts: [],
};
const TAKE_OVER: Action = {
  action: "human_takeover",
  detail: "Have a trained person take over this conversation now.",
  contacts: [],
};
const LINE: Action = {
  action: "offer_crisis_line",
  detail: "Offer a crisis line and stay in the conversation until the person has been connected.",
  contacts: [
    { kind: "directory", name: "Find A Helpline", contact: "https://findahelpline.com" },
    { kind: "crisis_line", name: "988 Suicide & Crisis Lifeline (US)", contact: "988" },
    { kind: "emergency", name: "Emergency services (EU)", contact: "112" },
  ],
};

/** Kind, gravest first, with what speaks of it. */
export const KEYWORDS: readonly (readonly [CrisisType, string])[] = [
  [
    "immediate_harm",
    [
      String.raw`kill(?:ing)? (?:myself|him|her|them)`,
      String.raw`(?:end|ending|take|taking) (?:my (?:own )?life|it all)`,
      String.raw`suicid\w*`,
      String.raw`goodbye (?:note|letters?)`,
      String.raw`(?:hang|shoot|drown) myself`,
      String.raw`jump(?:ing)? off`,
      String.raw`want to die`,
      String.raw`wanna die`,
      String.raw`have (?:a|the) gun`,
      String.raw`tonight i(?:'|’)?(?:m going to| will|ll) (?:do it|end)`,
    ].join("|"),
  ],
  [
    "substance",
    [
      String.raw`overdos\w*`,
      String.raw`took (?:all|too many) (?:\w+ ){0,2}(?:pills|tablets)`,
      String.raw`swallowed (?:the|all)`,
      String.raw`od(?:'|’)?d`,
    ].join("|"),
  ],
  [
    "self_harm",
    [
      String.raw`(?:cut|cutting|burn|burning|hurt|hurting|harm|harming) my(?:self| arms?| wrists?| legs?)`,
      String.raw`self[- ]?harm\w*`,
      String.raw`won(?:'|’)?t stop bleeding`,
    ].join("|"),
  ],
  [
    "psychotic",
    [
      String.raw`voices? (?:tell|telling|say|says|command)\w*`,
      String.raw`they are watching me`,
      String.raw`being followed everywhere`,
    ].join("|"),
  ],
  [
    "passive_ideation",
    [
      String.raw`(?:better off|happier) without me`,
      String.raw`wish i (?:was|were) dead`,
      String.raw`no reason to live`,
      String.raw`nothing to live for`,
      String.raw`(?:don(?:'|’)?t|do not) want to (?:be here|live|wake up)`,
      String.raw`not wake up`,
      String.raw`never wake up`,
      String.raw`a burden to`,
    ].join("|"),
  ],
  [
    "panic",
    [
      String.raw`can(?:'|’)?t breathe`,
      String.raw`panic attack`,
      String.raw`heart (?:is )?(?:pounding|racing)`,
      String.raw`going to pass out`,
    ].join("|"),
  ],
];
const PATTERNS = KEYWORDS.map(([kind, words]) => [kind, new RegExp(`\\b(?:${words})\\b`, "i")] as const);

/** What can be said without the hub. */
export function localAnswer(messages: readonly Message[], reason: string): Answer {
  const said = messages.filter((message) => message.role === "user").map((message) => message.content);
  const found = PATTERNS.find(([, words]) => said.some((content) => words.test(content)))?.[0] ?? null;
  return {
    verdict: found === null ? "unknown" : "crisis",
    crisis: found === null ? null : true,
    needsPerson: true,
    score: null,
    crisisType: found,
    severity: null,
    band: "unknown",
    alertLevel: found === null ? "concern" : "urgent",
    degraded: true,
    reason,
    actions: found === null ? [READ_IT] : [READ_IT, TAKE_OVER, LINE],
    signals: [],
    probabilities: null,
    risk: null,
    eq: null,
    safety: null,
    biasFindings: [],
    id: "",
    evidenceId: "",
    modelVersion: "local-keywords",
    messagesUsed: messages.length,
    latencyMs: 0,
    source: "local",
  };
}

/** The same as the analysis of a turn, the last of `messages`. */
export function localTurn(turnId: string, role: string, messages: readonly Message[], reason: string): Turn {
  const answer = localAnswer(messages, reason);
  return {
    number: null,
    turnId,
    alertLevel: answer.alertLevel,
    raisedByTrend: false,
    riskDirection: "unknown",
    eqDirection: "unknown",
    role,
    answer,
  };
}
