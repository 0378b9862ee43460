"""What travels compressed, and what does not."""

import gzip

from django.http import HttpResponse
from django.test import Client, RequestFactory

from pixelhub.compression import CompressionMiddleware
from tests.personas import World

GZIP = {"headers": {"accept-encoding": "gzip, br"}}
SCRIPT = "/static/annotation/instrument.js"


def answer(response: HttpResponse, **headers: str) -> HttpResponse:
    request = RequestFactory().get("/", headers={"accept-encoding": "gzip", **headers})
    return CompressionMiddleware(lambda _: response)(request)


def test_pages_and_scripts_are_compressed_for_who_asks(world: World) -> None:
    client = world.client("annotator")
    plain, packed = client.get("/annotation/rounds/"), client.get("/annotation/rounds/", **GZIP)
    assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
    assert b"<html" in gzip.decompress(packed.content)
    script, small = (b"".join(Client().get(SCRIPT, **how).streaming_content) for how in ({}, GZIP))
    assert gzip.decompress(small) == script and len(small) < len(script) / 2


def test_a_part_of_a_file_stays_as_it_is() -> None:
    part = Client().get(SCRIPT, headers={"accept-encoding": "gzip", "range": "bytes=0-9"})
    assert part.status_code == 206 and "Content-Encoding" not in part.headers


def test_downloads_and_what_does_not_shrink_keep_their_length() -> None:
    attachment = HttpResponse(b"{}" * 500, content_type="application/json")
    attachment.headers["Content-Disposition"] = 'attachment; filename="x.json"'
    assert "Content-Encoding" not in answer(attachment).headers
    assert "Content-Encoding" not in answer(HttpResponse(b"x" * 500, content_type="application/zstd")).headers
    assert answer(HttpResponse(b"{}" * 500, content_type="application/json")).headers["Content-Encoding"] == "gzip"
