"""Valid examples of an expert set, whatever is in them (hypothesis)."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st

from datasets_app.corpus.expertset.line import SCHEMA_VERSION, ExpertDecision, ExpertExample, ExpertRating
from datasets_app.corpus.expertset.outcome import outcome_of
from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.taxonomy import CRISIS_TYPES, EDGE_CASE_KINDS, SAFETY_LABELS, SOURCES

WORDS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=40)
METADATA = st.dictionaries(
    st.sampled_from(["family", "difficulty", "source_family", "given_type", "demographics", "note"]),
    WORDS | st.integers(-(10**9), 10**9) | st.booleans() | st.none() | st.lists(WORDS, max_size=2),
    max_size=4,
)


@st.composite
def labels(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(CRISIS_TYPES))
    return {"crisis_type": kind, "severity": None if kind == "none" else draw(st.integers(1, 5))}


@st.composite
def ratings(draw: st.DrawFn) -> list[ExpertRating]:
    return [
        ExpertRating(
            rater=f"e{number}",
            rubric=draw(st.dictionaries(st.sampled_from(["evidence", "authentic"]), st.integers(1, 5))),
            safety=draw(st.lists(st.sampled_from(sorted(SAFETY_LABELS)), unique=True, max_size=2)),
            comment=draw(st.just("") | WORDS),
            simulated=draw(st.booleans()),
            **draw(labels()),
        )
        for number in range(1, draw(st.integers(0, 4)) + 1)
    ]


@st.composite
def examples(draw: st.DrawFn) -> ExpertExample:
    turns = draw(st.lists(WORDS, min_size=1, max_size=3))
    messages = [{"role": "user" if n % 2 == 0 else "assistant", "content": turn} for n, turn in enumerate(turns)]
    decision = draw(st.none() | st.builds(lambda label, why: ExpertDecision(reason=why, **label), labels(), WORDS))
    return example_of(
        messages,
        draw(ratings()),
        decision=decision,
        source=draw(st.sampled_from(SOURCES)),
        is_edge_case=draw(st.booleans()),
        edge_case_kind=draw(st.sampled_from(["", *EDGE_CASE_KINDS])),
        metadata=draw(METADATA),
        name=draw(WORDS),
    )


def example_of(
    messages: list[dict[str, str]],
    said: list[ExpertRating],
    *,
    decision: ExpertDecision | None = None,
    name: str = "row",
    **fields: Any,
) -> ExpertExample:
    """An example whose label is what its ratings come to."""
    found = outcome_of(said, decision)
    line = {
        "schema": SCHEMA_VERSION,
        "id": name,
        "content_hash": content_hash(messages),
        "conversation": messages,
        "crisis_type": found.crisis_type,
        "severity": found.severity,
        "confidence": found.confidence,
        "source": "synthetic",
        "is_edge_case": False,
        "edge_case_kind": "",
        "annotators": [one.rater for one in said],
        "standing": found.standing.value,
        "ratings": msgspec.to_builtins(said),
        "decision": None if decision is None else msgspec.to_builtins(decision),
        "metadata": {},
    }
    return msgspec.convert(line | fields, ExpertExample)
