"""The project's own model as a reader of labels: which one is opened, what it says, and what it can't be opened for."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from datasets_app.label_readers import LabelReader, LabelReaderBroken, label_reader_of
from inference.engine.conversation import MAX_MESSAGE_CHARS
from tests.augmentation.making import write
from tests.inference.deployed import deploy, flip, register
from tests.personas import World

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def reader_of(world: World) -> LabelReader:
    found = label_reader_of(world.project)
    assert found is not None
    return found


def says(reader: LabelReader, *texts: str) -> list[str]:
    return [reader.crisis_type([{"role": "user", "content": text}]) for text in texts]


def test_what_is_in_production_reads_and_before_that_the_newest_registered(world: World) -> None:
    assert label_reader_of(world.project) is None
    register(world, "0.9.0", bias=1.0)
    assert reader_of(world).name == "model version 0.9.0 (registered, not in production)"
    deploy(world, "1.0.0")
    register(world, "1.1.0", bias=9.0)  # newer, and nobody has put it into production
    reader = reader_of(world)
    assert reader.name == "model version 1.0.0 (in production)"
    assert says(reader, "doom doom", "worry", "calm") == ["immediate_harm", "panic", "none"]
    answered = [
        {"role": "user", "content": "worry", "name": "left out"},
        {"role": "assistant", "content": "calm calm"},
        {"role": "user", "content": "doom doom doom doom"},
    ]
    assert reader.crisis_type(answered) == "immediate_harm"
    # What the model can't take it says nothing about; a person has to.
    assert says(reader, "doom " * MAX_MESSAGE_CHARS) == [""]
    assert reader.crisis_type([]) == ""


def test_a_model_that_is_not_what_was_registered_is_not_opened(world: World) -> None:
    flip(register(world, "1.0.0"), "model.onnx")
    with pytest.raises(LabelReaderBroken, match=r"version 1\.0\.0: .*model\.onnx"):
        label_reader_of(world.project)


def test_a_command_lets_the_model_read_every_child(world: World, tmp_path: Path) -> None:
    """Of parents that the model reads as labelled, and of some that it doesn't."""
    said = "I keep thinking about work and money, and I can't sleep when the week is over; number"
    rows = [
        {
            "id": f"c{number}",
            "conversation": [{"role": "user", "content": f"{said} {number}, {word} {word}"}],
            "crisis_type": "none",
        }
        for number, word in enumerate(["calm", "doom"] * 10)
    ]
    originals = str(write(tmp_path / "originals.jsonl", rows))
    arguments = ("augment_dataset", originals, "--output")
    asked = {"paraphrases": 6, "edge_cases": 0, "reader": world.project.slug, "json": True}
    with pytest.raises(CommandError, match="has no model"):
        call_command(*arguments, str(tmp_path / "a.jsonl"), **asked)
    register(world)
    shown = io.StringIO()
    with redirect_stdout(shown):
        call_command(*arguments, str(tmp_path / "b.jsonl"), **asked)
    report = json.loads(shown.getvalue())
    readings = report["readings"]
    assert report["adds_up"] and readings["agrees"] > 0 and readings["parent_unread"] > 0
    assert "disagrees" not in readings, "no rewriting touches the words that this model counts"
    assert set(report["checked_by"]) == {"classifier", "person"}
