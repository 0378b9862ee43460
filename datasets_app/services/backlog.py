"""Bringing a backlog (a Google Drive, another bucket, a disk) into the hub's store with rclone, and proving it landed.

rclone copies, never deletes, and finds by itself what is there already, so a second run continues the first. Remotes
are configured in the environment (RCLONE_CONFIG_<NAME>_…) or in rclone's own file: nothing secret is ever an
argument, a parameter or a line of a log. What rclone says about a failure is told by its kind, never in its words.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import transaction

from datasets_app.models import StoreWork
from pixelhub.audit.services import record
from pixelhub.jobs.base import JobContext, JobError
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch
from pixelhub.objects import get_store

from .errors import StorageRefused
from .landing import SourceFile, compare

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User

SYNC: Final = "store.sync"
TARGETS: Final = ("gdrive/", "voice/", "lightning/", "final_dataset/")
_REMOTE = "pixelhubstore"
_SOURCE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]*:(?!//)[^\x00-\x1f\\]*|/[^\x00-\x1f\\:]*")
_TARGET = re.compile(r"(?:[A-Za-z0-9._@+=-]+/)+")
_BANDWIDTH = re.compile(r"\d{1,6}(?:\.\d{1,3})?[KMG]?(?::\d{1,6}(?:\.\d{1,3})?[KMG]?)?")
# The kinds of failure worth telling apart, by a word that rclone uses for each.
_KINDS = {
    "didn't find section in config file": "the remote is not configured (RCLONE_CONFIG_<NAME>_TYPE and the like)",
    "directory not found": "there is no such folder at the source",
    "InvalidAccessKeyId": "the store does not know this access key",
    "SignatureDoesNotMatch": "the store does not accept this secret key",
    "AccessDenied": "access was denied",
    "NoSuchBucket": "there is no such bucket",
    "invalid_grant": "the sign-in to the remote has expired",
    "no space left": "the disk is full",
    "connection refused": "the store does not answer",
}


def sync_start(
    *,
    source: str,
    target: str,
    actor: User | None,
    project: Project | None,
    name: str = "",
    bandwidth: str = "",
) -> StoreWork:
    """Queue a sync of `source` (`remote:path` or a folder) to `target` (a prefix of the hub's store).

    `bandwidth` bounds bytes per second (`10M`; `10M:2M` for up and down). Raises StorageRefused for a source that
    would put secrets into arguments, a target outside the shared parts of the store, or one that is being synced.
    """
    if not _SOURCE.fullmatch(source) or len(source) > 300 or "," in source.partition(":")[0]:
        raise StorageRefused("A source looks like remote:path or /folder; a remote is configured in the environment.")
    if not target.startswith(TARGETS) or not _TARGET.fullmatch(target) or ".." in target or len(target) > 300:
        raise StorageRefused(f"A target looks like folder/folder/ below {', '.join(TARGETS)}.")
    if bandwidth and not _BANDWIDTH.fullmatch(bandwidth):
        raise StorageRefused("A bandwidth looks like 500K, 10M, or 10M:2M for up and down.")
    with transaction.atomic():
        works = StoreWork.objects.filter(kind=StoreWork.Kind.SYNC, target=target).select_related("job")
        if any(not work.is_ended for work in works):
            raise StorageRefused(f"{target} is being synced already.")
        work = StoreWork.objects.create(
            kind=StoreWork.Kind.SYNC, name=(name or target)[:100], source=source, target=target, created_by=actor
        )
        work.job = job_enqueue(
            kind=SYNC,
            params={"work": work.pk, "bandwidth": bandwidth},
            project=project,
            owner=actor,
            idempotency_key=f"sync-{work.pk}",
        )
        work.save(update_fields=["job"])
        record(
            action="store_sync.start",
            actor=actor,
            project=project,
            target=work,
            payload={"source": source, "target": target},
        )
        if project is not None:
            touch(f"project:{project.pk}:inventory")
    return work


def sync_run(*, work_id: int, ctx: JobContext) -> dict[str, Any]:
    """Copy, then compare names, sizes and hashes on both sides. Safe to run again: what landed stays.

    Raises JobError when rclone fails or something did not land; the work's row holds what differs.
    """
    work = StoreWork.objects.get(pk=work_id)
    if work.state == StoreWork.State.DONE:
        return dict(work.report["landing"])
    StoreWork.objects.filter(pk=work.pk).update(state=StoreWork.State.RUNNING, error="")
    rclone = Rclone(ctx)
    copied = rclone.copy(work.source, work.target, bandwidth=str(ctx.params.get("bandwidth", "")))
    ctx.log("copied; comparing both sides")
    landing = compare(rclone.files(work.source), get_store(), work.target, ctx)
    report = {"copied": copied, "landing": landing.as_dict()}
    problem = landing.problem()
    with ctx.step(note=problem or "landed"):
        state = StoreWork.State.FAILED if problem else StoreWork.State.DONE
        StoreWork.objects.filter(pk=work.pk).update(state=state, report=report, error=problem)
        totals = {"objects": landing.source_objects, "bytes": landing.source_bytes, "landed": landing.landed}
        record(
            action="store_sync.finish",
            actor=work.created_by,
            project=ctx.job.project,
            target=work,
            payload={**totals, "ok": not problem},
        )
    if problem:
        raise JobError(problem)
    return landing.as_dict()


class Rclone:
    """The program as a child of a job, which ends with it and can be cancelled with it."""

    def __init__(self, ctx: JobContext) -> None:
        program = shutil.which("rclone")
        if program is None:
            raise JobError("rclone is not installed (Debian: rclone).")
        self._ctx = ctx
        self._command = ["env", *_environment(), program, "--use-json-log", "--low-level-retries", "10"]
        self._kind = ""

    def copy(self, source: str, target: str, *, bandwidth: str) -> dict[str, int]:
        """Copy what differs; answers bytes and files sent."""
        stats: dict[str, int] = {"bytes": 0, "files": 0}
        options = ["--checksum", "--stats", "1s", "--stats-log-level", "NOTICE", "--transfers", "8", "--checkers", "16"]
        options += ["--bwlimit", bandwidth] if bandwidth else []

        def progress(entry: dict[str, Any]) -> None:
            found = entry.get("stats")
            if not isinstance(found, dict):
                return
            stats.update(bytes=int(found.get("bytes", 0)), files=int(found.get("transfers", 0)))
            note = f"{found.get('transfers', 0)} of {found.get('totalTransfers', 0)} files"
            self._ctx.progress(stats["bytes"], int(found.get("totalBytes") or 0) or None, unit="bytes", note=note)

        self._run(["copy", *options, source, _store_path(target)], progress)
        return stats

    def files(self, source: str) -> dict[str, SourceFile]:
        """Name, size and MD5 of every file at the source; read from there where it keeps no MD5 of its own."""
        found: dict[str, SourceFile] = {}

        def note(entry: dict[str, Any]) -> None:
            if isinstance(entry.get("Path"), str):
                md5 = str((entry.get("Hashes") or {}).get("md5", ""))
                found[entry["Path"]] = SourceFile(int(entry.get("Size", -1)), md5)

        self._run(["lsjson", "--recursive", "--files-only", "--hash", "--hash-type", "md5", source], note)
        without = [name for name, file in found.items() if not file.md5]
        if without:
            found.update(self._read_hashes(source, without, found))
        return found

    def _read_hashes(self, source: str, names: list[str], found: dict[str, SourceFile]) -> dict[str, SourceFile]:
        listed = self._ctx.workdir / "without-hash.txt"
        listed.write_text("\n".join(names) + "\n", encoding="utf-8")
        hashed: dict[str, SourceFile] = {}

        def note(line: str) -> None:
            md5, gap, name = line.partition("  ")
            if gap and len(md5) == 32 and name in found:
                hashed[name] = SourceFile(found[name].size, md5)

        self._run(["hashsum", "MD5", "--download", "--files-from-raw", str(listed), source], None, note)
        return hashed

    def _run(
        self,
        arguments: list[str],
        on_entry: Callable[[dict[str, Any]], None] | None,
        on_text: Callable[[str], None] | None = None,
    ) -> None:
        def hear(line: str) -> None:
            entry = _json_object(line)
            if entry is None:
                self._note_kind(line)
                if on_text is not None:
                    on_text(line)
                return
            if entry.get("level") in ("error", "critical", "fatal"):
                self._note_kind(str(entry.get("msg", "")))
            if on_entry is not None:
                on_entry(entry)

        self._kind = ""
        code = self._ctx.run_child([*self._command, *arguments], on_line=hear)
        if code:
            raise JobError(f"rclone could not {arguments[0]}: {self._kind or f'it ended with code {code}'}.")

    def _note_kind(self, message: str) -> None:
        for word, kind in _KINDS.items():
            if word.lower() in message.lower():
                self._kind = kind
                return


def _json_object(line: str) -> dict[str, Any] | None:
    text = line.strip().rstrip(",")
    if not text.startswith("{"):
        return None
    try:
        entry = json.loads(text)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _environment() -> list[str]:
    """Arguments of env(1) for the child; nothing here is secret, what is comes from our own environment."""
    authorities = os.environ.get("AWS_CA_BUNDLE")
    if not authorities:
        return _store_remote()
    # rclone's own way of naming them; with boto3's it opens no S3 remote at all.
    return ["-u", "AWS_CA_BUNDLE", f"RCLONE_CA_CERT={os.environ.get('RCLONE_CA_CERT', authorities)}", *_store_remote()]


def _store_remote() -> list[str]:
    """The hub's own store as an rclone remote; its keys come from AWS_… as for boto3."""
    if urlsplit(settings.OBJECT_STORE_URL).scheme != "s3":
        return []
    values = {
        "TYPE": "s3",
        "PROVIDER": "Other" if settings.OBJECT_STORE_ENDPOINT else "AWS",
        "ENV_AUTH": "true",
        "REGION": settings.OBJECT_STORE_REGION,
        "NO_CHECK_BUCKET": "true",
        **({"ENDPOINT": settings.OBJECT_STORE_ENDPOINT} if settings.OBJECT_STORE_ENDPOINT else {}),
    }
    return [f"RCLONE_CONFIG_{_REMOTE.upper()}_{name}={value}" for name, value in values.items()]


def _store_path(target: str) -> str:
    parts = urlsplit(settings.OBJECT_STORE_URL)
    if parts.scheme != "s3":
        return str(Path(unquote(parts.path)) / target)
    prefix = f"{parts.path.strip('/')}/" if parts.path.strip("/") else ""
    return f"{_REMOTE}:{parts.netloc}/{prefix}{target}"
