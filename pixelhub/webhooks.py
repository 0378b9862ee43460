"""One signed message to an address that a person gave: only public addresses, no redirects, bounded in size and time.

The host is looked up once, every address of its name must be a public one, and the connection goes to the address
that was checked (no DNS rebinding), while TLS still proves the name. What answers is not read beyond its status.
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
import time
from collections.abc import Collection
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import urlsplit

from pixelhub.addresses import AddressRefused, check_address
from pixelhub.outgoing import send

#: A whole attempt, in seconds: from the look-up to the answer's status.
LIMIT_S = 10.0
LARGEST_BODY = 64 * 1024
SIGNATURE = "X-Pixelhub-Signature"
DELIVERY = "X-Pixelhub-Delivery"


@dataclass(frozen=True)
class Attempt:
    """What became of one attempt. `problem` is a code, never a word of what answered."""

    status: int | None
    problem: str
    milliseconds: int

    @property
    def arrived(self) -> bool:
        """The receiver said 2xx."""
        return self.status is not None and 200 <= self.status < 300


def check_webhook(url: str, *, ports: Collection[int], private: Collection[str]) -> list[str]:
    """The addresses at which `url` may be reached: [] for one of the operator's own origins. Raises AddressRefused.

    `private` are origins ("https://alerts.local:8443") that may lie anywhere and may be http; everything else is https
    on one of `ports`, at public addresses only.
    """
    if len(url) > 500:
        raise AddressRefused("An address holds at most 500 characters.")
    addresses = check_address(url, allowed=private)
    parts = urlsplit(url)
    if parts.fragment:
        raise AddressRefused("An address holds no fragment.")
    if not addresses:
        return []
    if parts.scheme != "https":
        raise AddressRefused("A webhook begins with https://.")
    if (parts.port or 443) not in ports:
        raise AddressRefused(f"A webhook uses port {' or '.join(str(port) for port in sorted(ports))}.")
    return addresses


def signature_of(secret: str, body: bytes, at: int) -> str:
    """ "t=…,v1=…": HMAC-SHA-256 over the time and the body, so that an old message can't be sent again as a new one."""
    digest = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def send_message(
    url: str,
    body: bytes,
    *,
    secret: str,
    delivery: str,
    ports: Collection[int],
    private: Collection[str] = (),
    limit_s: float = LIMIT_S,
    tls: ssl.SSLContext | None = None,
) -> Attempt:
    """POST `body`; never raises. The receiver knows a repetition by the delivery's id."""
    started = time.monotonic()

    def ended(status: int | None, problem: str) -> Attempt:
        return Attempt(status, problem, int((time.monotonic() - started) * 1000))

    if len(body) > LARGEST_BODY:
        return ended(None, "too_large")
    try:
        addresses = check_webhook(url, ports=ports, private=private)
    except AddressRefused:
        return ended(None, "address_refused")
    try:
        status = _post(url, body, addresses, secret=secret, delivery=delivery, limit_s=limit_s, tls=tls)
    except TimeoutError:
        return ended(None, "timeout")
    except ssl.SSLError:
        return ended(None, "tls")
    except (OSError, HTTPException):
        late = time.monotonic() - started >= limit_s
        return ended(None, "timeout" if late else "no_connection")
    problem = "" if 200 <= status < 300 else "redirect" if 300 <= status < 400 else "status"
    return ended(status, problem)


def _post(
    url: str,
    body: bytes,
    addresses: list[str],
    *,
    secret: str,
    delivery: str,
    limit_s: float,
    tls: ssl.SSLContext | None,
) -> int:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "pixelhub-webhook/1",
        SIGNATURE: signature_of(secret, body, int(time.time())),
        DELIVERY: delivery,
    }
    return send("POST", url, body, addresses=addresses, headers=headers, limit_s=limit_s, tls=tls).status
