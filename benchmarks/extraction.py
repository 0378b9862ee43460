"""Long conversations out of a Swift prefix, killed half-way and resumed: time, MB/s, memory. `--megabytes 200`."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3

from tests.servers import swift_server
from tests.swiftserver import ACCESS_KEY, SECRET_KEY

PREFIX = "gdrive/processed/addiction/"
_SHORT_TURNS, _LONG_TURNS = 6, 30
_TEXT = "the day was long and I kept thinking of what you said about my mother and how I could not answer"
_WORDS = _TEXT.split(" ")
# Runs in a process of its own, so that its memory is the extraction's alone; kills itself after a share of the bytes.
_CHILD = """
import json, os, resource, signal, sys, time
from pathlib import Path
from datasets_app.corpus.engine import Input, PlacesSpec
from datasets_app.corpus.extraction import ExtractSettings, extract
address, output, share = sys.argv[1], sys.argv[2], float(sys.argv[3])
def told(progress):
    if share and progress.done >= progress.total * share:
        os.kill(os.getpid(), signal.SIGKILL)
began = time.perf_counter()
report = extract(
    [Input(address=address, family="addiction", source="synthetic")], Path(output),
    ExtractSettings(set="long_running_therapy", family="long_running_therapy",
                    places=PlacesSpec("datasets_app.places:StorePlaces")),
    workdir=Path(output + ".work"), progress=told,
)
print(json.dumps({
    "seconds": time.perf_counter() - began, "cpu": time.process_time(),
    "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "read": report.manifest.read, "kept": report.manifest.kept, "adds_up": report.manifest.adds_up,
    "units": report.units, "resumed": report.units_resumed,
    "sha256": {name: facts.sha256 for name, facts in report.manifest.files.items()},
}))
"""


def main() -> None:
    """Fill a bucket, extract whole, then killed and resumed; print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200, help="in objects of 16 MB")
    parser.add_argument("--small", type=int, default=2_000, help="objects of a few kilobytes beside them")
    options = parser.parse_args()
    with swift_server() as server, tempfile.TemporaryDirectory() as folder:
        if isinstance(server, str):
            sys.exit(server)
        environment = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "OBJECT_STORE_ENDPOINT": server.endpoint,
        }
        size, objects = _fill(server.endpoint, options.megabytes, options.small)
        print(f"{objects:,} objects, {size / 1e6:,.0f} MB")
        address, root = f"s3://bench/{PREFIX}", Path(folder)
        whole = _run(address, root / "whole" / "x.jsonl", 0, environment)
        killed = _run(address, root / "killed" / "x.jsonl", 0.5, environment)
        assert killed is None
        resumed = _run(address, root / "killed" / "x.jsonl", 0, environment)
        assert whole is not None and resumed is not None and whole["sha256"] == resumed["sha256"]
        for name, found in (("whole", whole), ("resumed", resumed)):
            rate = size / 1e6 / found["seconds"]
            print(
                f"{name}: {found['seconds']:.1f} s ({found['cpu']:.1f} s of CPU), {rate:,.1f} MB/s, "
                f"{found['read']:,} rows, {found['kept']:,} kept, peak {found['mib']:.0f} MiB, "
                f"{found['resumed']} of {found['units']} units done before; adds up: {found['adds_up']}"
            )


def _fill(endpoint: str, megabytes: int, small: int) -> tuple[int, int]:
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY,
    )  # fmt: skip
    client.create_bucket(Bucket="bench")
    chance = random.Random(1)
    size = objects = number = 0
    for part in range(max(1, megabytes // 16)):
        data = bytearray()
        while len(data) < 16_000_000:
            data += _line(chance, number)
            number += 1
        size += _put(client, f"{PREFIX}large-{part:03d}.jsonl", bytes(data))
        objects += 1
    for part in range(small):
        size += _put(client, f"{PREFIX}small/{part:05d}.jsonl", _line(chance, number + part))
        objects += 1
    return size, objects


def _put(client: Any, key: str, data: bytes) -> int:
    client.put_object(Bucket="bench", Key=key, Body=data)
    return len(data)


def _line(chance: random.Random, number: int) -> bytes:
    turns = [
        {"role": ("user", "assistant")[turn % 2], "content": " ".join(chance.choices(_WORDS, k=18))}
        for turn in range(_LONG_TURNS if number % 5 == 0 else _SHORT_TURNS)
    ]
    return json.dumps({"id": f"b{number}", "messages": turns}).encode() + b"\n"


def _run(address: str, output: Path, share: float, environment: dict[str, str]) -> dict[str, Any] | None:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, address, str(output), str(share)],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode == -signal.SIGKILL:
        print(f"killed after {time.perf_counter() - began:.1f} s")
        return None
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
