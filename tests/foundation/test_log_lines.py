"""One record is one line of the log: what somebody sends starts no line of its own and moves no terminal."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from pixelhub.requestids import RequestIdFormatter
from tests.personas import World

NASTY = "x\r\n2026-11-27 12:00:00 INFO root signed off by nobody\x1b[2J\x9b31m\u2028\u202e\x00"
FORBIDDEN = {chr(code) for code in (*range(10), *range(11, 32), *range(127, 160), 0x2028, 0x202E)}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the hub's own handler would write."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RequestIdFormatter("%(levelname)s %(name)s %(message)s"))
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def test_a_message_is_one_line_and_a_traceback_keeps_its_own(written: io.StringIO) -> None:
    log = logging.getLogger("pixelhub.test")
    log.warning("refused %s", NASTY)
    assert written.getvalue().count("\n") == 1 and "\\x0d\\x0a2026" in written.getvalue()
    try:
        raise ValueError(NASTY)
    except ValueError:
        log.exception("failed")
    lines = written.getvalue()
    assert lines.count("\n") > 3 and not FORBIDDEN & set(lines)


@pytest.mark.one_database
def test_no_request_writes_a_line_of_its_own(world: World, written: io.StringIO) -> None:
    client = world.client("data_engineer")
    client.raise_request_exception = False
    client.get("/nowhere%0d%0a2026 INFO root forged%1b[2J")
    client.get("/datasets/imports/%0d%0aforged/")
    client.get("/", HTTP_HOST="evil\r\nforged")
    client.post(
        reverse("datasets:import_create"), {"file": "x", "source": NASTY}, HTTP_REFERER=NASTY.replace("\x00", "")
    )
    Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": NASTY}, HTTP_ORIGIN="x\r\nforged")
    Client().post(reverse("account_login"), {"login": NASTY, "password": NASTY})
    lines = written.getvalue().splitlines()
    assert len(lines) >= 3, "refusals are logged"
    assert [line for line in lines if line.startswith(("2026", "forged", "INFO root"))] == []
    assert not FORBIDDEN & set(written.getvalue())
