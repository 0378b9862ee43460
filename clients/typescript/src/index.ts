/** Crisis scores from a Pixel Hub. Decision support: an answer contacts nobody, and “unknown” is never “no crisis”. */
export { PixelCrisisDetector, type DetectorOptions, type ScoreOptions } from "./detector.js";
export { Conversation, type ConversationOptions, type Turn } from "./conversation.js";
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
  Verdict,
} from "./types.js";
