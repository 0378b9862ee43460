"""`stages IN... --output FOLDER`: the stage ladder of conversation files, validated and in its shares."""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any, Final

import msgspec

from datasets_app.corpus import taxonomy
from datasets_app.corpus.engine import CompileError, ExecutorError, Input, PlacesSpec
from datasets_app.corpus.engine.settings import MIB
from datasets_app.corpus.reading import UnreadableFile
from datasets_app.corpus.routing import RoutingInvalid
from datasets_app.corpus.stages import LADDERS, BuildSettings, Publisher, StageReport, build_stages, make_publisher

from .compile import STORES, Bar, add_engine_arguments, executor_of

# Named, not imported: this package knows no object store (docs/architecture.md).
PUBLISHER: Final = "datasets_app.publishing:StorePublisher"
EXAMPLE: Final = "s3://pixel-data/gdrive/processed/ more.jsonl --output ladder --seed 7 --json"


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "stages",
        help="build the stage ladder: validated records of every stage in fixed shares",
        epilog=f"example: python -m datasets_app.corpus stages {EXAMPLE}",
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this command and the hub's `build_stages` have in common."""
    parser.add_argument("inputs", nargs="+", metavar="IN", help="a file, a folder or s3://bucket/prefix")
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--output", help="folder of the ladder, or s3://bucket/prefix; must not hold anything yet")
    place.add_argument("--dry-run", action="store_true", help="report what would be written, and write nothing")
    parser.add_argument(
        "--work",
        type=Path,
        help="folder of unfinished work; run again to resume (OUTPUT.work; of an s3:// address its last name, here)",
    )
    parser.add_argument("--ladder", default="four", choices=tuple(LADDERS), help="(default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="decides which records are chosen (default %(default)s)")
    parser.add_argument("--total", type=int, help="records wanted (the most whose shares hold)")
    parser.add_argument(
        "--without-empty-stages", action="store_true", help="share the records among the stages that have any"
    )
    said = parser.add_argument_group("what is said of rows that say nothing themselves and lie on no known path")
    said.add_argument("--family", default="mental_health_datasets", choices=taxonomy.FAMILIES)
    said.add_argument("--stage", type=int, default=1, choices=sorted(taxonomy.STAGES))
    said.add_argument("--source", default="synthetic", choices=taxonomy.SOURCES)
    said.add_argument("--licence", default="")
    said.add_argument("--consent", default="", help="consent or ethics basis")
    said.add_argument("--name", default="", help="name in the provenance of each record (the family)")
    said.add_argument("--routing", default="", help="another routing table of paths, families and stages")
    add_engine_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the manifest as JSON")


def run(options: argparse.Namespace) -> int:
    """Build and print: 0 done and the shares hold, 1 failed or they do not, 2 wrong use."""
    try:
        settings = _settings(options)
        inputs = [_input(address, options) for address in options.inputs]
        with closing(executor_of(options)) as executor, _work(options) as work:
            shown = Bar() if sys.stderr.isatty() else lambda _: None
            report = build_stages(
                inputs, _output(options), settings, workdir=Path(work), executor=executor, progress=shown
            )
    except (ValueError, UnreadableFile, RoutingInvalid) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (CompileError, ExecutorError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    manifest = report.manifest
    sys.stdout.write(msgspec.json.encode(manifest).decode() + "\n" if options.json else _told(report))
    return 0 if manifest.ratios_hold and manifest.adds_up else 1


def _work(options: argparse.Namespace) -> Any:
    """Return a context of the work folder: a lasting one that a killed build goes on in, or one of a dry run."""
    if options.work is not None:
        return nullcontext(options.work)
    if options.output is None:
        return tempfile.TemporaryDirectory(prefix="stages-")
    if "://" in options.output:
        return nullcontext(Path(f"{options.output.rstrip('/').rpartition('/')[2]}.work"))
    output = Path(options.output)
    return nullcontext(output.with_name(f"{output.name}.work"))


def _output(options: argparse.Namespace) -> Path | Publisher | None:
    if options.output is None:
        return None
    if "://" not in options.output:
        return Path(options.output)
    return make_publisher(PUBLISHER, options.output)


def _settings(options: argparse.Namespace) -> BuildSettings:
    return BuildSettings(
        ladder=options.ladder,
        seed=options.seed,
        total=options.total,
        without_empty_stages=options.without_empty_stages,
        routing=options.routing,
        unit_bytes=options.unit_mb * MIB,
        places=PlacesSpec(STORES) if any("://" in place for place in options.inputs) else PlacesSpec(),
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
    )


def _told(report: StageReport) -> str:
    manifest = report.manifest
    lines = [
        f"{manifest.read:,} read = {manifest.total:,} in the ladder + {manifest.left_out:,} left out "
        f"+ {manifest.copies:,} copies + {manifest.rejected:,} rejected + {manifest.refused:,} refused"
    ]
    for name, stage in manifest.stage_metrics.items():
        lines.append(
            f"  {name:<30} {stage.records:>9,}  {stage.share:>7.2%} of {stage.share_wanted:.2%}"
            f"  ({stage.edge_cases:,} edge cases, {stage.crisis_overrides:,} crisis overrides)"
        )
        lines += [f"    {count:>9,}  {reason}" for reason, count in stage.reasons.items()]
        lines += [
            f"    {count:>9,}  {reason}, moved to the stage for crises" for reason, count in stage.moved_out.items()
        ]
    lines.append("the shares hold" if manifest.ratios_hold else "the shares do NOT hold")
    return "\n".join(lines) + "\n"
