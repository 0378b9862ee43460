"""`manage.py snapshot_objects`: a daily snapshot of the releases, its verification, its restoring."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datasets_app.management.progressline import finish_with_progress
from datasets_app.models import StoreWork
from datasets_app.services.errors import StorageRefused
from datasets_app.services.snapshot_pool import snapshot_names, snapshot_problems, snapshot_store
from datasets_app.services.store_snapshots import snapshot_restore, snapshot_start
from pixelhub.objects import ObjectStoreError


class Command(BaseCommand):
    """Snapshot, list, verify or restore; exit code 1 when a snapshot could not be made or is not whole."""

    help = (
        "Snapshot the release prefixes of the object store and expire old snapshots; or --list, --verify, --restore. "
        "Example: manage.py snapshot_objects --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        act = parser.add_mutually_exclusive_group()
        act.add_argument("--list", action="store_true", help="the snapshots there are, oldest first")
        act.add_argument("--verify", metavar="NAME", help="read every byte of a snapshot (or of the latest: last)")
        act.add_argument("--restore", metavar="NAME", help="put back what the store has lost (or of the latest: last)")
        parser.add_argument("--prefix", default="", help="with --restore: only keys that begin with this")
        parser.add_argument("--dry-run", action="store_true", help="with --restore: say what would be put back")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one of the four."""
        try:
            if options["list"]:
                report, lines, failed = self._list()
            elif options["verify"]:
                report, lines, failed = self._verify(options["verify"])
            elif options["restore"]:
                report, lines, failed = self._restore(options)
            else:
                report, lines, failed = self._snapshot()
        except (StorageRefused, ObjectStoreError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(json.dumps(report, indent=2) if options["json"] else "\n".join(lines))
        if failed:
            raise SystemExit(1)

    def _list(self) -> tuple[dict[str, Any], list[str], bool]:
        names = snapshot_names(snapshot_store())
        return {"snapshots": names}, names or ["no snapshot yet"], False

    def _verify(self, name: str) -> tuple[dict[str, Any], list[str], bool]:
        name = self._named(name)
        problems = snapshot_problems(snapshot_store(), name, thorough=True)
        lines = [f"{name}: {'NOT whole' if problems else 'whole'}", *problems]
        return {"snapshot": name, "ok": not problems, "problems": problems}, lines, bool(problems)

    def _restore(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str], bool]:
        name, dry_run = self._named(options["restore"]), options["dry_run"]
        keys = snapshot_restore(name=name, prefix=options["prefix"], actor=None, dry_run=dry_run)
        told = f"{len(keys)} objects {'would be' if dry_run else 'were'} put back"
        return {"snapshot": name, "dry_run": dry_run, "restored": keys}, [*keys, told], False

    def _snapshot(self) -> tuple[dict[str, Any], list[str], bool]:
        work = snapshot_start(actor=None, project=None)
        assert work.job is not None
        error = finish_with_progress(work.job, self.stderr)
        work = StoreWork.objects.get(pk=work.pk)
        report: dict[str, Any] = {"snapshot": work.name, "ok": not error, "error": error}
        report |= {"manifest_sha256": work.manifest_sha256, **work.report}
        if error:
            return report, [error], True
        lines = [f"{work.name}: {report['objects']:,} objects, {report['bytes']:,} bytes, {report['copied']:,} new"]
        lines += [f"expired {name}" for name in report["expiry"]["expired"]]
        return report, lines, False

    def _named(self, name: str) -> str:
        names = snapshot_names(snapshot_store())
        if name == "last" and names:
            return names[-1]
        if name not in names:
            raise CommandError(f"There is no snapshot {name}.")
        return name
