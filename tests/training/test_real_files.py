"""The commands that docs/evaluation.md gives for the public files work on those files."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.paths import PROJECT_ROOT, shared
from tests.trained import Trained
from training_app.learn.__main__ import _parser
from training_app.learn.bundle import bundle_open
from training_app.learn.file_commands import label_map
from training_app.learn.file_evaluation import evaluate_file

pytestmark = pytest.mark.training
ROWS = 24


def documented() -> dict[str, str]:
    """The options by file, as the table of the document gives them."""
    text = (PROJECT_ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    table = text.split("### The public files")[1].split("## Scoring")[0]
    return dict(re.findall(r"^\| (\w+) \| `([^`]+)` \|", table, flags=re.MULTILINE))


@pytest.mark.parametrize("name", sorted(documented()))
def test_documented_options_fit_the_file(trained: Trained, tmp_path: Path, name: str) -> None:
    lines = shared(f"real/{name}.jsonl").read_bytes().splitlines(keepends=True)
    words = shlex.split(documented()[name].replace("F ", "--label-field label ", 1))
    given = _parser().parse_args(["evaluate-file", "--bundle", "b", "--data", "d", "--out", "o", *words])
    mapping = label_map(given.label_field, given.crisis_values, given.none_values)
    # A crisis is rare in some of the files: four of them are among the rows where there are any.
    crises = [line for line in lines if mapping.label(json.loads(line)).crisis]
    chosen = list(dict.fromkeys([*lines[:: len(lines) // ROWS][:ROWS], *crises[:4]]))
    data = tmp_path / f"{name}.jsonl"
    data.write_bytes(b"".join(chosen))
    found = evaluate_file(
        bundle_open(trained.bundle_dir),
        data,
        mapping=mapping,
        label_kind=given.label_kind,
    )
    apart = sum(row["n"] for row in found["apart"])
    assert found["n"] + apart + found["file"]["copies"] == len(chosen), found["file"]
    assert "false_positive_rate" in found["metrics"]
    assert bool(found["positives"]) == bool(given.crisis_values) == ("sensitivity" in found["metrics"])
    assert bool(apart) == (name in ("imhi_t_sid", "imhi_dr"))
