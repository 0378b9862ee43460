"""What every answer has to tell a browser, and what no page may hold: looked at wherever a test opens a page."""

from __future__ import annotations

import re

from django.http.response import HttpResponseBase

EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
#: None of these is left to default-src, or not covered by it.
DIRECTIVES = ("default-src", "script-src", "style-src", "object-src", "base-uri", "form-action", "frame-ancestors")
#: A script in the page itself, or an event's attribute inside a tag: the policy would refuse both.
_INLINE = re.compile(
    rb"<script(?![^>]*\ssrc=)(?![^>]*type=.application/json)[^>]*>|<[a-z][^<>]*\son[a-z]+\s*=", re.IGNORECASE
)


def weaknesses(response: HttpResponseBase) -> list[str]:
    """What is wrong with an answer, in words; [] when nothing is."""
    headers = response.headers
    wrong = [f"{name}: {headers.get(name)}" for name, value in EXPECTED.items() if headers.get(name) != value]
    if "camera=()" not in headers.get("Permissions-Policy", ""):
        wrong.append("no Permissions-Policy")
    policy = headers.get("Content-Security-Policy", "")
    if re.search(r"unsafe-|\bhttps?:|\bblob:|\*", policy):
        wrong.append(f"too wide: {policy}")
    # A plot or a file that opens by itself may forbid everything instead.
    if policy != "default-src 'none'":
        wrong += [f"no {name}" for name in DIRECTIVES if f"{name} " not in policy]
    if "text/html" in headers.get("Content-Type", "") and not response.streaming:
        wrong += [found.decode(errors="replace")[:120] for found in _INLINE.findall(response.content)]  # type: ignore[attr-defined]
    return wrong
