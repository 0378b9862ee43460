/** Hooks for React: each asks when the conversation changes, and shows the newest answer only. */
import { useEffect, useRef, useState } from "react";

import type { PixelCrisisDetector } from "./detector.js";
import type { Answer, BiasFinding, Eq, Message, Safety } from "./types.js";

export interface HookOptions {
  /** Milliseconds without a further message before the hub is asked; 300 unless given. */
  readonly quietMs?: number;
  /** Whether to ask at all; true unless given. */
  readonly enabled?: boolean;
}

export interface CrisisDetection {
  /** The answer for these very messages; null while there is none. */
  readonly answer: Answer | null;
  /** Whether an answer for these messages is still under way. It is no sign of calm. */
  readonly pending: boolean;
  /** The request itself is at fault (RequestRefused), or the hub is away and the fallback is off (Unavailable). */
  readonly error: Error | null;
  /** Whether a person should look: a crisis, not known, or an error. */
  readonly needsPerson: boolean;
}

export interface EqMetrics {
  readonly eq: Eq | null;
  readonly safety: Safety | null;
  readonly pending: boolean;
  readonly error: Error | null;
}

export interface BiasDetection {
  readonly findings: readonly BiasFinding[];
  /** Whether these messages were looked at: no finding means something only then. */
  readonly checked: boolean;
  readonly pending: boolean;
  readonly error: Error | null;
}

type State = { readonly of: string; readonly answer: Answer | null; readonly error: Error | null };

/** The verdict for a conversation, asked again whenever it changes. */
export function useCrisisDetection(
  detector: PixelCrisisDetector,
  messages: readonly Message[],
  options: HookOptions = {},
): CrisisDetection {
  const { quietMs = 300, enabled = true } = options;
  const name = JSON.stringify(messages);
  const [state, setState] = useState<State>({ of: "", answer: null, error: null });
  const newest = useRef("");
  const asked = enabled && messages.some((message) => message.role !== "system" && message.content.trim() !== "");

  useEffect(() => {
    newest.current = asked ? name : "";
    if (!asked) return undefined;
    const timer = setTimeout(() => {
      const finish = (answer: Answer | null, error: Error | null): void => {
        // An answer for what was said before must never stand beside what is said now.
        if (newest.current === name) setState({ of: name, answer, error });
      };
      detector.score(messages).then(
        (answer) => finish(answer, null),
        (error: unknown) => finish(null, error instanceof Error ? error : new Error("client_failed")),
      );
    }, quietMs);
    return () => {
      clearTimeout(timer);
      newest.current = "";
    };
    // `name` stands for `messages`.
  }, [detector, name, quietMs, asked]);

  const current = asked && state.of === name;
  const answer = current ? state.answer : null;
  const error = current ? state.error : null;
  return { answer, pending: asked && !current, error, needsPerson: error !== null || (answer?.needsPerson ?? false) };
}

/** EQ and safety of the assistant's replies. */
export function useEqMetrics(
  detector: PixelCrisisDetector,
  messages: readonly Message[],
  options: HookOptions = {},
): EqMetrics {
  const { answer, pending, error } = useCrisisDetection(detector, messages, options);
  return { eq: answer?.eq ?? null, safety: answer?.safety ?? null, pending, error };
}

/** Bias in the assistant's own voice. */
export function useBiasDetection(
  detector: PixelCrisisDetector,
  messages: readonly Message[],
  options: HookOptions = {},
): BiasDetection {
  const { answer, pending, error } = useCrisisDetection(detector, messages, options);
  // Where the hub could estimate nothing of the replies, it gives no safety either.
  const checked = answer !== null && answer.safety !== null;
  return { findings: answer?.biasFindings ?? [], checked, pending, error };
}
