"""What the engines send to their makers: nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import PROJECT_ROOT

PROGRAM = """
import importlib, sys
for package in sys.argv[1:]:
    importlib.import_module(package)
import onnxruntime
from onnx import TensorProto, helper
one, two = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [one], [two])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
"""


def left_in_home(home: Path, *packages: str) -> list[str]:
    """Return what a session leaves in the home folder, where onnxruntime keeps an identifier and what it will send."""
    home.mkdir()
    # It is silent by itself where it sees a test or a build at work, so only these go along.
    environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    subprocess.run(
        [sys.executable, "-c", PROGRAM, *packages],
        cwd=PROJECT_ROOT,
        env=environment | {"HOME": str(home), "HTTPS_PROXY": "http://127.0.0.1:9", "OMP_NUM_THREADS": "1"},
        check=True,
        timeout=300,
    )
    return [str(path.relative_to(home)) for path in home.rglob("*") if "onnxruntime" in path.name]


@pytest.mark.parametrize("package", ["training_app.learn", "inference.engine"])
def test_onnxruntime_prepares_no_report_to_its_maker(package: str, tmp_path: Path) -> None:
    assert not left_in_home(tmp_path / "home", package)


def test_onnxruntime_alone_would_report(tmp_path: Path) -> None:
    """Else the test above shows nothing; where this one fails, both can go."""
    assert left_in_home(tmp_path / "home")
