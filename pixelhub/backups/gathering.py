"""Which objects belong to the moment of the database's copy.

Whoever writes stores an object first and commits the row that names it after. So objects are listed after the database
was copied: what its rows name is there. What is deleted while the database is copied was listed before, and is kept
from then. See docs/decisions/0041-database-first-then-what-it-names.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pixelhub.audit.published import HEADS
from pixelhub.backups.copying import Keeper, each
from pixelhub.backups.snapshots import DatabaseCopy
from pixelhub.objects import ObjectStat, ObjectStore

_HEAD: Final = re.compile(re.escape(HEADS) + r"(\d+)-[0-9a-f]+\.json")

Progress = Callable[[int, int, str], None]


@dataclass
class Gathered:
    """The entries of a backup in order of their keys; what was left out and why."""

    database: DatabaseCopy
    entries: list[dict[str, Any]]
    later_heads: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)


def gather(source: ObjectStore, keeper: Keeper, copy_database: Callable[[], DatabaseCopy], say: Progress) -> Gathered:
    """Most of the bytes, then the few that came during that, then the database, then what came meanwhile."""
    first = _kept(list(source.list()), keeper, say, "copying objects")
    # The first pass of a large store takes hours: what came during it is kept before the database, and not only listed.
    latest = list(source.list())
    first |= _kept(
        [stat for stat in latest if not keeper.is_known(stat)], keeper, say, "copying what came during the copy"
    )
    before = {stat.key for stat in latest}
    say(0, 0, "copying the database")
    database = copy_database()
    after = [stat for stat in source.list() if not _is_later(stat, database)]
    later_heads = [stat.key for stat in source.list(HEADS) if _is_later(stat, database)]
    entries = _kept(after, keeper, say, "copying what came meanwhile")
    # Deleted while the database was copied: a row of that moment may still name it.
    entries = {key: entry for key, entry in first.items() if key in before} | entries
    vanished = sorted(({stat.key for stat in after} | before) - set(entries))
    heads = {key for key in entries if _later_than(key, database.audit[0])}
    kept = [entry for key, entry in sorted(entries.items()) if key not in heads]
    return Gathered(database, kept, later_heads, vanished)


def _kept(found: list[ObjectStat], keeper: Keeper, say: Progress, note: str) -> dict[str, dict[str, Any]]:
    entries = {}
    for done, entry in enumerate(each(found, keeper.keep), start=1):
        say(done, len(found), note)
        if entry is not None:
            entries[entry["key"]] = entry
    return entries


def _is_later(stat: ObjectStat, database: DatabaseCopy) -> bool:
    return _later_than(stat.key, database.audit[0])


def _later_than(key: str, seq: int) -> bool:
    """Whether a key is of a published head past this event: beside this database it would read as a trail cut short."""
    match = _HEAD.fullmatch(key)
    return match is not None and int(match[1]) > seq


def scratch(folder: Path) -> Path:
    """The folder of work, empty, for its owner alone: what a killed run left there is the whole database."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in folder.iterdir():
        if left.is_file():
            left.unlink()
    return folder
