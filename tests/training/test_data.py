"""What training may read of a release, and what nobody may."""

import shutil
from pathlib import Path

import pytest

from tests.training.releases import simple_conversations, write_labelled_release
from training_app.learn.bundle import FrozenBundle
from training_app.learn.data import release_open
from training_app.learn.errors import BundleRefused, ReleaseRefused, TestSplitForbidden


@pytest.fixture
def release(tmp_path: Path) -> Path:
    write_labelled_release(tmp_path / "release", simple_conversations(70))
    return tmp_path / "release"


def bundle_of(manifest_sha256: str) -> FrozenBundle:
    document = {"lineage": {"release_manifest_sha256": manifest_sha256}, "last_messages": 10}
    return FrozenBundle(Path(), document, "0" * 64)


def test_training_reads_train_and_val(release: Path) -> None:
    opened = release_open(release)
    train, val = (opened.samples(split, last_messages=10) for split in ("train", "val"))
    assert {sample.crisis_type for sample in train} == set(range(7))
    assert not {sample.content_hash for sample in train} & {sample.content_hash for sample in val}
    assert train[0].text.startswith("User: hello")


def test_test_split_is_refused_to_training(release: Path) -> None:
    with pytest.raises(TestSplitForbidden):
        release_open(release).samples("test", last_messages=10)


def test_test_split_opens_for_a_frozen_bundle_of_this_release_only(release: Path) -> None:
    opened = release_open(release)
    assert (
        len(opened.held_out(bundle_of(opened.manifest_sha256))) == opened.manifest["counts"]["splits"]["test"]["total"]
    )
    with pytest.raises(BundleRefused, match="another release"):
        opened.held_out(bundle_of("f" * 64))


@pytest.mark.parametrize("damage", ["changed", "missing", "extra", "no manifest"])
def test_unverified_release_is_refused(release: Path, damage: str) -> None:
    shard = next((release / "shards" / "train").iterdir())
    if damage == "changed":
        shard.write_bytes(shard.read_bytes().replace(b'"self_harm"', b'"none"', 1))
    elif damage == "missing":
        shard.unlink()
    elif damage == "extra":
        shutil.copy(shard, shard.with_name("part-00009.jsonl"))
    else:
        (release / "manifest.json").unlink()
    with pytest.raises(ReleaseRefused, match="does not verify"):
        release_open(release)


def test_release_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseRefused, match="does not exist"):
        release_open(tmp_path / "nowhere")
