"""Starting an import: the file goes to the object store, the work to a job."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from django.conf import settings
from django.db import transaction

from datasets_app.corpus import taxonomy
from datasets_app.corpus.reading import SUFFIXES, kind_of
from datasets_app.models import ImportBatch
from pixelhub.audit.services import record
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch
from pixelhub.objects import get_store

from .errors import ImportRefused

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User

_CHUNK = 1 << 20


def import_start(
    *,
    project: Project,
    source: str,
    family: str,
    file: Path | BinaryIO,
    file_name: str,
    actor: User | None,
    stage: int = 1,
    licence: str = "",
    consent_basis: str = "",
) -> ImportBatch:
    """Store a file and queue its import. `file` is a path or an open binary stream that can seek.

    Raises ImportRefused for a wrong kind of file, an empty or too large one, or an unknown source, family or stage.
    """
    _check_options(source=source, family=family, stage=stage, file_name=file_name)
    if isinstance(file, Path):
        with file.open("rb") as stream:
            return _start(project, source, family, stream, file_name, actor, stage, licence, consent_basis)
    return _start(project, source, family, file, file_name, actor, stage, licence, consent_basis)


def _check_options(*, source: str, family: str, stage: int, file_name: str) -> None:
    if source not in taxonomy.SOURCES:
        raise ImportRefused(f"The source must be one of {', '.join(taxonomy.SOURCES)}.")
    if family not in taxonomy.FAMILIES:
        raise ImportRefused(f"The family must be one of {', '.join(taxonomy.FAMILIES)}.")
    if stage not in taxonomy.STAGES:
        raise ImportRefused("The stage must be 1, 2, 3 or 4.")
    if not kind_of(file_name):
        raise ImportRefused(f"Only {', '.join(SUFFIXES)} files, or .gz of these, can be imported.")


def _start(
    project: Project,
    source: str,
    family: str,
    stream: BinaryIO,
    file_name: str,
    actor: User | None,
    stage: int,
    licence: str,
    consent_basis: str,
) -> ImportBatch:
    digest, size = _measure(stream)
    suffix = kind_of(file_name) + (".gz" if file_name.lower().endswith(".gz") else "")
    key = f"imports/{project.slug}/{digest}{suffix}"
    store = get_store()
    if not store.exists(key):
        store.put(key, stream)
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            project=project,
            source=source,
            family=family,
            stage=stage,
            licence=licence.strip()[:200],
            consent_basis=consent_basis.strip()[:500],
            file_name=_display_name(file_name),
            object_key=key,
            file_sha256=digest,
            file_bytes=size,
            created_by=actor,
        )
        batch.job = job_enqueue(
            kind="dataset.import",
            params={"batch": batch.pk},
            project=project,
            owner=actor,
            idempotency_key=f"import-{batch.pk}",
        )
        batch.save(update_fields=["job"])
        record(
            action="import.start",
            actor=actor,
            project=project,
            target=batch,
            payload={"file_sha256": digest, "source": source, "family": family, "bytes": size},
        )
        touch(f"project:{project.pk}:imports")
    return batch


def _measure(stream: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > settings.UPLOAD_MAX_BYTES:
            raise ImportRefused(f"The file is larger than the limit of {settings.UPLOAD_MAX_BYTES:,} bytes.")
    if not size:
        raise ImportRefused("The file is empty.")
    stream.seek(0)
    return digest.hexdigest(), size


def _display_name(name: str) -> str:
    """Return the last part of a file name without control characters or lone surrogates."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in last if char.isprintable())[:200] or "file"
