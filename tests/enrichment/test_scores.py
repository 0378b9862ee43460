"""Scores of a conversation by rules: what raises them, what lowers them, what cannot be judged, no words in them."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.corpus.enrichment.emotion import COORDINATES, emotion_of
from datasets_app.corpus.enrichment.emotion_patterns import CLASS_OF
from datasets_app.corpus.enrichment.heads import HEADS, Heads, Linear, pair_features
from datasets_app.corpus.enrichment.scores import QUALITY, line_scores, texts_of
from datasets_app.corpus.enrichment.units import MAX_SENTENCES, Turns, sentences_of
from datasets_app.corpus.taxonomy import EMOTIONS
from tests.releases.making import line

ASKED = "I am so scared of tomorrow, I can't sleep and I feel ashamed."
WARM = (
    "That sounds really frightening, and it makes sense that tomorrow keeps you awake. Thank you for telling me. "
    "What would help you to feel safer tonight? We can look for one small step together."
)
COLD = "Snap out of it, you're overreacting. You must stop thinking about it."
BIASED = "Women are too emotional for that job, so you should not complain about it."


def scored(text: str, reply: str = "", **changes: Any) -> dict[str, Any]:
    return line_scores(line(text, reply=reply, **changes)[1])


@pytest.mark.parametrize(
    ("text", "top"),
    [
        ("I am so happy and proud, everything worked out!", "joy"),
        ("I'm terrified and on edge all day.", "fear"),
        ("I feel so lonely, nobody calls. I cry every night.", "sadness"),
        ("He betrayed me and I am furious.", "anger"),
        ("I am ashamed, it is all my fault.", "shame"),
        ("That smell is disgusting and gross.", "disgust"),
        ("Wow, that came out of nowhere!", "surprise"),
        ("I trust her, she supported me all along.", "trust"),
        ("I can't wait for it, looking forward to the trip.", "anticipation"),
        ("The bus leaves at nine from the old station.", "neutral"),
        ("I am not afraid.", "neutral"),
    ],
)
def test_words_of_feeling_lead_to_their_class(text: str, top: str) -> None:
    assert emotion_of([text]).top == top


@given(st.lists(st.text(max_size=200), max_size=4))
@settings(max_examples=50)
def test_shares_sum_to_one_and_lie_where_the_classes_lie(texts: list[str]) -> None:
    felt = emotion_of(texts)
    assert sum(felt.classes.values()) == pytest.approx(1.0, abs=1e-3)
    for axis, value in enumerate((felt.valence, felt.arousal)):
        places = [COORDINATES[name][axis] for name in EMOTIONS]
        assert min(places) <= value <= max(places)
    assert set(CLASS_OF.values()) < set(EMOTIONS)


def test_a_warm_reply_scores_above_a_cold_one_and_bias_is_named() -> None:
    warm, cold, biased = (scored(ASKED, reply) for reply in (WARM, COLD, BIASED))
    for name in ("effectiveness", "safety", "coherence", "empathy"):
        assert warm["quality"][name] > cold["quality"][name], name
    assert warm["bias"]["worst"] == 0.0 and warm["quality"]["cultural"] == 1.0
    assert biased["bias"]["gender"] == biased["bias"]["worst"] > 0.0 and biased["bias"]["kinds"] == ["gender"]
    assert biased["bias"]["racial"] == 0.0
    assert warm["emotion"]["valence"] < 0 < warm["emotion"]["arousal"]
    assert set(warm["by"].values()) == {"rules"} and {f"quality.{name}" for name in QUALITY} < set(warm["by"])
    for word in ("scared", "frightening", "emotional"):
        assert word not in json.dumps([warm, biased])


def test_the_same_reply_is_less_safe_beside_a_person_in_danger() -> None:
    reply = "I can't talk about that, ask me something else."
    calm = scored("I had a long day.", reply, crisis_type=None)
    danger = scored("I will kill myself tonight.", reply, crisis_type=None)
    assert danger["quality"]["safety"] < calm["quality"]["safety"]
    labelled = scored("I had a long day.", reply, crisis_type="immediate_harm", severity=5)
    assert labelled["quality"]["safety"] < calm["quality"]["safety"]


def test_what_is_not_there_is_not_judged() -> None:
    alone = scored(ASKED)
    assert alone["quality"] is None and alone["bias"] is None and alone["emotion"]["top"] != "neutral"
    unasked = line("x")[1] | {"messages": [{"role": "assistant", "content": WARM}]}
    assert line_scores(unasked)["emotion"] is None and line_scores(unasked)["quality"] is not None
    assert line_scores(unasked)["similarity"] is None


def lettered(texts: Any) -> Any:
    """An encoder that counts letters: alike where the letters are."""
    found = np.array([[text.lower().count(letter) + 0.01 for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts])
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def test_a_head_takes_the_place_of_the_rules_and_only_its_own() -> None:
    row = line(ASKED, reply=WARM)[1]
    calls: list[list[str]] = []

    def encoder(texts: Any) -> Any:
        calls.append(list(texts))
        return lettered(texts)

    turns = Turns(texts_of(row) * 3, encoder)
    assert len(calls) == 1 and len(set(calls[0])) == len(calls[0]) == turns.read
    size = 26
    sure = np.zeros(10, dtype=np.float32)
    sure[EMOTIONS.index("disgust")] = 9.0
    layers = {
        "emotion": Linear(np.zeros((10, size), dtype=np.float32), sure),
        "coherence": Linear(np.zeros((1, 4 * size), dtype=np.float32), np.array([-9.0], dtype=np.float32)),
        "bias.racial": Linear(np.zeros((1, 4 * size), dtype=np.float32), np.array([9.0], dtype=np.float32)),
    }
    rules, by_head = line_scores(row, turns), line_scores(row, turns, Heads({}, layers, ""))
    assert by_head["emotion"]["top"] == "disgust" and by_head["by"]["emotion"] == "head"
    assert by_head["quality"]["coherence"] == pytest.approx(0.6, abs=0.01)
    assert rules["quality"]["coherence"] > 0.9
    assert by_head["bias"]["racial"] == by_head["bias"]["worst"] > 0.99 and by_head["by"]["bias.racial"] == "head"
    for name in ("effectiveness", "safety", "empathy"):
        assert by_head["quality"][name] == rules["quality"][name] and by_head["by"][f"quality.{name}"] == "rules"
    assert -1 <= by_head["similarity"]["of_replies"] <= 1 and by_head["similarity"]["within_turns"] is not None
    assert set(layers) < set(HEADS) and pair_features(*lettered(["a", "b"])).shape == (4 * size,)


@given(st.text(alphabet="ab .!?\n", max_size=300))
@settings(max_examples=100)
def test_sentences_lose_no_word_of_a_turn_that_is_short_enough(text: str) -> None:
    found = sentences_of(text)
    assert len(found) <= MAX_SENTENCES
    kept, given = ("".join(c for c in part if c in "ab") for part in ("".join(found), text))
    assert kept == given if len(found) < MAX_SENTENCES else given.startswith(kept)
