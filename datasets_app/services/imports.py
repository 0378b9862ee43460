"""Starting an import: the file goes to the object store, the work to a job."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from datasets_app.corpus.reading import SUFFIXES, kind_of
from datasets_app.corpus.structure import DEFAULT_RULES, StructureRules
from datasets_app.models import ImportBatch
from pixelhub.audit.services import record
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch
from pixelhub.objects import AddressRefused, ObjectNotFound, ObjectStoreError, get_store, open_user_store

from .errors import ImportRefused
from .import_options import UNKEYED, ClientRequest, ImportOptions

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User

MAX_OBJECTS = 200
_CHUNK = 1 << 20
_PACKED = (".gz", ".zst", ".zstd")


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
    rules: StructureRules = DEFAULT_RULES,
    origin: str = ImportBatch.Origin.UPLOAD,
) -> ImportBatch:
    """Store a file and queue its import. `file` is a path or an open binary stream that can seek.

    Raises ImportRefused for a wrong kind of file, an empty or too large one, or an unknown source, family or stage.
    """
    options = ImportOptions(source, family, stage, licence, consent_basis, rules)
    _check_name(file_name)
    if isinstance(file, Path):
        with file.open("rb") as stream:
            return _start(project, options, stream, file_name, actor, origin, UNKEYED.columns(0))
    return _start(project, options, file, file_name, actor, origin, UNKEYED.columns(0))


def imports_start(
    *,
    project: Project,
    options: ImportOptions,
    actor: User | None,
    files: Sequence[tuple[BinaryIO, str]] = (),
    address: str = "",
    endpoint: str = "",
    origin: str = ImportBatch.Origin.UPLOAD,
    request: ClientRequest = UNKEYED,
) -> list[ImportBatch]:
    """Begin the import of each file (a stream that can seek, and its name), or of what lies at an address.

    Raises ImportRefused, and IntegrityError where the request's key is taken; then none has begun.
    """
    if address:
        return imports_from_store(
            project=project, options=options, address=address, endpoint=endpoint, actor=actor, request=request
        )
    for _, name in files:
        _check_name(name)
    with transaction.atomic():
        return [
            _start(project, options, stream, name, actor, origin, request.columns(part))
            for part, (stream, name) in enumerate(files)
        ]


def imports_from_store(
    *,
    project: Project,
    options: ImportOptions,
    address: str,
    actor: User | None,
    endpoint: str = "",
    anywhere: bool = False,
    request: ClientRequest = UNKEYED,
) -> list[ImportBatch]:
    """Queue the import of an object, or of every readable object below a prefix, of an S3 store.

    The jobs fetch the objects. With the hub's own keys that is a place of IMPORT_STORES; `anywhere` lifts that, for the
    operator's command line alone. Raises ImportRefused for an address that may not be read, an empty prefix, more than
    200 objects, and a store that does not answer; the message holds nothing of what answered.
    """
    folder, names = store_objects(address, endpoint, anywhere=anywhere)
    reach: dict[str, Any] = {"endpoint": endpoint.strip()[:300]} if endpoint else {}
    reach |= {"anywhere": True} if anywhere else {}
    with transaction.atomic():
        return [
            _queue_object(project, options, f"{folder}/{name}", reach, actor, request.columns(part))
            for part, name in enumerate(names)
        ]


def store_objects(address: str, endpoint: str = "", *, anywhere: bool = False) -> tuple[str, list[str]]:
    """The folder at an address, and the names of the readable objects in it. Raises ImportRefused."""
    address = address.strip().rstrip("/")
    folder, name = address, ""
    if kind_of(address) and urlsplit(address).path.strip("/"):
        folder, _, name = address.rpartition("/")
    try:
        store = open_user_store(folder, endpoint=endpoint.strip(), anywhere=anywhere)
        if name:
            store.stat(name)
            return folder, [name]
        names: list[str] = []
        for found in store.list(""):
            if kind_of(found.key):
                names.append(found.key)
            if len(names) > MAX_OBJECTS:
                raise ImportRefused(f"There are more than {MAX_OBJECTS} objects; name a longer prefix.")
    except AddressRefused as refused:
        raise ImportRefused(str(refused)) from None
    except ObjectNotFound:
        raise ImportRefused("There is no such object.") from None
    except (ObjectStoreError, ValueError) as error:
        if isinstance(error, ImportRefused):
            raise
        raise ImportRefused("The store could not be read.") from None
    if not names:
        raise ImportRefused(f"There is no {', '.join(SUFFIXES)} object there.")
    return folder, sorted(names)


def fetch_from_store(*, batch: ImportBatch, target: Path) -> tuple[str, int]:
    """Copy a batch's object to `target` and return its SHA-256 and size. Raises ImportRefused, ObjectStoreError."""
    folder, _, name = batch.origin_address.rpartition("/")
    try:
        store = open_user_store(
            folder,
            endpoint=str(batch.options.get("endpoint", "")),
            anywhere=batch.options.get("anywhere") is True,
        )
        digest, size = hashlib.sha256(), 0
        with store.open(name) as stream, target.open("wb") as sink:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                _check_size(size)
                digest.update(chunk)
                sink.write(chunk)
    except AddressRefused as refused:
        raise ImportRefused(str(refused)) from None
    except ObjectNotFound:
        raise ImportRefused("The object is not there any more.") from None
    if not size:
        raise ImportRefused("The object is empty.")
    return digest.hexdigest(), size


def stored_key(project: Project, digest: str, file_name: str) -> str:
    """Where the hub keeps a file as it came: by its hash, with the suffixes that say how to read it."""
    packed = PurePosixPath(file_name.lower()).suffix
    return f"imports/{project.slug}/{digest}{kind_of(file_name)}{packed if packed in _PACKED else ''}"


def _check_name(file_name: str) -> None:
    if not kind_of(file_name):
        raise ImportRefused(f"Only {', '.join(SUFFIXES)} files, or {', '.join(_PACKED)} of these, can be imported.")


def _check_size(size: int) -> None:
    if size > settings.UPLOAD_MAX_BYTES:
        raise ImportRefused(f"The file is larger than the limit of {settings.UPLOAD_MAX_BYTES:,} bytes.")


def _start(
    project: Project,
    options: ImportOptions,
    stream: BinaryIO,
    file_name: str,
    actor: User | None,
    origin: str,
    request: dict[str, Any],
) -> ImportBatch:
    digest, size = measure(stream)
    key = stored_key(project, digest, file_name)
    store = get_store()
    if not store.exists(key):
        store.put(key, stream)
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            project=project,
            file_name=_display_name(file_name),
            object_key=key,
            file_sha256=digest,
            file_bytes=size,
            origin=origin,
            created_by=actor,
            **request,
            **options.columns(),
        )
        _queue(batch, {"file_sha256": digest, "bytes": size})
    return batch


def _queue_object(
    project: Project,
    options: ImportOptions,
    address: str,
    reach: dict[str, Any],
    actor: User | None,
    request: dict[str, Any],
) -> ImportBatch:
    columns = options.columns()
    columns["options"] = columns["options"] | reach
    batch = ImportBatch.objects.create(
        project=project,
        file_name=_display_name(address),
        origin=ImportBatch.Origin.STORE,
        origin_address=address[:500],
        created_by=actor,
        **request,
        **columns,
    )
    _queue(batch, {"address": batch.origin_address})
    return batch


def _queue(batch: ImportBatch, payload: dict[str, Any]) -> None:
    """Queue the work of a new batch and write it down; inside the caller's transaction."""
    batch.job = job_enqueue(
        kind="dataset.import",
        params={"batch": batch.pk},
        project=batch.project,
        owner=batch.created_by,
        idempotency_key=f"import-{batch.pk}",
    )
    batch.save(update_fields=["job"])
    record(
        action="import.start",
        actor=batch.created_by,
        project=batch.project,
        target=batch,
        payload={"source": batch.source, "family": batch.family, "origin": batch.origin, **payload},
    )
    touch(f"project:{batch.project_id}:imports")


def measure(stream: BinaryIO) -> tuple[str, int]:
    """The SHA-256 and size of a file, which is then at its beginning again. Raises ImportRefused: empty, too large."""
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        _check_size(size)
    if not size:
        raise ImportRefused("The file is empty.")
    stream.seek(0)
    return digest.hexdigest(), size


def _display_name(name: str) -> str:
    """Return the last part of a file name without control characters or lone surrogates."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in last if char.isprintable())[:200] or "file"
