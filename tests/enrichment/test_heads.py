"""Heads learn on vectors of the exported encoder, say what they had no labels for, and score a release with it."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from datasets_app.corpus.enrichment.bulk import DOCUMENT, SCORES, scores_in
from datasets_app.corpus.enrichment.heads import NUMBERS, REPLY_HEADS, HeadsRefused
from tests.releases.making import line, write
from training_app.learn.__main__ import main
from training_app.learn.enrichment_data import CLASS_OF, NEGATIVE, POSITIVE, comments, pairs
from training_app.learn.sentences import MODEL, opened

FELT = {
    "joy": "I am so happy about the {} today", "fear": "I am terrified of the {} tonight",
    "sadness": "I cry because the {} is gone", "anger": "I am furious about the {}",
    "neutral": "The {} stands beside the road", "gratitude": "Thank you for the {}",
    "remorse": "I am sorry that I broke the {}", "optimism": "I hope that the {} comes soon",
    "surprise": "Wow, I never expected the {}", "disgust": "The {} is gross and smells vile",
}  # fmt: skip
THINGS = ("garden", "letter", "river", "kitchen", "train", "mirror", "market", "bottle", "bridge", "piano", "winter",
          "coat", "candle", "engine", "school", "harbour", "ladder", "forest", "window", "carpet", "bicycle", "lamp",
          "orchard", "theatre", "violin", "blanket", "island", "tunnel", "castle", "meadow")  # fmt: skip


def rows(path: Path, found: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in found))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    felt = [(label, text.format(thing)) for label, text in FELT.items() for thing in THINGS]
    rows(folder / "goemotions.jsonl", [{"text": text, "label": label} for label, text in felt])
    stressed = [{"text": f"{text} {n}", "avg_severity": n % 10, "is_stressor": 1} for n, (_, text) in enumerate(felt)]
    rows(folder / "sad.jsonl", stressed[:40])
    talks = [
        (f"My {thing} troubles me, what can I do?", f"Let us look at the {thing} together, slowly.") for thing in THINGS
    ]
    talks += [
        (f"Her old{thing} is all I dream of, is that strange?", f"Dreams of an old{thing} are common.")
        for thing in THINGS
    ]
    found = [
        {"topic": f"t{n % 3}", "conversation": [{"value": said}, {"value": reply}]}
        for n, (said, reply) in enumerate(talks)
    ]
    rows(folder / "counselchat.jsonl", found)
    return folder


@pytest.fixture(scope="module")
def trained(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("heads")
    labels = out / "ratings.jsonl"
    rated = [
        {"said": "How are you?", "reply": text.format(thing), "group": thing + label,
         "ratings": {"quality.safety": float(label in POSITIVE)}}
        for label, text in FELT.items() for thing in (*THINGS, *(f"old {thing}" for thing in THINGS))
    ]  # fmt: skip
    rows(labels, rated)
    assert main(["enrichment-heads", "--real", str(real), "--labels", str(labels), "--out", str(out)]) == 0
    return out


def test_nothing_of_a_comment_or_a_question_is_in_two_splits(real: Path) -> None:
    assert {comment.split for comment in comments(real)} == {"train", "val", "test"}
    found = pairs(real)
    of_question: dict[str, set[str]] = {}
    for pair in found:
        of_question.setdefault(pair.said, set()).add(pair.split)
        of_question.setdefault(pair.reply, set()).add(pair.split)
        assert pair.belongs == (pair.said.split()[1] in pair.reply.split())
    assert all(len(splits) == 1 for splits in of_question.values())
    assert any(pair.hard for pair in found) and not POSITIVE & NEGATIVE and set(CLASS_OF) > POSITIVE | NEGATIVE


@pytest.mark.training
def test_heads_say_what_they_learned_from_and_score_a_release(trained: Path, tmp_path: Path) -> None:
    encoder, heads = opened(trained)
    told = heads.document["heads"]
    assert told["emotion"]["test"]["head"]["emotion"]["macro_f1"]["value"] > 0.5
    assert told["coherence"]["test"]["head"]["another topic"]["auc"]["high"] > 0.5
    assert told["quality.safety"]["trained"] and "quality.safety" in heads.layers
    for name in set(REPLY_HEADS) - {"quality.safety"}:
        assert not told[name]["trained"] and "no labelled replies" in told[name]["why"] and name not in heads.layers
    texts = ["I am terrified.", "The lamp stands there and nobody has looked at it for a long time."]
    together, alone = encoder(texts), np.concatenate([encoder([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-5) and np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    release = write(tmp_path / "release", [line(f"I am terrified of the {thing}.", reply="Thank you for telling me. "
                    f"What about the {thing} frightens you most?") for thing in THINGS])  # fmt: skip
    shown = StringIO()
    call_command("enrich_release", str(release), "--heads", str(trained), "--out", str(tmp_path / "out"), "--json",
                 stdout=shown)  # fmt: skip
    result = json.loads(shown.getvalue())
    assert result == json.loads((tmp_path / "out" / DOCUMENT).read_bytes()) | {
        key: result[key] for key in ("resumed", "seconds", "conversations_per_second_and_core")
    }
    assert result["heads_sha256"] == heads.sha256
    assert result["report"]["by"]["emotion"] == {"head": 30} and result["report"]["by"]["bias.gender"] == {"rules": 30}
    found = list(scores_in(tmp_path / "out" / SCORES))
    assert sum(scores["emotion"]["top"] == "fear" for scores in found) > 20
    assert all(scores["similarity"]["of_replies"] > 0.2 for scores in found)
    with pytest.raises(CommandError, match="folder"):
        call_command("enrich_release", str(tmp_path / "nothing"), "--out", str(tmp_path / "no"))
    with pytest.raises(CommandError, match="cannot use these heads"):
        call_command("enrich_release", str(release), "--heads", str(tmp_path), "--out", str(tmp_path / "no"))


@pytest.mark.training
def test_altered_heads_are_refused(trained: Path) -> None:
    for name in (NUMBERS, MODEL):
        kept = (trained / name).read_bytes()
        (trained / name).write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
        with pytest.raises(HeadsRefused, match=name):
            opened(trained)
        (trained / name).write_bytes(kept)
