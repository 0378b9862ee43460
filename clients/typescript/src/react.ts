/** Hooks for React: `useConversation` follows a live one; the others ask when the messages change, and show the newest answer. */
import { useCallback, useEffect, useRef, useState } from "react";

import type { PixelCrisisDetector } from "./detector.js";
import { Unavailable } from "./errors.js";
import type { LiveConversation, LiveOptions, LiveState } from "./live.js";
import type { AlertLevel, Answer, BiasFinding, Eq, Message, Safety, Turn } from "./types.js";

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

/** Turns that a view holds; earlier ones have gone from it, not from the hub. */
const SHOWN_TURNS = 200;

export interface ConversationHookOptions extends LiveOptions {
  /** Whether to connect at all; true unless given. */
  readonly enabled?: boolean;
}

export interface ConversationView {
  /** What the hub has said of the last turns, own ones and others', in order. */
  readonly turns: readonly Turn[];
  readonly state: LiveState;
  readonly alertLevel: AlertLevel | "unknown";
  /** Turns that the hub has not acknowledged yet. */
  readonly waiting: number;
  readonly error: Error | null;
  /** Whether a person should look: an alert, a last turn that is a crisis or not known, or an error. */
  readonly needsPerson: boolean;
  /** See LiveConversation.add. */
  readonly say: (content: string, role?: "user" | "assistant") => Promise<Turn>;
  /** See LiveConversation.end. */
  readonly end: (options?: { readonly forget?: boolean }) => Promise<void>;
}

interface Heard {
  readonly turns: readonly Turn[];
  readonly local: Turn | null;
  readonly state: LiveState;
  readonly alertLevel: AlertLevel | "unknown";
  readonly waiting: number;
  readonly error: Error | null;
}

const NOTHING: Heard = {
  turns: [],
  local: null,
  state: "connecting",
  alertLevel: "unknown",
  waiting: 0,
  error: null,
};

/** A live conversation as long as the component is there. It is left open at the hub unless `end` was called. */
export function useConversation(
  detector: PixelCrisisDetector,
  options: ConversationHookOptions = {},
): ConversationView {
  const { enabled = true, ...asked } = options;
  const { conversationId, locale, retention, sessionId, after } = asked;
  const [heard, setHeard] = useState<Heard>(NOTHING);
  const current = useRef<LiveConversation | null>(null);

  useEffect(() => {
    if (!enabled) return undefined;
    const talk = detector.live(asked);
    current.current = talk;
    const change = (of: (before: Heard) => Partial<Heard>): void =>
      setHeard((before) => {
        const { state, alertLevel, waiting, error } = talk;
        return { ...before, state, alertLevel, waiting, error, ...of(before) };
      });
    const leave = [
      talk.onTurn((turn) =>
        change(({ turns, local }) => ({
          turns: [...turns, turn].slice(-SHOWN_TURNS),
          local: local?.turnId === turn.turnId ? null : local,
        })),
      ),
      talk.onChange(() => change(() => ({}))),
    ];
    return () => {
      for (const stop of leave) stop();
      talk.close();
      current.current = null;
      setHeard(NOTHING);
    };
    // `webSocket` is how, not what: another function of the same kind is no reason to connect again.
  }, [detector, enabled, conversationId, locale, retention, sessionId, after]);

  const say = useCallback(async (content: string, role: "user" | "assistant" = "user"): Promise<Turn> => {
    const talk = current.current;
    if (talk === null) throw new Unavailable("client_not_connected");
    const turn = await talk.add(content, role);
    // Until the hub has judged it, the local answer stands.
    const stands = turn.number === null && talk === current.current;
    const isHeard = (before: Heard): boolean => before.turns.some((each) => each.turnId === turn.turnId);
    if (stands) setHeard((before) => (isHeard(before) ? before : { ...before, local: turn }));
    return turn;
  }, []);
  const end = useCallback(async (how: { readonly forget?: boolean } = {}): Promise<void> => {
    await current.current?.end(how);
  }, []);

  const { turns, local, state, alertLevel, waiting, error } = heard;
  const last = local ?? turns[turns.length - 1];
  const isAlarmed = alertLevel !== "none" && alertLevel !== "unknown";
  // An ended conversation is no error to a person who has ended it.
  const isFault = error !== null && state !== "ended";
  const needsPerson = isFault || isAlarmed || (last?.answer.needsPerson ?? false);
  return { turns, state, alertLevel, waiting, error, needsPerson, say, end };
}
