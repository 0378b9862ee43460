"""The seven content gates (D6): what a reader should know of a conversation before it is used.

Findings with level, confidence, recommended action and turn. They never hold words, and none of them removes or
changes anything: profanity is tagged, edge cases stay (shared/spec/domain.md, rule 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from datasets_app.corpus import gate_patterns as patterns
from datasets_app.corpus.screening import Assessment, assess
from datasets_app.corpus.screening.prefilter import Prefilter
from datasets_app.corpus.screening.reading import plain

#: What a finding recommends. There is no "delete".
ACTIONS: Final = ("none", "tag", "review", "clinical_review")
#: Characters of one turn above which it is over-long, and of an assistant's turn below which it says nothing.
LONG_TURN_CHARS: Final = 8_000
LONG_CONVERSATION_TURNS: Final = 200
EMPTY_REPLY_CHARS: Final = 3
#: A crisis of this severity and above must be answered; from the second one on at once.
CRISIS_SEVERITY: Final = 3
URGENT_SEVERITY: Final = 4
#: Replies within which the answer to a crisis must come.
REPLIES_TO_ANSWER: Final = 2
_MAX_CHARS: Final = 20_000
_BEFORE_CHARS: Final = 80

_USER_PATTERNS: Final = (patterns.PROFANITY, patterns.HATE_WORD, patterns.HATE_CALL, patterns.THERAPEUTIC)
_ASSISTANT_PATTERNS: Final = (
    *_USER_PATTERNS, patterns.MEDICAL_ORDER, patterns.DIAGNOSIS, patterns.DISCLOSURE, patterns.BOUNDARY,
    patterns.HARMFUL_REPLY, patterns.DISMISSIVE,
)  # fmt: skip
_PREFILTER: Final = Prefilter([pattern.pattern for pattern in _ASSISTANT_PATTERNS])


@dataclass(frozen=True)
class GateFinding:
    """What a gate says. `turn` is the message's index, None for the whole conversation; `reason` a code, no words."""

    gate: str
    level: str
    confidence: float
    action: str
    turn: int | None
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return asdict(self)


def content_gates(messages: Sequence[Mapping[str, str]], assessment: Assessment | None = None) -> list[GateFinding]:
    """Return the findings of all seven gates on {"role", "content"} messages, in the order of turns.

    `assessment`: what `assess(messages)` said, where the caller has it already. Turns are read up to 20,000 characters.
    """
    turns = [(message["role"], plain(message["content"][:_MAX_CHARS])) for message in messages]
    found: list[GateFinding] = []
    matching = _matching("\n\n".join(text for role, text in turns if role != "system"))
    for turn, (role, text) in enumerate(turns):
        if role == "system":
            continue
        found.extend(_language(turn, role, text, matching))
        if role == "assistant":
            found.extend(_advice(turn, text, matching))
            found.extend(_disclosure(turn, text, matching))
    found.extend(_length(messages))
    found.extend(_escalation(turns, assessment or assess(messages)))
    found.extend(_context(turns, matching))
    return sorted(found, key=lambda item: (-1 if item.turn is None else item.turn, item.gate, item.reason))


def _matching(text: str) -> frozenset[Any]:
    """Return the patterns that may match at all."""
    return frozenset(_ASSISTANT_PATTERNS[number] for number in _PREFILTER.matching(text))


def _language(turn: int, role: str, text: str, matching: frozenset[Any]) -> Iterator[GateFinding]:
    said_by_helper = role == "assistant"
    if patterns.PROFANITY in matching and patterns.PROFANITY.search(text):
        level, action = ("warning", "review") if said_by_helper else ("info", "tag")
        yield GateFinding("profanity", level, 0.95, action, turn, f"by_{role}")
    if patterns.HATE_CALL in matching and patterns.HATE_CALL.search(text):
        yield GateFinding("hate_speech", "error", 0.8, "review", turn, "against_a_group")
    elif patterns.HATE_WORD in matching and (word := patterns.HATE_WORD.search(text)):
        before = text[max(0, word.start() - _BEFORE_CHARS) : word.start()]
        if patterns.HATE_REPORTED.search(before):
            yield GateFinding("hate_speech", "info", 0.6, "tag", turn, "reported")
        else:
            level = "error" if said_by_helper else "warning"
            yield GateFinding("hate_speech", level, 0.6, "review", turn, "slur")


def _advice(turn: int, text: str, matching: frozenset[Any]) -> Iterator[GateFinding]:
    for pattern, reason in ((patterns.MEDICAL_ORDER, "treatment"), (patterns.DIAGNOSIS, "diagnosis")):
        if pattern in matching and pattern.search(text):
            hedged = bool(patterns.MEDICAL_HEDGE.search(text))
            level, confidence = ("warning", 0.5) if hedged else ("error", 0.8)
            yield GateFinding("medical_advice", level, confidence, "clinical_review", turn, reason)


def _disclosure(turn: int, text: str, matching: frozenset[Any]) -> Iterator[GateFinding]:
    if patterns.BOUNDARY in matching and patterns.BOUNDARY.search(text):
        yield GateFinding("personal_disclosure", "error", 0.7, "clinical_review", turn, "boundary")
    if patterns.DISCLOSURE in matching and patterns.DISCLOSURE.search(text):
        yield GateFinding("personal_disclosure", "warning", 0.6, "review", turn, "own_life")


def _length(messages: Sequence[Mapping[str, str]]) -> Iterator[GateFinding]:
    if len(messages) > LONG_CONVERSATION_TURNS:
        yield GateFinding("content_length", "info", 1.0, "tag", None, "many_turns")
    for turn, message in enumerate(messages):
        if len(message["content"]) > LONG_TURN_CHARS:
            yield GateFinding("content_length", "warning", 1.0, "review", turn, "long_turn")
        elif message["role"] == "assistant" and len(message["content"].strip()) < EMPTY_REPLY_CHARS:
            yield GateFinding("content_length", "warning", 1.0, "review", turn, "empty_reply")


def _escalation(turns: Sequence[tuple[str, str]], assessment: Assessment) -> Iterator[GateFinding]:
    """Find the crises that the assistant leaves unanswered, and replies that make them worse."""
    severity_at: dict[int, int] = {}
    for signal in assessment.signals:
        if signal.severity >= CRISIS_SEVERITY and signal.status == "present":
            severity_at[signal.message] = max(severity_at.get(signal.message, 0), signal.severity)
    if not severity_at:
        return
    for turn, (role, text) in enumerate(turns):
        if role == "assistant" and turn > min(severity_at) and patterns.HARMFUL_REPLY.search(text):
            yield GateFinding("crisis_escalation", "critical", 0.8, "clinical_review", turn, "harmful_reply")
    answered_until = -1
    for turn in sorted(severity_at):
        if turn <= answered_until:
            continue
        replies = [place for place in range(turn + 1, len(turns)) if turns[place][0] == "assistant"]
        urgent = severity_at[turn] >= URGENT_SEVERITY
        if not replies:
            yield GateFinding("crisis_escalation", "warning", 0.7, "clinical_review", turn, "no_reply")
            return
        near = replies[: 1 if urgent else REPLIES_TO_ANSWER]
        if any(patterns.SAFETY.search(turns[place][1]) for place in near):
            answered_until = near[-1]
        else:
            level, confidence = ("critical", 0.8) if urgent else ("error", 0.6)
            yield GateFinding("crisis_escalation", level, confidence, "clinical_review", turn, "unanswered")
            answered_until = near[-1]


def _context(turns: Sequence[tuple[str, str]], matching: frozenset[Any]) -> Iterator[GateFinding]:
    if patterns.DISMISSIVE in matching:
        for turn, (role, text) in enumerate(turns):
            if role == "assistant" and patterns.DISMISSIVE.search(text):
                yield GateFinding("therapeutic_context", "warning", 0.6, "review", turn, "dismissive")
    if patterns.THERAPEUTIC not in matching:
        yield GateFinding("therapeutic_context", "info", 0.6, "tag", None, "not_about_feelings")
