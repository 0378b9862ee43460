"""The token cache: what it holds, when it is made anew, and what it never opens."""

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.releases import Labelled, simple_conversations, write_labelled_release
from training_app.learn.data import release_open
from training_app.learn.encoder import encoder_folder, tokenizer_load
from training_app.learn.errors import ReleaseRefused, ResourcesExhausted, Stopped, TestSplitForbidden
from training_app.learn.labels import CLASS_HEADS, optional_labels
from training_app.learn.tokens import DOCUMENT, TokenisedSplit, token_cache

TOKENIZER = encoder_folder() / "tokenizer.json"
LENGTH = 32


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tokens") / "release"
    write_labelled_release(root, simple_conversations(210))
    return root


def cached(release: Path, folder: Path, split: str = "train", **more: Any) -> TokenisedSplit:
    more = {"tokenizer": TOKENIZER, "max_length": LENGTH, "last_messages": 10} | more
    return token_cache(release_open(release), split, folder=folder, **more)


def test_cache_holds_what_the_served_tokenizer_gives(release: Path, tmp_path: Path) -> None:
    samples = release_open(release).samples("train", last_messages=10)
    tokenizer = tokenizer_load(LENGTH)
    split = cached(release, tmp_path)
    assert len(split) == len(samples) == release_open(release).rows("train")
    for row, sample in enumerate(samples):
        assert split.tokens(row).tolist() == tokenizer.encode(sample.text).ids
        assert split.crisis_types[row] == sample.crisis_type
        assert split.severities[row] == (-1 if sample.severity is None else sample.severity - 1)
    assert split.lengths.max() == split.document["longest"] <= LENGTH
    assert split.ids.dtype == np.uint16


def test_the_last_turns_are_kept(tmp_path: Path) -> None:
    conversations = simple_conversations(70)
    last = "now i really will do it tonight"
    messages = [{"role": "user", "content": f"number {number} " + "very long story " * 20} for number in range(12)]
    messages.append({"role": "user", "content": last})
    extra = [
        Labelled([*messages[:-1], {"role": "user", "content": f"{word} {last}"}], "immediate_harm", 5)
        for word in ("yes", "well", "so", "and", "but", "then")
    ]
    write_labelled_release(tmp_path / "release", [*conversations, *extra])
    split = cached(tmp_path / "release", tmp_path / "cache")
    tokenizer = tokenizer_load(LENGTH)
    texts = [tokenizer.decode(split.tokens(row)) for row in range(len(split))]
    assert any(text.endswith(last) for text in texts)
    assert not any("number" in text for text in texts)


def test_a_second_start_reads_the_files_and_tokenises_nothing(release: Path, tmp_path: Path) -> None:
    told: list[int] = []
    first = cached(release, tmp_path, on_progress=lambda done, total: told.append(done))
    again = cached(release, tmp_path, on_progress=lambda done, total: told.append(-1))
    assert told == [len(first)]
    assert np.array_equal(first.ids, again.ids)
    other = cached(release, tmp_path, max_length=16)
    assert other.folder != first.folder
    assert other.lengths.max() == 16


def test_damaged_cache_is_made_anew(release: Path, tmp_path: Path) -> None:
    first = cached(release, tmp_path)
    expected = first.ids.tolist()
    damages = {
        "ids.bin": lambda path: path.write_bytes(b"\1" + path.read_bytes()[1:]),
        "offsets.bin": lambda path: path.write_bytes(path.read_bytes()[:-8]),
        "severity.bin": lambda path: path.unlink(),
        DOCUMENT: lambda path: path.write_bytes(b"{"),
    }
    for name, damage in damages.items():
        damage(first.folder / name)
        assert cached(release, tmp_path).ids.tolist() == expected, name
    assert sorted(path.name for path in first.folder.parent.iterdir()) == ["train", "train.lock"]


def test_optional_labels_come_with_the_line_and_the_rest_is_masked() -> None:
    row = {"labels": {"empathy": 0.7, "persona": "therapist"}, "metadata": {"labels": {"emotion": "fear"}}}
    found, unreadable = optional_labels({"format": "chatml", "input": row})
    fear = CLASS_HEADS["emotion"].index("fear")
    assert (found, unreadable) == ({"empathy": 0.7, "persona": 0.0, "emotion": fear}, 0)
    odd = {"empathy": 7, "emotion": "bliss", "clinical_accuracy": True, "persona": None, "unknown": 1}
    assert optional_labels({"input": {"labels": odd}}) == ({}, 3)
    for nothing in ({}, {"input": "x"}, {"input": {"labels": ["empathy"]}}):
        assert optional_labels(nothing) == ({}, 0)


def test_test_split_and_unverified_release_are_refused(release: Path, tmp_path: Path) -> None:
    with pytest.raises(TestSplitForbidden):
        cached(release, tmp_path / "cache", "test")
    write_labelled_release(tmp_path / "other", simple_conversations(70))
    opened = release_open(tmp_path / "other")
    shard = tmp_path / "other" / "shards" / "train" / "part-00000.jsonl"
    shard.write_bytes(shard.read_bytes().replace(b'"crisis_type":"panic"', b'"crisis_type":"substance"', 1))
    with pytest.raises(ReleaseRefused, match="changed after the release was verified"):
        token_cache(
            opened, "train", tokenizer=TOKENIZER, max_length=LENGTH, last_messages=10, folder=tmp_path / "cache"
        )
    assert not list((tmp_path / "cache").rglob("*.bin"))


def test_stop_leaves_nothing_half(release: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        cached(release, tmp_path, stopping=lambda: True)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["train.lock"]


class Child:
    """A forked process that makes both caches in its own way; `said` reads what it wrote."""

    def __init__(self, release: Path, folder: Path, before: Callable[[], None], working: Callable[[], None]) -> None:
        reader, writer = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(reader)
            try:
                opened = release_open(release)
                before()
                for split in ("train", "val"):
                    token_cache(
                        opened,
                        split,
                        tokenizer=TOKENIZER,
                        max_length=LENGTH,
                        last_messages=10,
                        folder=folder,
                        on_progress=lambda done, total: (os.write(writer, b"working\n"), working())[0],
                    )
                os.write(writer, b"done\n")
            except BaseException as problem:
                os.write(writer, f"{type(problem).__name__}: {problem}\n".encode())
            finally:
                os._exit(0)
        os.close(writer)
        self.said = os.fdopen(reader)

    def ended(self) -> str:
        """Wait for the end and return the last line that it wrote."""
        with self.said:
            lines = self.said.read().splitlines()
        os.waitpid(self.pid, 0)
        return lines[-1] if lines else ""


def nothing() -> None:
    """Neither prepare nor wait."""


def forbid_the_test_split() -> None:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and "shards/test" in str(arguments[0]):
            raise RuntimeError("the test split was opened")

    sys.addaudithook(hook)


def test_two_runs_at_once_and_a_kill_in_the_middle(release: Path, tmp_path: Path) -> None:
    killed = Child(release, tmp_path, nothing, lambda: time.sleep(600))
    assert killed.said.readline() == "working\n"
    waiting = Child(release, tmp_path, nothing, nothing)
    other = Child(release, tmp_path, forbid_the_test_split, nothing)
    os.kill(killed.pid, signal.SIGKILL)
    killed.ended()
    assert [waiting.ended(), other.ended()] == ["done", "done"]
    folder = cached(release, tmp_path).folder
    assert json.loads((folder / DOCUMENT).read_bytes())["rows"] == release_open(release).rows("train")
    assert sorted(path.name for path in folder.parent.iterdir()) == ["train", "train.lock", "val", "val.lock"]


def test_full_disk_ends_in_a_readable_reason_and_leaves_nothing(release: Path, tmp_path: Path) -> None:
    said = Child(release, tmp_path, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)), nothing).ended()
    assert said.startswith(f"{ResourcesExhausted.__name__}: the disk is full: the token cache could not be written")
    assert not list(tmp_path.rglob("*.bin"))
