"""`long-conversations`: conversations of 20 turns and more out of files or a prefix of a store, streaming.

What the extractors have in common on a command line (sources, files, engine, upload) is here, too.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import msgspec

from datasets_app.corpus import taxonomy
from datasets_app.corpus.engine import CompileError, ExecutorError, Input, PlacesSpec
from datasets_app.corpus.engine.places import make_places
from datasets_app.corpus.engine.settings import MIB
from datasets_app.corpus.extraction import ExtractReport, ExtractSettings, addresses_in_manifest, extract
from datasets_app.corpus.extraction.units import SegmentResult
from datasets_app.corpus.extraction.writing import Sets
from datasets_app.corpus.reading import UnreadableFile
from datasets_app.corpus.routing import RoutingInvalid

from .compile import STORES, Bar, add_engine_arguments, executor_of

# Named, not imported: this package knows no object store (docs/architecture.md).
STORE_ADDRESS: Final = "datasets_app.places:store_address"
PUBLISH: Final = "datasets_app.places:publish_files"
PREFIX: Final = "gdrive/processed/long_running_therapy/"
EXAMPLE: Final = "--input-dir s3://pixel-data/gdrive/processed/ --min-turns 30 --output long.jsonl --upload-s3 --json"
_DEFAULT_SOURCE: Final = "gdrive/processed/"


def add_parser(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "long-conversations",
        help="take long conversations out of files or a prefix of a store",
        epilog=f"example: python -m datasets_app.corpus long-conversations {EXAMPLE}",
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this command and the hub's `extract_long_conversations` have in common."""
    parser.add_argument("--min-turns", type=int, default=20, help="turns without system messages (default %(default)s)")
    add_common_arguments(parser, output="long_running_therapy.jsonl", prefix=PREFIX)


def run(options: argparse.Namespace) -> int:
    """Extract and print: 0 done (broken rows are in the report), 1 failed, 2 wrong use."""
    return run_extraction(
        options, "long_running_therapy", family="long_running_therapy", picked={"min_turns": options.min_turns}
    )


def add_common_arguments(parser: argparse.ArgumentParser, *, output: str, prefix: str) -> None:
    """Declare the options of every extractor."""
    read = parser.add_argument_group("what is read; without any of these gdrive/processed/ of the hub's own store")
    read.add_argument("--manifest", default="", help="JSON file or s3:// object that names the objects to read")
    read.add_argument("--source-key", action="append", default=[], help="s3://bucket/key, key or file; repeatable")
    read.add_argument("--input-dir", action="append", default=[], help="s3://bucket/prefix or folder; repeatable")
    parser.add_argument("--limit", type=int, default=0, help="end with this many conversations (0: all)")
    parser.add_argument("--output", type=Path, default=Path(output), help="records (%(default)s); the rest beside it")
    parser.add_argument("--upload-s3", action="store_true", help="publish records and manifest, the manifest last")
    parser.add_argument(
        "--s3-output-prefix", default=prefix, help="s3://bucket/prefix, or a prefix of the hub's store (%(default)s)"
    )
    parser.add_argument("--dry-run", action="store_true", help="read and count, and write nothing")
    parser.add_argument("--work", type=Path, help="folder of unfinished work (OUTPUT.work); run again to resume")
    parser.add_argument("--verbose", action="store_true", help="a line for each object as it is done")
    said = parser.add_argument_group("what is said of rows that say nothing themselves and lie on no known path")
    said.add_argument("--family", default="mental_health_datasets", choices=taxonomy.FAMILIES)
    said.add_argument("--source", default="real", choices=taxonomy.SOURCES)
    said.add_argument("--licence", default="")
    said.add_argument("--consent", default="", help="consent or ethics basis")
    said.add_argument("--routing", default="", help="another routing table of paths, families and stages")
    add_engine_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run_extraction(
    options: argparse.Namespace,
    name: str,
    *,
    family: str,
    picked: dict[str, Any],
    sets: Callable[[], Sets] = Sets,
) -> int:
    """Extract a set and print its report: 0 done, 1 failed, 2 wrong use."""
    try:
        addresses, prefix = _addresses(options)
        stores = any("://" in address for address in addresses)
        settings = ExtractSettings(
            set=name,
            family=family,
            options=picked,
            limit=options.limit,
            routing=options.routing,
            unit_bytes=options.unit_mb * MIB,
            places=PlacesSpec(STORES) if stores else PlacesSpec(),
        )
        with closing(executor_of(options)) as executor, _work(options) as work:
            report = extract(
                [_input(address, options) for address in addresses],
                None if options.dry_run else options.output,
                settings,
                workdir=Path(work),
                own=[prefix] if prefix and not any(address.startswith(prefix) for address in addresses) else [],
                sets=sets(),
                executor=executor,
                progress=Bar() if sys.stderr.isatty() and not options.verbose else lambda _: None,
                told=_tell if options.verbose else lambda *_: None,
            )
            uploaded = _upload(report, prefix) if options.upload_s3 and not options.dry_run else []
    except (ValueError, UnreadableFile, RoutingInvalid, msgspec.ValidationError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (CompileError, ExecutorError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if not options.dry_run and options.work is None:
        # Finished work holds the words of people, and nothing needs it any more.
        shutil.rmtree(work)
    sys.stdout.write(_json(report, uploaded) if options.json else _told(report, uploaded))
    return 0 if report.manifest.adds_up else 1


def named(function: str) -> Callable[..., Any]:
    """Return a function of the hub's side that this package only knows by name."""
    module, _, name = function.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def _addresses(options: argparse.Namespace) -> tuple[list[str], str]:
    """Return what is to be read, and where an upload would go ("" where that is a place of no store)."""
    found: list[str] = []
    if options.manifest:
        places = make_places(PlacesSpec(STORES) if "://" in options.manifest else PlacesSpec())
        found += addresses_in_manifest(options.manifest, places)
    found += options.source_key
    found += options.input_dir
    resolved = [_resolved(address) for address in found or [_DEFAULT_SOURCE]]
    own = options.upload_s3 or not found or any("://" in address for address in resolved)
    prefix = named(STORE_ADDRESS)(f"{options.s3_output_prefix.rstrip('/')}/") if own else ""
    return list(dict.fromkeys(resolved)), prefix


def _resolved(address: str) -> str:
    """Return an address: what is no file here and has no scheme is a key of the hub's own store."""
    if "://" in address or Path(address).exists():
        return address
    return str(named(STORE_ADDRESS)(address))


def _work(options: argparse.Namespace) -> AbstractContextManager[Any]:
    if options.work is not None:
        return nullcontext(options.work)
    if options.dry_run:
        return tempfile.TemporaryDirectory(prefix="extracting-")
    return nullcontext(options.output.with_name(f"{options.output.name}.work"))


def _input(address: str, options: argparse.Namespace) -> Input:
    return Input(
        address=address,
        family=options.family,
        source=options.source,
        licence=options.licence,
        consent=options.consent,
    )


def _upload(report: ExtractReport, prefix: str) -> Sequence[str]:
    files = {Path(path).name: Path(path) for path in (report.output, report.manifest_file)}
    try:
        found: Sequence[str] = named(PUBLISH)(prefix, files, last=Path(report.manifest_file).name)
    except FileExistsError:
        raise CompileError(
            f"another set of this name lies under {prefix} and is never overwritten: name another --output"
        ) from None
    return found


def _tell(name: str, counts: SegmentResult) -> None:
    parts = [f"{counts.read:,} read", f"{counts.kept:,} kept"]
    parts += [f"{count:,} {reason}" for reason, count in {**counts.passed, **counts.broken}.items()]
    sys.stderr.write(f"{name}: {', '.join(parts)}\n")


def _json(report: ExtractReport, uploaded: Sequence[str]) -> str:
    return msgspec.json.encode({**msgspec.to_builtins(report), "uploaded": list(uploaded)}).decode() + "\n"


def _told(report: ExtractReport, uploaded: Sequence[str]) -> str:
    manifest = report.manifest
    passed, broken = sum(manifest.passed.values()), sum(manifest.broken.values())
    lines = [
        f"{manifest.read:,} read = {manifest.kept:,} kept + {passed:,} no part of the set + {broken:,} broken, "
        f"in {len(manifest.sources):,} objects; {manifest.records:,} records",
        *(f"  {count:>9,}  {reason}" for reason, count in manifest.passed.items()),
        *(f"  {count:>9,}  broken: {reason}" for reason, count in manifest.broken.items()),
    ]
    if manifest.held_back_objects:
        lines.append(f"{manifest.held_back_objects:,} objects of held-back splits were not read")
    if report.units_resumed:
        lines.append(f"{report.units_resumed:,} of {report.units:,} units were done before")
    lines += [f"records in {report.output}"] if report.output else ["a dry run: nothing was written"]
    lines += [f"published {address}" for address in uploaded]
    return "\n".join(lines) + "\n"
