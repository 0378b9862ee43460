"""The rehearsal with figures: back up a hub while others write, again, read every byte, restore into an empty place.

    python -m benchmarks.backup_drill                       # 50,000 conversations, 1 GB of objects, both databases
    python -m benchmarks.backup_drill --databases sqlite --store s3 --conversations 5000 --objects 100

Everything lives in a folder that is removed. Prints one JSON document per database: what was in it, seconds of each
act, how long writers waited for an object and its row before and during the backup (milliseconds), and what the restore
proved. Exit 1 where anything is wrong or the restored store is not the one that was backed up.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from benchmarks.labelling import percentiles
from tests.migrated import copy_sqlite, postgres_copy
from tests.races import in_database, run_race
from tests.servers import postgres_server, s3_server

ACTS = "benchmarks.backup_acts"
ROLES = ("backup", "a", "b")


def drill(url: str, empty_url: str, folder: Path, stores: dict[str, str], sizes: list[int]) -> dict[str, Any]:
    """Fill, back up beside two writers, again, restore; each in a process of its own."""
    here, there, place = folder / "here", folder / "there", stores["place"]
    for each in (here, there):
        each.mkdir(parents=True)
    os.environ["OBJECT_STORE_URL"] = stores["here"]
    in_database(url, here, f"{ACTS}:fill", *sizes)
    first, *written = run_race(url, here, f"{ACTS}:take_part", [[str(here), place, role] for role in ROLES])
    second = in_database(url, here, f"{ACTS}:again", place)
    os.environ["OBJECT_STORE_URL"] = stores["there"]
    restored = in_database(empty_url, there, f"{ACTS}:restore", place)
    waits = [tuple(wait) for each in written for wait in each]
    report = second["report"]
    return {
        "database": url.partition(":")[0],
        "store": place.partition(":")[0],
        **{name: report[name] for name in ("rows", "objects", "bytes", "database_bytes")},
        "backup_s": first["seconds"],
        "written_meanwhile": sum(began >= first["began"] for began, _ in waits),
        "wait_ms_alone": _waits([wait for began, wait in waits if began + wait < first["began"]]),
        "wait_ms_during": _waits([wait for began, wait in waits if began + wait >= first["began"]]),
        "second_backup_s": report["seconds"],
        "second_backup_read_bytes": report["read_bytes"],
        "verify_s": second["verify_s"],
        "restore_s": restored["seconds"],
        "checks": {check["what"]: check["checked"] for check in restored["checks"]},
        "problems": [*first["vanished"], *second["problems"], *restored["problems"]],
        "store_is_the_same": restored["held"] == second["held"],
    }


def _waits(seconds: list[float]) -> dict[str, float | None]:
    return {**percentiles(seconds), "longest": round(max(seconds) * 1000, 1) if seconds else None}


@contextmanager
def stores_in(folder: Path, kind: str) -> Iterator[dict[str, str]]:
    """Addresses of the hub's store, of the empty one, and of the place of backups: folders, or buckets of a real S3."""
    names = ("here", "there", "place")
    if kind == "folder":
        yield {name: f"file://{folder / 'stores' / name}" for name in names}
        return
    os.environ |= {"AWS_ACCESS_KEY_ID": "drill", "AWS_SECRET_ACCESS_KEY": "drill"}
    with s3_server() as endpoint:
        os.environ["OBJECT_STORE_ENDPOINT"] = endpoint
        client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
        for name in names:
            client.create_bucket(Bucket=f"drill-{name}")
        yield {name: f"s3://drill-{name}/hub" for name in names}


@contextmanager
def databases_in(folder: Path, kind: str) -> Iterator[tuple[str, str]]:
    """A migrated database and an empty one."""
    if kind == "sqlite":
        copy_sqlite(folder / "hub.sqlite3")
        yield f"sqlite:///{folder / 'hub.sqlite3'}", f"sqlite:///{folder / 'empty.sqlite3'}"
        return
    with postgres_server() as server:
        if server is None:
            sys.exit("PostgreSQL's server programs are not installed here.")
        with postgres_copy(server) as url, postgres_copy(server, "template0") as empty:
            yield url, empty


def main() -> None:
    """Run the drill on each database that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backup_drill", description=__doc__.splitlines()[0])
    parser.add_argument("--conversations", type=int, default=50_000)
    parser.add_argument("--events", type=int, default=20_000, help="events of the audit trail")
    parser.add_argument("--objects", type=int, default=1_000)
    parser.add_argument("--kib", type=int, default=1024, help="size of each object")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--store", default="folder", choices=["folder", "s3"])
    options = parser.parse_args()
    sizes = [options.conversations, options.events, options.objects, options.kib]
    fine = True
    for kind in options.databases:
        folder = Path(tempfile.mkdtemp(prefix="pixelhub-drill-"))
        try:
            with databases_in(folder, kind) as (url, empty), stores_in(folder, options.store) as stores:
                result = drill(url, empty, folder, stores, sizes)
        finally:
            shutil.rmtree(folder)
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
        fine = fine and result["store_is_the_same"] and not result["problems"]
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
