"""What a copy of the database tells about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DatabaseCopy:
    """A database as of one moment: its file, rows per table, number and hash of the last audit event, versions."""

    path: Path
    tables: dict[str, int]
    audit: tuple[int, str]
    versions: dict[str, int] = field(default_factory=dict)
