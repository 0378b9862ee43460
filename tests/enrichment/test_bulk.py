"""A whole release is scored in parts: the same by any number of workers, resumed after a stop, never mixed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from datasets_app.corpus.__main__ import main
from datasets_app.corpus.engine.executors import make_executor
from datasets_app.corpus.engine.executors.inline import InlineExecutor
from datasets_app.corpus.enrichment import bulk
from datasets_app.corpus.enrichment.bulk import DOCUMENT, LOCK, SCORES, EnrichmentStopped, OutBusy, enrich, scores_in
from datasets_app.corpus.manifest import MANIFEST
from tests.releases.making import line, plain, said, write

REPLY = "That sounds hard, thank you for telling me about {word}. What would help you most right now?"
#: A run in another process that stops in the middle, its lock held, until it is killed.
KILLED = """
import sys, time
from pathlib import Path
from datasets_app.corpus.engine.executors.inline import InlineExecutor
from datasets_app.corpus.enrichment import bulk
bulk.PART_LINES = 10
def progress(done, total):
    if done > 40:
        print("held", flush=True)
        time.sleep(600)
bulk.enrich(Path(sys.argv[1]), Path(sys.argv[2]), executor=InlineExecutor(), progress=progress)
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines = [*plain(60), *(line(said(n), reply=REPLY.format(word=said(n).split()[0])) for n in range(100, 160))]
    return write(tmp_path_factory.mktemp("release") / "1.0.0", lines)


def test_parts_join_to_the_same_bytes_by_any_number_of_workers(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PART_LINES", 20)
    seen: list[tuple[int, int]] = []
    alone = enrich(release, tmp_path / "one", executor=InlineExecutor(), progress=lambda *at: seen.append(at))
    pool = make_executor("pool", workers=2)
    try:
        together = enrich(release, tmp_path / "two", executor=pool)
    finally:
        pool.close()
    for name in (SCORES, DOCUMENT):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert alone.document == together.document and alone.lines == 120 and alone.resumed == 0
    assert seen[0] == (0, 120) and seen[-1] == (120, 120) and len(seen) > 6
    assert alone.rate_per_core and alone.rate_per_core > 0
    found = list(scores_in(tmp_path / "one" / SCORES))
    assert len({scores["content_hash"] for scores in found}) == 120
    report = alone.document["report"]
    assert report["figures"]["empathy"]["n"] == report["replies_judged"] == 60
    assert report["figures"]["effectiveness"]["verdict"] == "passed"
    assert sum(report["emotions"].values()) == 120 and report["by"]["emotion"] == {"rules": 120}
    assert {path.name for path in (tmp_path / "one").iterdir()} == {SCORES, DOCUMENT, LOCK}


def test_a_stopped_run_goes_on_where_it_was(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PART_LINES", 20)
    asked = iter([False, True])
    with pytest.raises(EnrichmentStopped):
        enrich(release, tmp_path / "out", executor=InlineExecutor(), cancelled=lambda: next(asked))
    assert not (tmp_path / "out" / SCORES).exists()
    whole = enrich(release, tmp_path / "whole", executor=InlineExecutor())
    # Other heads are another key: what the stopped run left is not theirs.
    assert enrich(release, tmp_path / "out", executor=InlineExecutor(), heads_sha256="f" * 64).resumed == 0
    done = enrich(release, tmp_path / "out", executor=InlineExecutor())
    assert 0 < done.resumed < 120 and done.document == whole.document


def test_the_command_scores_a_folder_and_refuses_what_is_no_release(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["enrich", str(release), "--out", str(tmp_path / "out"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["records"] == 120 and result["conversations_per_second_and_core"] > 0
    assert main(["enrich", str(release), "--out", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr().out
    before = {name: (tmp_path / "out" / name).read_bytes() for name in (SCORES, DOCUMENT)}
    lines = tmp_path / "lines.jsonl"
    assert main(["enrich", str(release), "--out", str(tmp_path / "out"), "--lines", str(lines)]) == 0
    capsys.readouterr()
    given = [json.loads(line)["metadata"]["scores"] for line in lines.read_text().splitlines()]
    assert len(given) == 120 and sum(set(scores) == {"empathy", "safety"} for scores in given) == 60
    assert before == {name: (tmp_path / "out" / name).read_bytes() for name in (SCORES, DOCUMENT)}
    assert main(["quality", str(release), "--json"]) in (0, 1)
    plainly = json.loads(capsys.readouterr().out)
    assert main(["quality", str(release), "--scores", str(tmp_path / "out"), "--json"]) in (0, 1)
    report = json.loads(capsys.readouterr().out)
    for was, now in zip(plainly["metrics"], report["metrics"], strict=True):
        assert now["method"].startswith("enrichment") == (now["name"] in ("coherence", "bias", "empathy"))
        assert (was["name"], was["target"]) == (now["name"], now["target"])
        assert was["value"] == pytest.approx(now["value"], abs=1e-3)
    assert report["enrichment"]["report"]["records"] == 120
    other = write(tmp_path / "other", plain(5))
    assert main(["quality", str(other), "--scores", str(tmp_path / "out")]) == 1
    assert "another release" in capsys.readouterr().err
    assert "120 conversations scored" in shown and "Empathy" in shown
    assert main(["enrich", str(tmp_path / "nothing"), "--out", str(tmp_path / "no")]) == 1
    assert main(["enrich", str(release), "--out", str(tmp_path / "no"), "--workers", "0"]) == 2


def test_scores_that_are_there_are_not_made_again_and_altered_ones_are(release: Path, tmp_path: Path) -> None:
    first = enrich(release, tmp_path / "out", executor=InlineExecutor())
    again = enrich(release, tmp_path / "out", executor=InlineExecutor())
    assert again.resumed == again.lines == 120 and again.document == first.document and again.rate_per_core is None
    scores = tmp_path / "out" / SCORES
    kept = scores.read_bytes()
    scores.write_bytes(kept[:-5])
    assert enrich(release, tmp_path / "out", executor=InlineExecutor()).resumed == 0 and scores.read_bytes() == kept


def test_a_run_that_was_killed_leaves_whole_parts_and_no_lock(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PART_LINES", 10)
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(release), str(tmp_path / "out")], stdout=subprocess.PIPE
    )
    assert child.stdout is not None and child.stdout.readline() == b"held\n"
    with pytest.raises(OutBusy, match="another run"):
        enrich(release, tmp_path / "out", executor=InlineExecutor())
    child.kill()
    child.wait(90)
    done = enrich(release, tmp_path / "out", executor=InlineExecutor())
    assert 0 < done.resumed < 120
    assert done.document == enrich(release, tmp_path / "whole", executor=InlineExecutor()).document


def test_a_shard_that_lost_or_gained_lines_is_refused(release: Path, tmp_path: Path) -> None:
    for name, change in (("lost", -1), ("gained", 1)):
        altered = shutil.copytree(release, tmp_path / name)
        manifest = json.loads((altered / MANIFEST).read_bytes())
        shard = altered / next(entry["path"] for entry in manifest["files"] if entry["split"] == "train")
        lines = shard.read_bytes().splitlines(keepends=True)
        shard.write_bytes(b"".join(lines[:-1] if change < 0 else [*lines, lines[0]]))
        with pytest.raises(ValueError, match="lines"):
            enrich(altered, tmp_path / f"{name}-out", executor=InlineExecutor())
