"""The scores of one conversation: emotion of the person, bias and quality of the replies; no words in them.

    emotion  valence and arousal -1..1, `top` and `classes` (ten shares): of what the person says
    bias     how far the replies treat a person as a group, 0 (no sign) .. 1: gender, racial, cultural, `worst` of all
             seven kinds, `kinds` that were found
    quality  of the replies, 0..1: effectiveness, safety, cultural, coherence; empathy for the stage validators
    similarity  cosines of sentence embeddings, where there is an encoder: within turns, of replies to what was said
    by       for each score that is not None: "rules", or "head"

None where there was nothing to judge: no word of the person, no reply. Every score is an estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any, Final

import numpy as np

from datasets_app.corpus.quality import appropriateness, coherence, empathy, exchanges
from datasets_app.corpus.replies.bias import BiasFinding
from datasets_app.corpus.replies.eq import eq_of
from datasets_app.corpus.replies.safety import reply_findings, safety_of
from datasets_app.corpus.screening import assess
from datasets_app.corpus.taxonomy import NONE_TYPE, alert_level, band_of

from .emotion import Emotion, emotion_from, emotion_of
from .heads import BIAS_HEADS, COHERENCE, EMOTION, QUALITY_HEADS, Heads
from .units import Floats, Turns, unit

#: Raise it with any change of what the rules here say of a text: scores of two versions are not mixed.
RULES_VERSION: Final = 1
QUALITY: Final = ("effectiveness", "safety", "cultural", "coherence", "empathy")
_COST: Final = {"low": 0.25, "medium": 0.5, "high": 0.75, "critical": 1.0}
# Bias of these kinds is what a culturally careful reply does not show.
_CULTURAL: Final = frozenset({"cultural", "racial", "language"})
_DIGITS: Final = 4

Messages = Sequence[Mapping[str, str]]


def line_scores(line: Mapping[str, Any], turns: Turns | None = None, heads: Heads | None = None) -> dict[str, Any]:
    """Return the scores of a release line. `turns` must hold what `texts_of` names; heads need turns."""
    messages = _spoken(line)
    by: dict[str, str] = {}
    found: dict[str, Any] = {
        "id": line["id"],
        "content_hash": line["metadata"]["content_hash"],
        "emotion": _emotion(messages, turns, heads, by),
        "bias": None,
        "quality": None,
        "similarity": None if turns is None else _similarity(messages, turns),
        "by": by,
    }
    if any(message["role"] == "assistant" for message in messages):
        findings = reply_findings(messages)
        pairs = _pairs(messages, turns)
        found["bias"] = _bias(findings.bias, pairs, heads, by)
        found["quality"] = {
            "effectiveness": _effectiveness(messages),
            "safety": safety_of(_alert_level(line, messages), findings).score,
            "cultural": 1.0 - _worst(findings.bias, _CULTURAL),
            "coherence": _coherence(messages, pairs, heads, by),
            "empathy": round(empathy(messages), _DIGITS),
        }
        by |= {f"quality.{name}": by.get(f"quality.{name}", "rules") for name in QUALITY}
        for name in QUALITY_HEADS:
            _by_head(found["quality"], "quality", name, pairs, heads, by)
    return found


def texts_of(line: Mapping[str, Any]) -> list[str]:
    """Return the turns of a line that an encoder has to read for its scores."""
    return [message["content"] for message in _spoken(line)]


def _spoken(line: Mapping[str, Any]) -> list[Mapping[str, str]]:
    return [message for message in line["messages"] if message["role"] != "system"]


def _emotion(messages: Messages, turns: Turns | None, heads: Heads | None, by: dict[str, str]) -> dict[str, Any] | None:
    texts = [message["content"] for message in messages if message["role"] == "user"]
    if not texts:
        return None
    felt: Emotion | None = None
    if turns is not None and heads is not None:
        vectors = [vector for vector in map(turns.vector, texts) if vector is not None]
        shares = heads.emotion(unit(_mean_of(vectors))) if vectors else None
        felt = None if shares is None else emotion_from(shares)
    by[EMOTION] = "rules" if felt is None else "head"
    felt = felt or emotion_of(texts)
    return {"valence": felt.valence, "arousal": felt.arousal, "top": felt.top, "classes": dict(felt.classes)}


def _mean_of(vectors: Sequence[Floats]) -> Floats:
    """Return the mean of vectors, float32 [E]."""
    return np.mean(np.stack(vectors), axis=0, dtype=np.float32)


def _pairs(messages: Messages, turns: Turns | None) -> list[tuple[Floats, Floats]]:
    """Return the vectors of what was said and of the reply, for each reply; empty without an encoder."""
    if turns is None:
        return []
    read = [(turns.vector(said), turns.vector(reply)) for said, reply in exchanges(messages)]
    return [(said, reply) for said, reply in read if said is not None and reply is not None]


def _bias(
    findings: Sequence[BiasFinding], pairs: list[tuple[Floats, Floats]], heads: Heads | None, by: dict[str, str]
) -> dict[str, Any]:
    scores: dict[str, Any] = {name: _worst(findings, {name}) for name in BIAS_HEADS}
    scores |= {"worst": _worst(findings), "kinds": sorted({finding.kind for finding in findings})}
    by |= {f"bias.{name}": "rules" for name in (*BIAS_HEADS, "worst")}
    for name in BIAS_HEADS:
        _by_head(scores, "bias", name, pairs, heads, by)
        # A head may raise the worst, never lower what a rule has found.
        scores["worst"] = max(scores["worst"], scores[name])
    return scores


def _worst(findings: Sequence[BiasFinding], kinds: frozenset[str] | set[str] | None = None) -> float:
    return max((_COST[finding.level] for finding in findings if kinds is None or finding.kind in kinds), default=0.0)


def _by_head(
    scores: dict[str, Any],
    group: str,
    name: str,
    pairs: list[tuple[Floats, Floats]],
    heads: Heads | None,
    by: dict[str, str],
) -> None:
    """Put a head's mean over the replies in the place of the rules' score, where there is such a head."""
    key = f"{group}.{name}"
    said = [] if heads is None else [heads.reply(key, *pair) for pair in pairs]
    known = [value for value in said if value is not None]
    if known:
        scores[name] = round(fmean(known), _DIGITS)
        by[key] = "head"


def _effectiveness(messages: Messages) -> float:
    """The mean of how therapeutic each reply looks and of its EQ, where that could be judged."""
    replies = [message["content"] for message in messages if message["role"] == "assistant"]
    looks = fmean(appropriateness(text) for text in replies)
    eq = eq_of(messages).aggregate
    return round(looks if eq is None else (looks + eq) / 2, _DIGITS)


def _coherence(
    messages: Messages, pairs: list[tuple[Floats, Floats]], heads: Heads | None, by: dict[str, str]
) -> float:
    said = [] if heads is None else [heads.reply(COHERENCE, *pair) for pair in pairs]
    related = [value for value in said if value is not None]
    by["quality.coherence"] = "head" if related else "rules"
    return round(coherence(messages, related or None), _DIGITS)


def _similarity(messages: Messages, turns: Turns) -> dict[str, float | None]:
    within = [value for message in messages for value in turns.within(message["content"])]
    between = [float(said @ reply) for said, reply in _pairs(messages, turns)]
    return {
        "within_turns": round(fmean(within), _DIGITS) if within else None,
        "of_replies": round(fmean(between), _DIGITS) if between else None,
    }


def _alert_level(line: Mapping[str, Any], messages: Messages) -> str:
    """How urgent the person's need is, by label where there is one, else by the screening."""
    kind, severity = line.get("crisis_type"), line.get("severity")
    if kind is not None:
        return alert_level("none", kind, None if kind == NONE_TYPE else severity).value
    found = assess(messages)
    return alert_level(band_of(found.score), found.crisis_type, found.severity, found.timeline).value
