"""Row 16: releases published to an S3 server through a network that fails at random.

    python -m benchmarks.reliability.store_faults                 # 300 releases
    python -m benchmarks.reliability.store_faults --releases 1000 --seed 5

Each release meets one to six faults drawn by the seed: 500 and 503, answers that break off, stall, are lost or reset,
a wrong ETag, a flipped bit, for a while or for good. It has to end published whole, or refused without its manifest,
the object that lists a release. What was refused is published again once the network is well, over what lies there.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
import uuid
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import boto3

from benchmarks.reliability.figures import end_in_order, tell
from pixelhub.objects import ObjectStoreError
from pixelhub.objects.factory import client_config
from pixelhub.objects.retries import Retries
from pixelhub.objects.s3 import S3Store
from tests.faultproxy import FaultProxy, fault_proxy
from tests.servers import s3_server

ATTEMPTS = 4
TIMEOUT_SECONDS, PATIENT_SECONDS = 1.0, 30.0
FILES = {"shards/train/0.jsonl": 60_000, "shards/val/0.jsonl": 9_000, "shards/test/0.jsonl": 9_000, "README.md": 800}
MANIFEST = "manifest.json"
# What can go wrong, by method; the last column is whether it may go on for ever.
KINDS = (
    ("error", "PUT", True),
    ("error", "GET", True),
    ("error", "HEAD", True),
    ("cut", "GET", True),
    ("stall", "GET", False),
    ("reset", "GET", True),
    ("reset", "PUT", True),
    ("lost", "PUT", False),
    ("etag", "PUT", False),
    ("flip", "GET", True),
)


@dataclass
class Outcome:
    """What became of the releases."""

    releases: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    whole_at_once: int = 0
    refused: int = 0
    whole_after_refusal: int = 0
    half_listed: int = 0
    damaged: int = 0
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        whole = self.whole_at_once + self.whole_after_refusal
        return not self.half_listed and not self.damaged and whole == self.releases


def plan_faults(proxy: FaultProxy, rng: random.Random) -> list[str]:
    """Plan this release's faults; returns their names."""
    planned = []
    for _ in range(rng.randint(1, 6)):
        kind, method, may_stay = rng.choice(KINDS)
        stays = may_stay and rng.random() < 0.15
        status = rng.choice((500, 503)) if kind == "error" else 500
        where = rng.choice((*FILES, MANIFEST)).rpartition("/")[0] or rng.choice(("README.md", MANIFEST))
        proxy.plan(
            kind, method=method, where=where, times=9999 if stays else rng.randint(1, ATTEMPTS - 1), status=status,
            after=rng.randint(1, 700), seconds=2 * TIMEOUT_SECONDS,
        )  # fmt: skip
        planned.append(str(status) if kind == "error" else kind)
    return planned


def publish_all(endpoint: str, folder: Path, *, releases: int, seed: int) -> Outcome:
    """Publish them one after the other through faults, on the S3 server at `endpoint`."""
    began, rng, outcome, kinds = time.monotonic(), random.Random(seed), Outcome(), Counter[str]()
    bucket = f"b{uuid.uuid4().hex[:12]}"
    _client(endpoint, PATIENT_SECONDS).create_bucket(Bucket=bucket)
    direct = S3Store(_client(endpoint, PATIENT_SECONDS), bucket, "")
    with fault_proxy(endpoint) as proxy:
        retries = Retries(attempts=ATTEMPTS, first_seconds=0.001, longest_seconds=0.01)
        store = S3Store(_client(proxy.endpoint, TIMEOUT_SECONDS), bucket, "", retries=retries)
        for number in range(releases):
            files, prefix = _files(folder, rng, number), f"releases/v{number}/"
            kinds.update(plan_faults(proxy, rng))
            refused = not _published(store, prefix, files)
            proxy.faults.clear()
            there = {item.key.removeprefix(prefix) for item in direct.list(prefix)}
            outcome.half_listed += MANIFEST in there and not _is_whole(direct, prefix, files)
            if refused:
                outcome.refused += 1
                direct.publish(prefix, files, last=MANIFEST)
                outcome.whole_after_refusal += _is_whole(direct, prefix, files)
            else:
                outcome.whole_at_once += _is_whole(direct, prefix, files)
                outcome.damaged += not _is_whole(direct, prefix, files)
    outcome.releases, outcome.faults = releases, dict(kinds)
    outcome.seconds = round(time.monotonic() - began, 1)
    return outcome


def _published(store: S3Store, prefix: str, files: dict[str, Path]) -> bool:
    try:
        store.publish(prefix, files, last=MANIFEST)
    except ObjectStoreError:
        return False
    return True


def _is_whole(store: S3Store, prefix: str, files: dict[str, Path]) -> bool:
    """Whether exactly these files lie there, byte for byte."""
    there = {item.key.removeprefix(prefix) for item in store.list(prefix)}
    return there == set(files) and all(store.read(prefix + name) == path.read_bytes() for name, path in files.items())


def _files(folder: Path, rng: random.Random, number: int) -> dict[str, Path]:
    files = {}
    for name, size in {**FILES, MANIFEST: 1_200}.items():
        files[name] = folder / f"{number}-{name.replace('/', '-')}"
        files[name].write_bytes(rng.randbytes(size))
    return files


def _client(endpoint: str, timeout: float) -> Any:
    return boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
        config=client_config(addressed_by_path=True, timeout=timeout),
    )  # fmt: skip


def main() -> int:
    """Run, tell, and say by the exit status whether no half release was listed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--releases", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    end_in_order()
    with s3_server() as endpoint, tempfile.TemporaryDirectory(prefix="pixelhub-store-") as folder:
        found = publish_all(endpoint, Path(folder), releases=options.releases, seed=options.seed)
    held = tell(16, "releases", holds=found.holds, seed=options.seed, cores=os.cpu_count(), **asdict(found))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
