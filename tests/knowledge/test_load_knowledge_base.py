"""`load_knowledge_base`: concepts of several makes to one checked, versioned base; contradictions named; look-ups."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.corpus.__main__ import main
from datasets_app.corpus.knowledge import KnowledgeBase, KnowledgeInvalid, load
from datasets_app.corpus.knowledge.base import key_of

ROWS = [
    {"name": "Emotional flashback", "definition": "A sudden return of feelings from childhood, without a picture.",
     "source": "Walker", "aliases": ["EF"], "category": "trauma"},
    {"concept": "emotional  Flashback", "description": "A sudden return of feelings from childhood without a picture",
     "source": "Walker", "synonyms": "amygdala hijacking; EF"},
    {"name": "Emotional flashback", "definition": "A regression to an early state of fear.", "source": "Handbook"},
    {"name": "Emotional flashback", "definition": "Something else altogether.", "source": "Walker"},
    {"name": "Grounding", "definition": "Turning the attention to the senses and the present moment.",
     "source": "Handbook", "aliases": ["EF"]},
    {"name": "No meaning", "source": "Handbook"},
    {"name": "Nobody's", "definition": "It has no source."},
    {"definition": "It has no name.", "source": "x"},
    ["no", "object"],
]  # fmt: skip
MARKDOWN = """# Psychology
Source: A textbook

## Cognitive distortion
*Aliases:* thinking error | thinking trap

A habit of thought that bends what is seen.
It can be named and questioned.

### Splitting
Seeing people as all good or all bad.

## Empty heading
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("concepts")
    (root / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS) + "{broken\n")
    (root / "b.csv").write_text('Term,Definition,Source\nAttachment,"A lasting bond, formed early",Bowlby\nx,y,z,w\n')
    (root / "c.md").write_text(MARKDOWN)
    (root / "d.json").write_text(json.dumps({"concepts": {"Fawn response": {"definition": "Pleasing to stay safe.",
                                                                            "source": "Walker"}}}))  # fmt: skip
    return root


def loaded(folder: Path, output: Path, *arguments: str, code: int = 1) -> dict[str, Any]:
    assert main(["knowledge", str(folder), "--output", str(output), *arguments]) == code
    found: dict[str, Any] = json.loads(output.with_suffix(".manifest").read_bytes())
    return found


def test_entries_are_checked_with_line_and_reason(folder: Path, tmp_path: Path, capsys: Any) -> None:
    manifest = loaded(folder, tmp_path / "kb.jsonl")
    told = capsys.readouterr().out
    assert "15 read = 7 taken + 1 duplicates + 7 refused; 6 concepts" in told
    assert "sources differ on: Emotional flashback" in told
    assert "one name, several concepts: ef (Emotional flashback, Grounding)" in told
    assert manifest["adds_up"] and manifest["version"][:16] in told
    assert manifest["reasons"] == {
        "conflicting_definition": 1, "invalid_json": 1, "no_definition": 1, "no_name": 1, "no_source": 1,
        "not_an_object": 1, "too_many_cells": 1,
    }  # fmt: skip
    refused = [json.loads(line) for line in (tmp_path / "kb.refused.jsonl").read_bytes().splitlines()]
    places = {row["reason"]: (row["file"], row["line"]) for row in refused}
    assert places["conflicting_definition"] == ("a.jsonl", 4) and places["too_many_cells"] == ("b.csv", 3)
    assert "a.jsonl:1 defines it otherwise" in next(row["detail"] for row in refused if row["line"] == 4)
    assert [entry["taken"] for entry in manifest["inputs"]] == [3, 1, 2, 1]


def test_versions_are_those_of_the_concepts(folder: Path, tmp_path: Path) -> None:
    first = loaded(folder, tmp_path / "a.jsonl")
    call_command("load_knowledge_base", str(folder / "c.md"), "--output", str(tmp_path / "md.jsonl"))
    files = [folder / name for name in ("d.json", "c.md", "b.csv", "a.jsonl")]
    turned = load(files, tmp_path / "b.jsonl").manifest
    assert turned.version == first["version"], "the order of files that do not contradict each other changes nothing"
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    assert loaded(folder, tmp_path / "c.jsonl", "--source", "ours")["version"] != first["version"]
    (tmp_path / "a.jsonl").write_bytes((tmp_path / "md.jsonl").read_bytes())
    with pytest.raises(KnowledgeInvalid, match="not the version"):
        KnowledgeBase.open(tmp_path / "a.jsonl")
    with pytest.raises(KnowledgeInvalid):
        KnowledgeBase.open(tmp_path / "none.jsonl")
    assert main(["knowledge", str(tmp_path / "none"), "--output", str(tmp_path / "x.jsonl")]) == 2
    assert main(["knowledge", str(folder), "--output", str(tmp_path / "dry.jsonl"), "--dry-run"]) == 1
    assert not (tmp_path / "dry.jsonl").exists()


def test_look_ups(folder: Path, tmp_path: Path, capsys: Any) -> None:
    loaded(folder, tmp_path / "kb.jsonl")
    base = KnowledgeBase.open(tmp_path / "kb.jsonl")
    (found,) = base.lookup("emotional FLASHBACK")
    assert (found.by, found.score, [one.source for one in found.concept.definitions]) == (
        "name",
        1.0,
        ["Handbook", "Walker"],
    )
    assert [match.concept.name for match in base.lookup("amygdala-hijacking")] == ["Emotional flashback"]
    assert [match.concept.name for match in base.lookup("EF")] == ["Emotional flashback", "Grounding"]
    assert base.lookup("cognitve distorsion")[0].concept.name == "Cognitive distortion", "almost so written"
    near = base.lookup("how do I come back to the present moment with my senses")
    assert near[0].by == "near" and near[0].concept.name == "Grounding"
    assert base.lookup("zzz qqq") == []
    said = base.mentioned("In an emotional flashback I use splitting, then thinking traps, then a thinking trap.")
    assert [match.concept.name for match in said] == ["Emotional flashback", "Splitting", "Cognitive distortion"]
    splitting = base.named("splitting")[0].concept
    assert splitting.definitions[0].source == "A textbook" and not splitting.aliases, "aliases are not inherited"
    capsys.readouterr()
    assert main(["knowledge", str(tmp_path / "kb.jsonl"), "--lookup", "grounding", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["version"], answer["found"][0]["by"]) == (base.version, "name")
    assert main(["knowledge", str(tmp_path / "kb.jsonl"), "--lookup", "zzz qqq"]) == 1


@given(st.text(max_size=40))
def test_a_key_is_its_own_key(name: str) -> None:
    assert key_of(key_of(name)) == key_of(name)
