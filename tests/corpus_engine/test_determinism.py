"""The same rows give the same bytes: in any order, in any files, with units of any size."""

import gzip
import json
import random
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.corpus.verify import FolderReader, verify_release

from .making import compiled, described, lines_of, rows, write

# Refused rows count as well: their hashes are part of the manifest.
ROWS = [*lines_of(rows(70)), b"{broken\n", b'{"nothing": 1}\n', b"[1, 2]\n"]


def manifest(release: Path) -> bytes:
    return (release / "manifest.json").read_bytes()


@cache
def expected() -> bytes:
    with TemporaryDirectory() as folder:
        release, _ = compiled(Path(folder), write(Path(folder) / "in.jsonl", ROWS))
        assert verify_release(FolderReader(release)).reasons == []
        return manifest(release)


@settings(max_examples=15)
@given(rng=st.randoms(use_true_random=False), unit_bytes=st.integers(300, 40_000), files=st.integers(1, 4))
def test_order_files_and_unit_size_change_nothing(rng: random.Random, unit_bytes: int, files: int) -> None:
    shuffled = list(ROWS)
    rng.shuffle(shuffled)
    with TemporaryDirectory() as folder:
        paths = [
            write(Path(folder) / f"{rng.randrange(10**6)}-{number}.jsonl", shuffled[number::files])
            for number in range(files)
        ]
        rng.shuffle(paths)
        release, _ = compiled(Path(folder), [described(path) for path in paths], unit_bytes=unit_bytes)
        assert manifest(release) == expected()


def test_folder_and_array_and_gzip_give_the_same_records(tmp_path: Path) -> None:
    found = rows(40)
    write(tmp_path / "a" / "in.jsonl", found)
    packed = tmp_path / "b" / "in.jsonl.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(b"".join(lines_of(found))))
    array = tmp_path / "c" / "in.json"
    array.parent.mkdir()
    array.write_text(json.dumps(found))
    shards = []
    for name in ("a", "b", "c"):
        release, _ = compiled(tmp_path, tmp_path / name)
        shards.append([path.read_bytes() for path in sorted(release.glob("shards/*/*.jsonl"))])
    assert shards[0] == shards[1] == shards[2]


def test_seed_changes_the_placement_and_nothing_else(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", ROWS)
    one, first = compiled(tmp_path, source, seed=1)
    other, second = compiled(tmp_path, source, seed=2)
    assert manifest(one) == expected() != manifest(other)
    assert (first.accepted, first.splits) == (second.accepted, second.splits)


def test_one_changed_character_changes_the_manifest(tmp_path: Path) -> None:
    changed = [line.replace(b"I think", b"I thinks", 1) if number == 30 else line for number, line in enumerate(ROWS)]
    release, _ = compiled(tmp_path, write(tmp_path / "in.jsonl", changed))
    assert manifest(release) != expected()
