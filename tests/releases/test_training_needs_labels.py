"""Training refuses a release in which any conversation has no label."""

from pathlib import Path

import pytest

from tests.releases.making import line, plain, said, write
from training_app.learn.data import release_open
from training_app.learn.errors import ReleaseRefused


def test_a_corpus_release_is_refused_with_its_number_of_unlabelled_lines(tmp_path: Path) -> None:
    origin = {"raw_sha256": "e" * 64, "input": "sad"}
    corpus = [line(said(n), crisis_type=None, provenance=origin) for n in range(500, 503)]
    with pytest.raises(ReleaseRefused, match="3 conversations of the release have no label"):
        release_open(write(tmp_path / "mixed", [*plain(40), *corpus]))


def test_a_labelled_release_is_opened(tmp_path: Path) -> None:
    opened = release_open(write(tmp_path / "labelled", plain(40)))
    assert len(opened.samples("train", last_messages=10)) == 28
