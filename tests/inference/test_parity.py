"""What is served is what was evaluated: the engine answers as training's own evaluation on the same trained bundle."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inference.engine.bundle import folder_reader, load_bundle
from inference.engine.session import ModelSession
from pixelhub.canonical import sha256_file

pytestmark = pytest.mark.training

TEXTS = [
    "User: We had soup for lunch and the week is calm.",
    "User: I am going to kill myself tonight.\nAssistant: Are you safe?\nUser: No.",
    "User: My heart races and I can not breathe, I think I am dying.",
    "User: " + "the voices tell me things " * 60 + "and I wish I would not wake up",
    "User: I drink every night and can not stop.",
]


def test_served_decisions_are_the_evaluated_ones(trained: Any) -> None:
    from datasets_app.corpus.taxonomy import CRISIS_TYPES
    from training_app.learn.bundle import bundle_open
    from training_app.learn.predict import predict

    evaluated = predict(bundle_open(trained.bundle_dir), TEXTS)
    read, names = folder_reader(trained.bundle_dir)
    sha256 = sha256_file(trained.bundle_dir / "bundle.json")
    session = ModelSession(load_bundle(read, expected_sha256=sha256, names=names))
    session.warm_up()
    for row, text in enumerate(TEXTS):
        served = session.run([session.encode(text)])[0]
        assert served.score == pytest.approx(float(evaluated.scores[row]), abs=1e-5)
        assert served.crisis_type == CRISIS_TYPES[int(evaluated.types[row])]
        assert served.severity == int(evaluated.severities[row])
    together = session.run([session.encode(TEXTS[0])] * 5)
    assert {round(prediction.score, 5) for prediction in together} == {round(float(evaluated.scores[0]), 5)}


def test_the_lineage_of_a_trained_bundle_is_read(trained: Any) -> None:
    read, names = folder_reader(trained.bundle_dir)
    bundle = load_bundle(read, expected_sha256=sha256_file(trained.bundle_dir / "bundle.json"), names=names)
    assert bundle.lineage == json.loads((trained.bundle_dir / "bundle.json").read_bytes())["lineage"]
    assert bundle.lineage["release_manifest_sha256"]
