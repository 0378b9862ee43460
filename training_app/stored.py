"""What the object store holds of versions and releases, checked as it is read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from datasets_app.models import Release, ReservedConversation
from pixelhub.objects import ObjectNotFound, get_store
from training_app.learn.bundle import FrozenBundle, bundle_open
from training_app.learn.digests import digest_of, digests_in
from training_app.learn.errors import BundleRefused
from training_app.models import ModelVersion

__all__ = ["PREDICTIONS", "opened_bundle", "predictions_of", "release_conversations"]

# Beside the bundle, under its evidence prefix.
PREDICTIONS = "evaluation/predictions.jsonl"


@contextmanager
def opened_bundle(version: ModelVersion) -> Iterator[FrozenBundle]:
    """Give the version's bundle in a folder of its own. Raises BundleRefused when it is not what was registered."""
    with tempfile.TemporaryDirectory() as folder:
        get_store().download_tree(version.object_prefix, Path(folder))
        bundle = bundle_open(Path(folder))
        if bundle.sha256 != version.bundle_sha256:
            raise BundleRefused("the stored model is not the one that was registered")
        yield bundle


def release_conversations(release: Release) -> frozenset[bytes]:
    """The digests of what a version of the release can't be evaluated on again; no words and no labels are read.

    All conversations of every split, but for those of expert sets in the test split: nobody learned from them, and
    experts labelled them to judge by.
    """
    store, test = get_store(), f"{release.object_prefix}shards/test/"
    rows = ReservedConversation.objects.filter(project=release.project_id)
    judged_by = frozenset(digest_of(one) for one in rows.values_list("content_hash", flat=True))
    found: set[bytes] = set()
    for stat in store.list(f"{release.object_prefix}shards/"):
        with store.open_range(stat.key) as lines:
            found.update(set(digests_in(lines)) - (judged_by if stat.key.startswith(test) else frozenset()))
    return frozenset(found)


def predictions_of(version: ModelVersion) -> list[dict[str, Any]]:
    """The version's answers on its test split, one per conversation and without text; empty before its evaluation."""
    try:
        raw = get_store().read(f"{version.evidence_prefix}{PREDICTIONS}")
    except ObjectNotFound:
        return []
    return [orjson.loads(line) for line in raw.splitlines()]
