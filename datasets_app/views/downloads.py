"""Files from the object store as downloads; permission was checked by the caller."""

from __future__ import annotations

from django.http import FileResponse, Http404

from pixelhub.objects import ObjectNotFound, get_store


def object_response(key: str, *, name: str, content_type: str) -> FileResponse:
    """Stream an object as an attachment that no browser will run. 404 when it is not there."""
    try:
        stream = get_store().open(key)
    except (ObjectNotFound, ValueError):
        raise Http404("The file is not in the object store.") from None
    response = FileResponse(stream, as_attachment=True, filename=name, content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    return response
