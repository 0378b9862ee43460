"""Imports that a program asks for under a key of its own: asked again after a lost answer, they do not begin twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

from django.db import IntegrityError

from datasets_app.models import ImportBatch
from pixelhub.canonical import sha256_json

from .errors import RequestKeyReused
from .import_options import ClientRequest, ImportOptions
from .imports import imports_start, measure

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User


def imports_once(
    *,
    key: str,
    project: Project,
    options: ImportOptions,
    actor: User | None,
    files: Sequence[tuple[BinaryIO, str]] = (),
    address: str = "",
    endpoint: str = "",
    origin: str = ImportBatch.Origin.API,
) -> tuple[list[ImportBatch], bool]:
    """Begin imports as `imports_start` does, once for each key of a project; the flag says that they had begun before.

    Two requests at once with one key begin one set of imports. Raises ImportRefused (then the key is still free), and
    RequestKeyReused where the key came with something else.
    """
    asked = {
        "options": options.columns(),
        "files": [[name, measure(stream)[0]] for stream, name in files],
        "address": address,
        "endpoint": endpoint,
    }
    request = ClientRequest(key, sha256_json(asked))
    if earlier := _begun(project, request):
        return earlier, True
    try:
        begun = imports_start(
            project=project,
            options=options,
            actor=actor,
            files=files,
            address=address,
            endpoint=endpoint,
            origin=origin,
            request=request,
        )
    except IntegrityError:
        # The same request was quicker elsewhere: its first import holds the key.
        if earlier := _begun(project, request):
            return earlier, True
        raise
    return begun, False


def _begun(project: Project, request: ClientRequest) -> list[ImportBatch]:
    batches = ImportBatch.objects.filter(project=project, request_key=request.key).select_related("job")
    found = list(batches.order_by("request_part"))
    if any(batch.request_sha256 != request.sha256 for batch in found):
        raise RequestKeyReused("This Idempotency-Key came with another request; take a new one.")
    return found
