"""Files from the object store as downloads; permission was checked by the caller."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import cast

from asgiref.sync import sync_to_async
from django.http import FileResponse, Http404

from pixelhub.objects import ObjectNotFound, get_store


class ObjectResponse(FileResponse):
    """A file sent piece by piece, also by an ASGI server.

    Django reads a synchronous iterator to its end before it sends anything there: a 2 GB file would lie in memory.
    """

    block_size = 1 << 18

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = iter(cast(Iterable[bytes], self.streaming_content))
        # Any thread may do the waiting: reading a file or a socket touches no database connection.
        step = sync_to_async(lambda: next(pieces, b""), thread_sensitive=False)
        while piece := await step():
            yield piece


def object_response(key: str, *, name: str, content_type: str) -> ObjectResponse:
    """Stream an object as an attachment that no browser will run. 404 when it is not there."""
    store = get_store()
    try:
        found = store.stat(key)
        stream = store.open_range(key, etag=found.etag)
    except (ObjectNotFound, ValueError):
        raise Http404("The file is not in the object store.") from None
    response = ObjectResponse(stream, as_attachment=True, filename=name, content_type=content_type)
    # With it a browser shows how much is left, and notices a download that broke off.
    response["Content-Length"] = str(found.size)
    response["X-Content-Type-Options"] = "nosniff"
    return response
