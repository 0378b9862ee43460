"""The command from a fresh hub to the default model: data, weak labels, release; what is there is passed over."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from datasets_app.models import ImportBatch, LabelSnapshot, Record, Release
from training_app.default_model.data import held_back_texts, write_held_back
from training_app.default_model.sources import HELD_BACK, TRAINING_FILES, TrainingFile, is_held_back, taken, words_of

pytestmark = [pytest.mark.training, pytest.mark.django_db]
WALK = "We walked along the river with the dogs and talked about the summer, the neighbours and the price of bread. "


def told(*arguments: object) -> str:
    out = StringIO()
    call_command("default_model", *map(str, arguments), stdout=out)
    return out.getvalue()


def write(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def real(tmp_path: Path) -> Path:
    posts = [
        {
            "id": f"s{n}",
            "label": "suicide",
            "text": f"Hello. {WALK} I want to die and I told {n} people of it. {WALK}",
        }
        for n in range(12)
    ]
    posts += [
        {"id": f"t{n}", "label": "non-suicide", "text": f"My {n}. cat sleeps on the {n}. chair"} for n in range(11)
    ]
    held_back = "A held-back post about a long drive through the mountains with a broken radio and three loud children."
    posts.append({"id": "copy", "label": "non-suicide", "text": held_back + " Yes."})
    write(tmp_path, "suicide_watch", posts)
    write(tmp_path, "cssrs500", [{"id": "h", "label": "Supportive", "posts": ["Another post.", held_back]}])
    return tmp_path


def test_data_of_the_default_model_and_a_second_call(real: Path) -> None:
    said = told("--real", real, "--generated", 60, "--data-only")
    assert "suicide_watch: 1 near-copies of held-back rows left out" in said
    assert "goemotions.jsonl is not in the folder" in said
    assert not Record.objects.filter(external_id="copy").exists()
    release = Release.objects.get()
    assert release.state == Release.State.PUBLISHED
    sources = release.counts["label_sources"]
    assert sources["generator"] == 60
    sentences = Record.objects.filter(source="augmented")
    assert sources["weak"] == 23 + sentences.count()
    assert sentences.count() >= 12
    for sentence in sentences:
        parent = Record.objects.get(external_id=sentence.external_id.removesuffix("-excerpt"))
        assert set(sentence.group_keys) & set(parent.group_keys)
    made_by = dict(LabelSnapshot.objects.values_list("name", "made_by"))
    assert made_by == {
        "Generated conversations": "generator",
        "Real posts, weak labels": "rules",
        "Sentences of real posts, weak labels": "rules",
    }
    before = (ImportBatch.objects.count(), Record.objects.count())
    told("--real", real, "--generated", 60, "--data-only")
    assert (ImportBatch.objects.count(), Record.objects.count()) == before
    assert LabelSnapshot.objects.count() == 3
    assert Release.objects.count() == 1


def test_without_real_posts_it_says_what_that_means(tmp_path: Path) -> None:
    assert "generated text alone" in told("--generated", 40, "--data-only")
    with pytest.raises(CommandError, match="no folder"):
        told("--real", tmp_path / "nowhere")


def test_the_longest_rows_and_others_spread_over_the_rest() -> None:
    rows = [{"id": n, "text": "x" * (1000 if n in (3, 7) else n)} for n in range(20)]
    source = TrainingFile("a", "addiction", "MIT", at_most=6, longest=2)
    chosen = [row["id"] for row in taken(rows, source)]
    assert len(chosen) == 8
    assert {3, 7} <= set(chosen)
    assert chosen == sorted(chosen)
    assert taken(rows, TrainingFile("a", "addiction", "MIT")) == rows


def test_a_halved_file_is_learned_from_and_reported_on_in_halves_that_share_no_words(tmp_path: Path) -> None:
    source = next(source for source in TRAINING_FILES if source.name == "counselchat")
    reported = next(held_back for held_back in HELD_BACK if held_back.name == "counselchat")
    # Every question is there twice, with another therapist's answer each time.
    rows = [
        {
            "id": f"c{n}",
            "topic": "Grief",
            "conversation": [
                {"from": "client", "value": f"Question {n // 2}: how do I go on?"},
                {"from": "therapist", "value": f"Answer {n}."},
            ],
        }
        for n in range(80)
    ]
    write(tmp_path, "counselchat", rows)
    learned = taken(rows, source)
    held = [json.loads(line) for line in write_held_back(tmp_path / "held.jsonl", reported, tmp_path).open()]
    assert {row["id"] for row in learned} | {row["id"] for row in held} == {row["id"] for row in rows}
    assert not {row["text"] for row in learned} & {row["text"] for row in held}
    assert 10 <= len(held) <= 70
    assert not any("Answer" in row["text"] for row in [*learned, *held])
    assert held_back_texts(tmp_path) == [words_of(row) for row in rows if is_held_back(row)]
