# ruff: noqa: E501  (one list, few lines)
"""The pre-filter lets through whatever a rule would find, and no text makes the rules slow."""

from __future__ import annotations

import re
import time
from re import _parser as parser  # type: ignore[attr-defined]

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.corpus import gate_patterns
from datasets_app.corpus.content_gates import content_gates
from datasets_app.corpus.screening import assess, assessment, combine, context, despair
from datasets_app.corpus.screening.lexicon import RULES
from datasets_app.corpus.screening.prefilter import Prefilter, widened
from datasets_app.corpus.screening.reading import plain, read
from tests.corpus_screening.saying import said

PATTERNS = [
    *(rule.pattern for rule in RULES),
    *(cue.pattern for cue in despair.CUES),
    *(
        value
        for module in (gate_patterns, context, combine)
        for value in vars(module).values()
        if isinstance(value, re.Pattern)
    ),
]
WORDS = (
    "I", "i'm", "don't", "want", "to", "die", "dieI", "kill", "myself", "my", "the", "pills", "gun", "took", "tonight", "not",
    "never", "wake", "up", "voices", "tell", "me", "cut", "wrists", "can't", "breathe", "heart", "racing", "lol", "suicide",
    "suicidal", "life", "worth", "without", "better", "off", "of", "a", "is", "be", "dead", "living", "no", "reason", "hit",
    "you", "she", "drink", "vodka", "relapsed", "panic", "attack", "goodbye", "everyone", "plan", "have", "in", "hand", ".",
    ",", "?", "\n", "é", "“", "’", "😀", "\ud800", "\xa0", "  ",
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
def test_what_a_rule_finds_the_prefilter_lets_through(text: str) -> None:
    raw = plain(text)
    reading = read(raw)
    prefilter = assessment._PREFILTER
    let_through = set(prefilter.matching(reading.text)) if prefilter.possible(raw) else set()
    matching = {number for number, rule in enumerate(RULES) if rule.pattern.search(reading.text)}
    assert matching <= let_through


@settings(max_examples=200)
@given(st.lists(st.sampled_from(WORDS), max_size=40).map("".join) | st.text())
def test_any_text_is_assessed_and_its_spans_lie_in_it(text: str) -> None:
    for found in (assess(said(text)), assess(said("x", text, text))):
        assert 0.0 <= found.score <= 1.0
        assert (found.severity is None) == (found.crisis_type == "none")
        for signal in (*found.signals, *found.discounted):
            assert 0 <= signal.start < signal.end <= len(text)


def test_look_arounds_are_taken_out_whole() -> None:
    assert widened(r"a(?!b(c|[)])\))d(?<!e)f(?=g)(?:h)") == "adf(?:h)"
    with pytest.raises(ValueError, match="not closed"):
        widened("a(?!b")


def test_a_prefilter_names_only_what_can_match() -> None:
    prefilter = Prefilter([r"\bsoup\b", r"\bwant\s{1,4}soup(?! no)", "tea"])
    text = "I want SOUP"
    assert prefilter.possible(text)
    assert prefilter.matching(text) == [0, 1]
    assert prefilter.matching("soup I want") == [0]
    assert not prefilter.possible("nothing")
    assert prefilter.matching("nothing") == []


def test_harmless_text_wakes_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise AssertionError("the slow rules ran")

    monkeypatch.setattr(assessment, "_assessment", fail)
    day = "I would like to talk about my day. My boss was unfair, but my sister called and we had soup. "
    assert not assess(said(day * 14, "I want to sleep better and go for a walk in the morning.")).crisis


def test_no_repetition_is_open() -> None:
    """So a search costs a bounded number of steps for each character of the text."""
    assert max(parser.parse(pattern.pattern, pattern.flags).getwidth()[1] for pattern in PATTERNS) < 1_000


@pytest.mark.parametrize(
    "piece",
    [
        "a", " ", "\n", "i want ", "really ", "kill myself ", "i took all the pills and ", "voices tell ", "you are suicidal ",
        "i.want.to.die.", "aA", "dieI ", "used to , now i ", "(", "how many ", "100 mg ", "my ", '"i want to die" ', "if i ",
        "drinking with vodka took pills ", "i know where he parks ", "vodka tried to stop ", "i gave my dog and goodbye calm ", "help me alone tired dead ", "“", "é", "not ", "fuck ", "take 5 mg ",
    ],
)  # fmt: skip
def test_hostile_repetition_costs_little(piece: str) -> None:
    """Fifty times what it takes on an idle machine; a quadratic rule would need minutes."""
    messages = [*said((piece * 200_000)[:200_000]), {"role": "assistant", "content": (piece * 20_000)[:200_000]}]
    before = time.process_time()
    found = assess(messages)
    content_gates(messages, found)
    assert time.process_time() - before < 3.0
    assert len(found.signals) <= 300
