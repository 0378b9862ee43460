"""`extract_personas`: transcripts of several makes to voice and CPTSD sets; speakers, voices, flags, nothing lost."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.corpus.__main__ import main
from datasets_app.corpus.extraction.transcripts import passages
from datasets_app.corpus.extraction.voices import FEATURES
from datasets_app.corpus.formats import convert

from .making import lines_of, manifest_of, read, write, written

TALK = (
    "So today we look at complex trauma. You know, a child who is neglected learns to feel shame! "
    "Have you ever felt that you don't matter? Right, that is toxic shame, and it isn't your fault. "
) * 12
PLAIN = "We talk about bread today. You need flour, water and salt. Let it rest, and then bake it for an hour. " * 10
INTERVIEW = """Host: Welcome back. What is an emotional flashback?
Tim: It is a feeling without a picture.
You are small again.
Host: My name is Sarah Miller, and I was abused as a child. Does it end?
Tim: It does. Trauma recovery takes time.
"""
CAPTIONS = """WEBVTT

1
00:00:01.000 --> 00:00:04.000
the nervous system remembers

2
00:00:04.000 --> 00:00:06.500
abandonment and shame
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("transcripts")
    speaker = root / "Tim Fletcher"
    speaker.mkdir()
    (speaker / "Toxic_Shame Part 1.txt").write_text(TALK)
    (speaker / "interview.txt").write_text(INTERVIEW)
    (speaker / "captions.txt").write_text(CAPTIONS)
    (speaker / "bread.txt").write_text(PLAIN)
    segments = [
        {"speaker": "client", "text": "I dissociate, and the inner critic never stops.", "start": 0.0},
        {"speaker": "therapist", "text": "What does it say?", "start": 2.0},
        {"speaker": "client", "text": "That I am worthless, like when I was neglected."},
    ]
    chat = [
        {"role": "user", "content": "I can't sleep."},
        {"role": "assistant", "content": "Tell me about the nights."},
    ]
    write(
        root / "rows.jsonl",
        [
            {"id": "s1", "title": "A session", "persona": "Dr Grey", "segments": segments},
            {"id": "d1", "messages": chat, "is_edge_case": True, "metadata": {"persona_id": "night_voice"}},
            {"id": "n1", "transcript": "Nobody says who speaks here."},
            {"id": "e1", "persona": "x", "transcript": [{"start": 1}]},
            b"{broken\n",
        ],
    )
    return root


def made(output: Path, folder: Path, *arguments: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    assert main(["personas", "--input-dir", str(folder), "--output", str(output), *arguments]) == 0
    return read(output), manifest_of(output)


def of_file(records: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [record for record in records if record["metadata"]["provenance"]["file"].endswith(name)]


def test_voice_set(folder: Path, tmp_path: Path) -> None:
    records, manifest = made(tmp_path / "v.jsonl", folder)
    assert (manifest["read"], manifest["kept"], manifest["adds_up"]) == (9, 6, True)
    assert manifest["broken"] == {"bad_content": 1, "invalid_json": 1, "no_persona": 1}
    assert manifest["family"] == "voice_persona" and manifest["stage"] == 4
    talk = of_file(records, "Part 1.txt")
    assert len(talk) > 1
    assert " ".join(record["messages"][1]["content"] for record in talk) == " ".join(TALK.split()), "no word is lost"
    assert [record["metadata"]["prompt"] for record in talk] == ["template"] * len(talk)
    assert talk[0]["messages"][0]["content"] == "Could you tell me about this: Toxic Shame Part 1"
    assert len({tuple(record["metadata"]["group_keys"]) for record in talk}) == 1, "one transcript, one split"
    assert {record["metadata"]["persona_id"] for record in talk} == {"tim_fletcher"}

    (interview,) = of_file(records, "interview.txt")
    assert [turn["role"] for turn in interview["messages"]] == ["user", "assistant", "user", "assistant"]
    assert interview["messages"][1]["content"] == "It is a feeling without a picture.\nYou are small again."
    assert interview["metadata"]["speaker_by"] == "name"
    assert "Sarah Miller" in interview["messages"][2]["content"], "flagged, never replaced here"
    assert interview["metadata"]["pii"] == "pending" and interview["metadata"]["pii_kinds"] == {"personal_name": 1}
    assert talk[0]["metadata"]["pii"] == "clean"

    (captions,) = of_file(records, "captions.txt")
    assert captions["messages"][1]["content"] == "the nervous system remembers abandonment and shame"
    session, night = of_file(records, "rows.jsonl")
    assert [turn["role"] for turn in session["messages"]] == ["user", "assistant", "user"]
    assert (session["metadata"]["persona_id"], session["metadata"]["speaker_by"]) == ("dr_grey", "role")
    assert night["metadata"]["persona_id"] == "night_voice" and night["metadata"]["is_training_edge_case"]

    voices = manifest["details"]["voices"]
    assert sorted(voices) == ["dr_grey", "night_voice", "tim_fletcher"]
    signatures = {name: voice["voice_signature"] for name, voice in voices.items()}
    assert len(set(signatures.values())) == 3 and signatures["tim_fletcher"].startswith("tim_fletcher:")
    for record in records:
        metadata = record["metadata"]
        assert metadata["voice_signature"] == signatures[metadata["persona_id"]]
        assert convert(record).messages == record["messages"]
    assert voices["dr_grey"]["features"]["questions"] == 1.0
    assert set(voices["tim_fletcher"]["features"]) == set(FEATURES)


def test_cptsd_set_takes_whole_transcripts_and_every_edge_case(folder: Path, tmp_path: Path) -> None:
    records, manifest = made(tmp_path / "c.jsonl", folder, "--set", "cptsd")
    assert manifest["passed"] == {"off_topic": 1} and manifest["family"] == "cptsd"
    assert not of_file(records, "bread.txt")
    assert of_file(records, "rows.jsonl")[1]["metadata"]["is_training_edge_case"], "never filtered"
    assert "shame" in of_file(records, "Part 1.txt")[0]["metadata"]["themes"]
    everything = made(tmp_path / "v.jsonl", folder)[0]
    ties = {record["id"]: record["metadata"]["group_keys"] for record in everything}
    assert all(ties[record["id"]] == record["metadata"]["group_keys"] for record in records), "tied across both sets"


def test_speakers_and_persona_can_be_named(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "h.jsonl"
    call_command(
        "extract_personas", "--source-key", str(folder / "Tim Fletcher" / "interview.txt"), "--output", str(output),
        "--persona", "The Host", "--persona-speaker", "host",
    )  # fmt: skip
    (record,) = read(output)
    assert [turn["role"] for turn in record["messages"]] == ["assistant", "user", "assistant", "user"]
    assert (record["metadata"]["persona_id"], record["metadata"]["speaker_by"]) == ("the_host", "given")
    assert main(["personas", "--input-dir", str(folder), "--output", str(output), "--passage-words", "3"]) == 2


def test_a_voice_depends_on_its_words_and_on_nothing_else(folder: Path, tmp_path: Path, monkeypatch: Any) -> None:
    first = made(tmp_path / "a" / "v.jsonl", folder)[1]["details"]
    monkeypatch.setattr("datasets_app.corpus.cli.long_conversations.MIB", 700)
    assert made(tmp_path / "b" / "v.jsonl", folder, "--unit-mb", "1")[1]["details"] == first
    assert written(tmp_path / "a" / "v.jsonl") == written(tmp_path / "b" / "v.jsonl")
    other = write(tmp_path / "in" / "Tim Fletcher" / "x.jsonl", [])
    other.write_bytes(lines_of([{"transcript": TALK + " And then some more, okay."}]))
    changed = made(tmp_path / "c.jsonl", tmp_path / "in")[1]["details"]["voices"]["tim_fletcher"]
    assert changed["voice_signature"] != first["voices"]["tim_fletcher"]["voice_signature"]
    assert json.dumps(first)


@given(st.lists(st.sampled_from(["so", "yes.", "no!", "why?", "because", "um"]), max_size=400), st.integers(20, 60))
def test_passages_lose_no_word_and_are_not_endless(words: list[str], size: int) -> None:
    found = passages(" ".join(words), size)
    assert " ".join(found).split() == words
    assert all(len(passage.split()) <= 2 * size + size // 4 for passage in found)
