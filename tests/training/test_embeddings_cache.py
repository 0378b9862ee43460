"""Embeddings are made once, survive a kill in whole parts, and don't fill the memory."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from training_app.learn.cache import PART_ROWS, cached_embeddings

TEXTS = [f"text {number}" for number in range(2 * PART_ROWS + 3)]
EXPECTED = torch.tensor([[number, number / 7.0, 1.0] for number in range(len(TEXTS))])


class Encoder:
    """Embeds by the number in a text, and breaks off at the call `dies_at`."""

    def __init__(self, dies_at: int = 99) -> None:
        self.calls = 0
        self.dies_at = dies_at

    def __call__(self, texts: Sequence[str]) -> Tensor:
        self.calls += 1
        if self.calls == self.dies_at:
            raise KeyboardInterrupt
        return EXPECTED[[int(text.split()[1]) for text in texts]]


def read(folder: Path, encoder: Encoder) -> tuple[Tensor, list[int]]:
    done: list[int] = []
    return cached_embeddings(folder, TEXTS, encoder, on_progress=done.append), done


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_killed_reading_goes_on_and_a_third_reads_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        read(tmp_path, Encoder(dies_at=2))
    assert names(tmp_path) == ["part-00000.safetensors"]
    again, third = Encoder(), Encoder()
    resumed, done = read(tmp_path, again)
    assert torch.equal(resumed, EXPECTED)
    assert (again.calls, done) == (2, [PART_ROWS, 2 * PART_ROWS, len(TEXTS)])
    assert torch.equal(read(tmp_path, third)[0], EXPECTED)
    assert third.calls == 0
    assert len(names(tmp_path)) == 3  # the mapped file has no name left


def test_a_damaged_part_is_made_again(tmp_path: Path) -> None:
    read(tmp_path, Encoder())
    (tmp_path / "part-00001.safetensors").write_bytes(b"no tensors")
    encoder = Encoder()
    assert torch.equal(read(tmp_path, encoder)[0], EXPECTED)
    assert encoder.calls == 1


def test_the_embeddings_are_mapped_and_not_held(tmp_path: Path) -> None:
    embeddings, _ = read(tmp_path, Encoder())
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    lines = [line for line in maps.splitlines() if str(tmp_path) in line and "whole-" in line]
    assert len(lines) == 1
    low, high = (int(bound, 16) for bound in lines[0].split()[0].split("-"))
    assert low <= embeddings.data_ptr() < high


def test_a_full_disk_is_a_readable_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        read(tmp_path, Encoder())
    assert names(tmp_path) == ["part-00000.safetensors"]


def test_nothing_to_read(tmp_path: Path) -> None:
    assert cached_embeddings(tmp_path, [], Encoder(), on_progress=lambda _: None).numel() == 0
