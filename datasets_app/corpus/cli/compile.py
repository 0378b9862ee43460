"""`compile`: conversation files to a release, on one core, all cores, a dask cluster or a Ray cluster."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from datasets_app.corpus import taxonomy
from datasets_app.corpus.engine import (
    CompileError,
    CompileReport,
    CompileSettings,
    Executor,
    ExecutorError,
    Input,
    PlacesSpec,
    Progress,
    compile_corpus,
    make_executor,
)
from datasets_app.corpus.engine.executors.base import ENGINES
from datasets_app.corpus.engine.settings import MIB
from datasets_app.corpus.reading import UnreadableFile

# Named, not imported: this package knows no object store (docs/architecture.md).
STORES: Final = "datasets_app.places:StorePlaces"
_EXAMPLE: Final = (
    "example: python -m datasets_app.corpus compile chats.jsonl more/ --family sarcasm --source real "
    "--output releases/v1 --engine pool --json"
)


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("compile", help="compile conversation files into a release", epilog=_EXAMPLE)
    parser.add_argument(
        "inputs", nargs="+", metavar="IN", help="a file, a folder or s3://bucket/…; all share one description"
    )
    parser.add_argument("--output", required=True, type=Path, help="folder of the release; must not hold anything yet")
    parser.add_argument("--work", type=Path, help="folder of unfinished work (OUTPUT.work); run again to resume")
    described = parser.add_argument_group("what is known about the rows")
    described.add_argument("--family", default="mental_health_datasets", choices=taxonomy.FAMILIES)
    described.add_argument("--stage", type=int, default=1, choices=sorted(taxonomy.STAGES))
    described.add_argument("--source", default="synthetic", choices=taxonomy.SOURCES)
    described.add_argument("--licence", default="")
    described.add_argument("--consent", default="", help="consent or ethics basis")
    described.add_argument("--name", default="", help="name in the provenance of each record (the family)")
    described.add_argument("--prepared", action="store_true", help="the rows are release lines made by a hub")
    release = parser.add_argument_group("the release")
    release.add_argument("--project", default="corpus")
    release.add_argument("--release-version", default="1.0.0")
    release.add_argument("--seed", type=int, default=1)
    release.add_argument("--shares", default="0.7/0.15/0.15", help="train/val/test, as 0.9/0.05/0.05")
    release.add_argument("--near-duplicates", default="group", choices=("group", "drop", "off"))
    release.add_argument("--threshold", type=float, default=0.8, help="similarity of near-duplicates, 0 to 1")
    release.add_argument("--pii", choices=("redact", "check", "off"), help="(redact real words, check synthetic ones)")
    release.add_argument("--holdout-family", action="append", default=[], choices=taxonomy.FAMILIES)
    release.add_argument(
        "--parent", default="", help="an earlier release (folder or s3://…): its records keep their split"
    )
    release.add_argument("--shard-lines", type=int, default=5_000)
    add_engine_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run)


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how the work is done; every command on the engine has these."""
    engine = parser.add_argument_group("how it is computed; the result is the same bytes in any case")
    engine.add_argument("--engine", default="inline", choices=ENGINES)
    engine.add_argument("--workers", type=int, help="processes (all cores)")
    engine.add_argument("--dask-address", default="", help="of a running scheduler, as tcp://host:8786")
    engine.add_argument("--ray-address", default="", help="of a running head")
    engine.add_argument("--unit-mb", type=int, default=8, help="size of a unit of work in MiB")


def executor_of(options: argparse.Namespace) -> Executor:
    """Return the executor that the options of `add_engine_arguments` name. Raises ExecutorError."""
    address = options.dask_address if options.engine == "dask" else options.ray_address
    return make_executor(options.engine, workers=options.workers, address=address)


def run(options: argparse.Namespace) -> int:
    """Compile and print the report; 0 done, 1 failed, 2 wrong use."""
    try:
        settings = _settings(options)
        inputs = [_input(address, options) for address in options.inputs]
        with closing(executor_of(options)) as executor:
            work = options.work or options.output.with_name(f"{options.output.name}.work")
            shown = Bar() if sys.stderr.isatty() else lambda _: None
            report = compile_corpus(inputs, options.output, settings, executor=executor, workdir=work, progress=shown)
    except (ValueError, UnreadableFile) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (CompileError, ExecutorError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(msgspec.json.encode(report).decode() + "\n" if options.json else _told(report))
    return 0


def _settings(options: argparse.Namespace) -> CompileSettings:
    addresses = [*options.inputs, options.parent]
    shares = [float(share) for share in options.shares.split("/")]
    return CompileSettings(
        project=options.project,
        version=options.release_version,
        seed=options.seed,
        shares=dict(zip(taxonomy.SPLITS, shares, strict=True)),
        shard_lines=options.shard_lines,
        near_duplicates=options.near_duplicates,
        threshold=options.threshold,
        pii=options.pii,
        holdout_families=tuple(options.holdout_family),
        parent=options.parent,
        unit_bytes=options.unit_mb * MIB,
        places=PlacesSpec(STORES) if any("://" in place for place in addresses) else PlacesSpec(),
    )


def _input(address: str, options: argparse.Namespace) -> Input:
    return Input(
        address=address,
        family=options.family,
        stage=options.stage,
        source=options.source,
        licence=options.licence,
        consent=options.consent,
        name=options.name,
        prepared=options.prepared,
    )


class Bar:
    """One line on a terminal: stage, share, rate, time left."""

    def __init__(self) -> None:
        self._shown = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._shown < 0.2 and progress.done < progress.total:
            return
        self._shown = now
        scale, unit = (MIB, "MiB") if progress.unit == "bytes" else (1, progress.unit)
        share = progress.done / max(1, progress.total)
        left = "" if progress.eta is None else f", {progress.eta:,.0f} s left"
        rate = f"{progress.rate / scale:,.1f} {unit}/s"
        end = "\n" if progress.done >= progress.total else ""
        sys.stderr.write(f"\r\x1b[K{progress.stage}: {share:.0%}, {rate}{left}{end}")
        sys.stderr.flush()


def _told(report: CompileReport) -> str:
    failed = [gate["gate"] for gate in report.gates if not gate["passed"]]
    return (
        f"read {report.read} = accepted {report.accepted} + duplicates {report.duplicates} "
        f"+ quarantined {report.quarantined}\n"
        + ", ".join(f"{split} {count}" for split, count in report.splits.items())
        + f"; {report.groups} groups, {report.clusters} clusters of near-duplicates\n"
        + (f"gates that do not pass: {', '.join(failed)}\n" if failed else "all gates pass\n")
        + f"manifest SHA-256 {report.manifest_sha256}\nbuild report in {report.report_folder}\n"
    )
