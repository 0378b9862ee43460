/** Crisis scores from a Pixel Hub. Decision support: an answer contacts nobody, and “unknown” is never “no crisis”. */
export { PixelCrisisDetector, type DetectorOptions, type ScoreOptions } from "./detector.js";
export { Conversation, type ConversationOptions } from "./conversation.js";
export { LiveConversation, type LiveOptions, type LiveState } from "./live.js";
export type { OpenSocket, Socket } from "./line.js";
export { RequestRefused, Unavailable } from "./errors.js";
export { localAnswer } from "./fallback.js";
export { SCHEMA, NotAnAnswer, answerFrom } from "./answers.js";
export type {
  Action,
  AlertLevel,
  Answer,
  BatchItem,
  BiasFinding,
  Contact,
  CrisisType,
  Eq,
  Message,
  Messages,
  Problem,
  Risk,
  Safety,
  SafetyReason,
  Signal,
  Turn,
  Verdict,
} from "./types.js";
