"""Evaluation of a version on any labelled file, and the scoring of any file."""

import csv
import gzip
import json
import tracemalloc
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from datasets_app.corpus.pii import redact, scan
from pixelhub.audit.models import AuditEvent
from tests.personas import World
from tests.trained import Trained, learn, register_trained
from tests.training.releases import simple_conversations
from training_app.learn.bundle import bundle_open
from training_app.learn.digests import digest_of, release_digests
from training_app.learn.errors import FileRefused
from training_app.learn.file_evaluation import content_hash, evaluate_file
from training_app.learn.labelled import LabelMap
from training_app.learn.rows import file_rows
from training_app.learn.scoring import score_file
from training_app.models import FileEvaluation, ModelVersion, TestSetUse

pytestmark = pytest.mark.training
SECRET = "quiet-heron words"


@pytest.fixture
def version(world: World, trained: Trained) -> ModelVersion:
    return register_trained(world.project, world.user("ml_engineer"), trained)


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


def posts(count: int = 40) -> list[dict[str, Any]]:
    """Posts in the manner of the real files: a text and a label of their own."""
    rows = []
    for number, made in enumerate(simple_conversations(count, seed=9)):
        label = "suicide" if made.crisis_type != "none" else "non-suicide"
        rows.append({"id": f"p{number}", "text": made.messages[-1]["content"], "label": label})
    return rows


def told(*arguments: object) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_file_is_evaluated_recorded_and_no_use_of_the_test_split(
    version: ModelVersion, world: World, tmp_path: Path
) -> None:
    data = write(tmp_path / "posts.jsonl", [*posts(), {"id": "odd", "text": SECRET, "label": "depression"}, "{broken"])
    given = ("--data", data, "--label-field", "label", "--crisis-values", "suicide", "--none-values", "non-*")
    with pytest.raises(CommandError, match="--label-kind"):
        told("evaluate_model", "latest", *given)
    engineer = world.user("ml_engineer").username
    result = json.loads(told("evaluate_model", "1.0.0", *given, "--label-kind", "weak", "--user", engineer, "--json"))
    row = FileEvaluation.objects.get()
    assert (row.name, row.label_kind, row.by) == ("posts.jsonl", "weak", world.user("ml_engineer"))
    assert row.metrics == {key: value for key, value in result.items() if key not in ("version", "name", "sha256")}
    assert (result["n"], result["positives"] + result["negatives"]) == (40, 40)
    assert [(apart["label"], apart["n"]) for apart in result["apart"]] == [("depression", 1)]
    assert result["file"]["unreadable"] == 1
    assert {"sensitivity", "false_positive_rate", "auc"} <= set(result["metrics"])
    assert SECRET not in json.dumps(result)
    assert TestSetUse.objects.count() == 1, "the registration's own"
    event = AuditEvent.objects.get(action="model_version.evaluate_file")
    assert (event.actor_label, SECRET in event.payload_json) == (engineer, False)
    # The same figures are one row; the table says them in words.
    shown = told("evaluate_model", *given, "--label-kind", "weak")
    assert FileEvaluation.objects.count() == 1
    assert "weak labels" in shown and "flagged, labelled depression" in shown
    card = told("model_card")
    assert "Results on other files" in card and "weak labels" in card
    page = world.client("pm").get(version.get_absolute_url()).content.decode()
    assert "posts.jsonl" in page and "flagged among “depression”" in page


def test_what_the_release_holds_is_left_out_also_with_its_identifiers_replaced(
    trained: Trained, tmp_path: Path
) -> None:
    bundle = bundle_open(trained.bundle_dir)
    known = release_digests(trained.release_dir)
    assert len(known) == sum(trained.record["rows"].values()) + trained.evaluation["n"], "every split"
    shard = next((trained.release_dir / "shards" / "test").iterdir())
    learned = [json.loads(line) for line in shard.read_text(encoding="utf-8").splitlines()[:5]]
    personal = [{"role": "user", "content": "I am so tired, write to mary.miller@example.com if I am gone"}]
    known |= {digest_of(content_hash(redact(personal, scan(personal))))}
    rows = [
        *({"messages": row["messages"], "crisis_type": row["crisis_type"]} for row in learned),
        {"messages": personal, "crisis": True},
        {"text": "I will jump from the bridge tonight", "crisis": 1},
        {"text": "I will jump from the  bridge tonight", "crisis": 1},
        {"text": "what a lovely day for a walk", "crisis": "no"},
        {"text": "nobody labelled this"},
    ]
    found = evaluate_file(
        bundle, write(tmp_path / "rows.jsonl", rows), mapping=LabelMap(), label_kind="human", known=known
    )
    assert (found["n"], found["positives"]) == (2, 1)
    assert found["file"] | {"sha256": ""} == {
        "sha256": "", "unreadable": 1, "reasons": {"no_label": 1}, "copies": 1, "overlap": 6,
    }  # fmt: skip
    unchecked = evaluate_file(bundle, tmp_path / "rows.jsonl", mapping=LabelMap(), label_kind="human")
    assert unchecked["file"]["overlap"] is None
    assert unchecked["n"] == 8


@pytest.mark.parametrize(
    ("field", "crisis", "none", "reason"),
    [
        ("label", ("nothing",), ("neither",), "no row of the file can be judged"),
        ("label", (), (), "needs the values"),
        ("", ("a",), (), "need a field"),
        ("text", ("*kill*",), ("*",), "what somebody said"),
        ("id", ("x",), ("*",), "it is no label"),
    ],
)
def test_labels_that_cannot_be_meant_are_refused(
    trained: Trained, tmp_path: Path, field: str, crisis: tuple[str, ...], none: tuple[str, ...], reason: str
) -> None:
    rows = [{"id": number, "text": f"hello {number}", "label": "x"} for number in range(501 if field == "id" else 3)]
    data = write(tmp_path / "rows.jsonl", rows)
    with pytest.raises(FileRefused, match=reason):
        evaluate_file(bundle_open(trained.bundle_dir), data, mapping=LabelMap(field, crisis, none), label_kind="human")


def test_a_file_without_a_crisis_says_what_it_cannot_say(version: ModelVersion, tmp_path: Path) -> None:
    rows = [{"text": f"I am happy {number} times", "label": "joy"} for number in range(20)]
    data = write(tmp_path / "joy.jsonl", rows)
    shown = told(
        *("evaluate_model", "--data", data, "--label-field", "label", "--none-values", "*", "--label-kind", "human")
    )
    assert "False-positive rate" in shown
    assert "not known, for the set holds no crisis: Sensitivity" in shown


def test_the_command_line_without_the_hub_gives_the_same(trained: Trained, tmp_path: Path) -> None:
    data = write(tmp_path / "posts.jsonl", posts(20))
    shared = ("--bundle", trained.bundle_dir, "--out")
    learn(
        *("evaluate-file", *shared, tmp_path / "e.json", "--data", data, "--release", trained.release_dir),
        *("--label-field", "label", "--crisis-values", "suicide", "--none-values", "*", "--label-kind", "weak"),
    )
    found = json.loads((tmp_path / "e.json").read_bytes())
    mapping = LabelMap("label", ("suicide",), ("*",))
    known = release_digests(trained.release_dir)
    bundle = bundle_open(trained.bundle_dir)
    assert found == evaluate_file(bundle, data, mapping=mapping, label_kind="weak", known=known)
    bad = write(tmp_path / "bad.jsonl", [{"text": "fine"}, '{"text": NaN}'])
    ended = learn("score", *shared, tmp_path / "s.jsonl", "--file", bad, check=False)
    assert (ended.returncode, "1 rows could not be read" in ended.stderr) == (1, True)
    assert len((tmp_path / "s.jsonl").read_text().splitlines()) == 2


def test_scoring_gives_every_row_its_line(version: ModelVersion, tmp_path: Path) -> None:
    user = {"role": "user", "content": "I will jump from the bridge tonight"}
    rows = [
        {"id": "a", "text": user["content"]},
        {"id": "b", "nothing": SECRET},
        "",
        {"id": 7, "messages": [user]},
        f'{{"text": "{SECRET}", "text": "twice"}}',
        {"id": "posts", "posts": ["I baked bread", user["content"], "a good day"]},
        {"conversation": [{"from": "human", "value": user["content"]}]},
        {"id": {"an": "object"}, "text": "\ud800"},
    ]
    data = write(tmp_path / "rows.jsonl", rows)
    out = StringIO()
    with pytest.raises(CommandError, match="3 rows could not be read"):
        call_command("score_records", str(data), "--out", str(tmp_path / "scores.jsonl"), "--json", stdout=out)
    assert json.loads(out.getvalue())["unreadable"] == 3
    written = (tmp_path / "scores.jsonl").read_text()
    lines = [json.loads(line) for line in written.splitlines()]
    assert [line["id"] for line in lines] == ["a", "b", "7", "5", "posts", "7", "8"]
    assert [set(line) == {"id", "line", "error"} for line in lines] == [False, True, False, True, False, False, True]
    assert not any("crisis" in line or "score" in line for line in lines if "error" in line)
    assert SECRET not in written + out.getvalue()
    scores = {line["score"] for line in lines if "score" in line}
    assert len(scores) == 1, "the same words in four forms, and the highest of somebody's posts"
    for line in lines:
        if "score" in line:
            assert set(line) == {"id", "score", "crisis", "crisis_type", "severity"}
            assert line["crisis"] == (line["score"] >= version.threshold) == (line["crisis_type"] != "none")
            assert (line["severity"] is None) != line["crisis"]


def test_any_kind_of_file_is_scored_packed_or_not(trained: Trained, tmp_path: Path) -> None:
    bundle = bundle_open(trained.bundle_dir)
    packed = tmp_path / "rows.jsonl.gz"
    packed.write_bytes(gzip.compress(b'{"text": "I baked bread"}\n'))
    table = tmp_path / "rows.csv"
    with table.open("w", newline="") as handle:
        csv.writer(handle).writerows([["id", "text"], ["c1", "I baked bread"]])
    plain = write(tmp_path / "rows", [{"text": "I baked bread"}])
    found = []
    for path in (packed, table, plain):
        score_file(bundle, path, tmp_path / "out.jsonl")
        found += [json.loads(line)["score"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert len(found) == 3 and len(set(found)) == 1
    with pytest.raises(FileRefused, match="cannot be read"):
        score_file(bundle, tmp_path / "nowhere.jsonl", tmp_path / "out2.jsonl")
    assert not (tmp_path / "out2.jsonl").exists()
    assert not list(tmp_path.glob("*.partial"))


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    data = tmp_path / "rows.jsonl"
    with data.open("w") as handle:
        for number in range(20_000):
            handle.write(f'{{"id": {number}, "text": "hello {number} {"word " * 20}"}}\n')

    def peak_of(rows: int) -> int:
        tracemalloc.start()
        for count, row in enumerate(file_rows(data, last_messages=10), start=1):
            assert not row.problem
            if count == rows:
                break
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    # Threads that other tests left in this process are counted with it: the least of three is the nearest.
    peaks = [min(peak_of(rows) for _ in range(3)) for rows in (2_000, 20_000)]
    assert peaks[1] < 1.5 * peaks[0] + 200_000
