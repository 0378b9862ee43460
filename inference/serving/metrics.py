"""GET /metrics: what this machine's processes have counted, and on the hub what the database says, for Prometheus."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from django.conf import settings

from inference.selectors_facts import facts
from inference.serving.http import Problem, Receive, Scope, Send, header, send_text
from pixelhub.metrics.catalogue import COUNTED, FACTS, FACTS_READABLE, MACHINE
from pixelhub.metrics.machine import machine_series
from pixelhub.metrics.store import store
from pixelhub.metrics.text import CONTENT_TYPE, exposition

if TYPE_CHECKING:
    from inference.serving.service import ScoringService

logger = logging.getLogger(__name__)

#: How long facts are told again before the database is asked anew, and how long it may take to answer, in seconds.
_FACTS_KEPT_S: Final = 5.0
_FACTS_WAIT_S: Final = 5.0


class _Kept:
    """The facts that were read last, and when."""

    at = float("-inf")
    series: Mapping[tuple[str, ...], float] = {}


async def metrics(service: ScoringService, scope: Scope, receive: Receive, send: Send) -> None:
    """GET /metrics, for who operates the hub."""
    _let_in(scope)
    told = exposition(COUNTED, store.read())
    if store.service == "web":
        told += exposition(FACTS, await _facts(service))
    told += exposition(MACHINE, machine_series(settings.VAR_DIR))
    await send_text(send, told, CONTENT_TYPE)


def _let_in(scope: Scope) -> None:
    """Raises Problem 401 without the operator's token; 404, where there is none, to who asks from elsewhere."""
    if settings.METRICS_TOKEN:
        scheme, _, given = header(scope, b"authorization").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            given.strip().encode(), settings.METRICS_TOKEN.encode()
        ):
            detail = "Send the operator's token (METRICS_TOKEN) as “Authorization: Bearer …”."
            raise Problem(401, "bad_key", detail, headers={"www-authenticate": 'Bearer realm="pixelhub-metrics"'})
    elif not _is_from_here(scope):
        raise Problem(404, "not_found", "There is nothing at this path.")


def _is_from_here(scope: Scope) -> bool:
    """A proxy on this machine speaks for somebody else, so what it passes on is not from here."""
    passed_on = header(scope, b"x-forwarded-for") or header(scope, b"forwarded") or header(scope, b"x-real-ip")
    client = scope.get("client")
    try:
        return not passed_on and client is not None and ip_address(client[0]).is_loopback
    except ValueError:  # a name or a socket's path
        return False


async def _facts(service: ScoringService) -> Mapping[tuple[str, ...], float]:
    """What the database says; only that it does not answer, where it does not: old figures would look like new ones."""
    if time.monotonic() - _Kept.at < _FACTS_KEPT_S:
        return _Kept.series
    try:
        _Kept.series = await asyncio.wait_for(service.database.run(facts), _FACTS_WAIT_S)
    except Exception as error:  # whatever a database that is away raises
        logger.warning("facts for the metrics could not be read: %s", type(error).__name__)
        # told again for a while too: a database that hangs must not make each scrape hang
        _Kept.series = {(FACTS_READABLE.name,): 0.0}
    _Kept.at = time.monotonic()
    return _Kept.series
