"""What the manifest and the report say of a compile, and the release's move to its place."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import msgspec

from .mapping import MapResult
from .pins import Pins
from .plan import Unit
from .settings import CompileError, CompileSettings, Input

_DESCRIBED: Final = ("name", "family", "stage", "source", "licence", "consent", "prepared")


def described(entry: Input) -> tuple[Any, ...]:
    """All that is known about an input's rows but where they lie."""
    named = msgspec.structs.replace(entry, name=entry.name or entry.family)
    return tuple(getattr(named, field) for field in _DESCRIBED)


def manifest_facts(
    units: Sequence[Unit], mapped: Sequence[MapResult], totals: dict[str, Any], pins: Pins | None
) -> dict[str, Any]:
    """Return what the manifest says of the input; the sum of all rows' hashes does not depend on their order."""
    rows_of: Counter[tuple[Any, ...]] = Counter()
    for unit, result in zip(units, mapped, strict=True):
        rows_of[described(unit.input)] += result.read
    raw_sum = sum(int(result.raw_sum, 16) for result in mapped) % (1 << 256)
    facts: dict[str, Any] = {
        "intake": {**totals, "raw_rows_sha256_sum": f"{raw_sum:064x}"},
        "inputs": [{**dict(zip(_DESCRIBED, key, strict=True)), "rows": rows_of[key]} for key in sorted(rows_of)],
    }
    if pins is not None:
        facts["parent"] = {"version": pins.version, "manifest_sha256": pins.manifest_sha256}
    return facts


def manifest_params(settings: CompileSettings, inputs: Sequence[Input], pins: Pins | None) -> dict[str, Any]:
    """Return the parameters of the release, the caller's own among them."""
    modes = {settings.pii_mode(entry.source) for entry in inputs if not entry.prepared}
    params: dict[str, Any] = {
        "seed": settings.seed,
        "shares": settings.shares,
        "shard_lines": settings.shard_lines,
        "near_duplicates": settings.near_duplicates,
        "threshold": settings.threshold,
        "pii": settings.pii or "+".join(sorted(modes)) or "prepared",
        "holdout_families": sorted(settings.holdout_families),
        "rules": msgspec.to_builtins(settings.rules),
        "licences": sorted({entry.licence for entry in inputs if entry.licence}),
    }
    if settings.held_out:
        params["held_out"] = sorted(settings.held_out)
    if pins is not None:
        params["parent"] = pins.version
    return params | settings.params


def intake_totals(mapped: Sequence[MapResult], winners: int, kept: int) -> dict[str, Any]:
    """Return the sums of all units. Raises CompileError unless in = accepted + duplicates + quarantined."""
    read = sum(result.read for result in mapped)
    taken = sum(result.accepted for result in mapped)
    quarantined = sum(result.quarantined for result in mapped)
    if read != taken + quarantined:
        raise CompileError(
            f"{read} rows came in, {taken} were taken and {quarantined} refused: the units do not add up"
        )
    return {
        "read": read,
        "accepted": kept,
        "duplicates": taken - kept,
        "near_duplicates_dropped": winners - kept,
        "quarantined": quarantined,
        "reasons": added(result.reasons for result in mapped),
        "formats": added(result.formats for result in mapped),
    }


def added(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sum of counts by name, in the order of the names."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(sorted(total.items()))


def move_release(source: Path, target: Path) -> None:
    """Put the finished release in its place at once; across file systems it is copied beside it first."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        target.rmdir()
    try:
        source.rename(target)
    except OSError:
        beside = target.with_name(f".{target.name}.{uuid4().hex}")
        shutil.copytree(source, beside)
        beside.rename(target)
        shutil.rmtree(source)
