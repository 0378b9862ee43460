"""Why a backup or a restore does not happen."""

from __future__ import annotations


class BackupRefused(Exception):
    """Nothing was begun, or nothing of it is left; the message says why and what to do."""


class BackupDamaged(BackupRefused):
    """What lies in the backup is not what its manifest says; `problems` name each file."""

    def __init__(self, name: str, problems: list[str]) -> None:
        super().__init__(f"the backup {name} is not whole: {'; '.join(problems[:5])}")
        self.problems = problems
