"""E-mail addresses, web addresses and IP addresses: each check is given a text and a place, and says what is there."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from .finding import Span

_EMAIL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}\b")
_SPELT_EMAIL: Final = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}\s{0,2}(?:[\[({]\s?(?:at|@)\s?[\])}]|\sat\s)\s{0,2}"
    r"[A-Za-z0-9-]{1,63}\s{0,2}(?:[\[({]\s?(?:dot|\.)\s?[\])}]|\sdot\s|\.)\s{0,2}"
    r"(?:com|org|net|edu|de|uk|co|io|me|gov)\b",
    re.IGNORECASE,
)
TLDS: Final = "com|org|net|edu|gov|info|biz|io|me|co|uk|us|ca|de|fr|es|it|nl|eu|ch|at|au|nz|ie|in|br|blog|dev|app|site"
# What sentences without a space after the full stop look like as well: "done.me", "back.in", "so.it".
_WORD_TLDS: Final = frozenset(
    {"me", "co", "us", "in", "it", "at", "es", "io", "app", "site", "blog", "info", "ch", "ie"}
)
_SPELT_OUT: Final = re.compile(r"[\[({]|\sdot\s|^\S*[\d_.]\S*\sat\s", re.I)
_MAIL_CUE: Final = re.compile(r"\b(?:e-?mail|mail|reach|contact|write|address)\b[^.!?\n]{0,30}$", re.I)
# Public help: its addresses are as little an identifier as 988 is.
_HELP_SITES: Final = frozenset(
    """
    suicidepreventionlifeline 988lifeline crisistextline crisischat imalive samaritans rainn thehotline translifeline
    thetrevorproject trevorproject samhsa nami afsp befrienders findahelpline 7cups 7cupsoftea childhelp
    loveisrespect
    stopbullying postpartum psychologytoday goodtherapy betterhelp beyondblue lifeline kidshelpline childline
    papyrus-uk mind
    veteranscrisisline mentalhealth mentalhealthamerica dbsalliance adaa aa na smartrecovery findtreatment
    suicidestop iasp save hopeline yourlifeyourvoice teenlineonline itgetsbetter calm thecalmzone shout giveusashout
    """.split()  # noqa: SIM905
)
_SCHEME_URL: Final = re.compile(r"(?:https?|ftp)://[^\s<>\"'\]\[{}|\\^`]{3,2000}", re.IGNORECASE)
_WWW_URL: Final = re.compile(
    r"www\.[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}(?:/[^\s<>\"'\]\[{}]*)?", re.IGNORECASE
)
_BARE_URL: Final = re.compile(
    rf"(?:[A-Za-z0-9][A-Za-z0-9-]{{0,62}}\.){{1,5}}({TLDS})\b(/[^\s<>\"'\]\[{{}}]*)?", re.IGNORECASE
)
# Services everybody knows by this name: to mention one, without a page of it, points at nobody.
_KNOWN_SITES: Final = frozenset(
    """
    reddit google youtube facebook twitter instagram amazon netflix wikipedia tumblr craigslist ebay linkedin ancestry
    psychologytoday betterhelp talkspace webmd nami mayoclinic gmail hotmail yahoo outlook pornhub discord tiktok 7cups
    gofundme erowid bluelight okcupid match indeed paypal quora imgur change drugs suicidepreventionlifeline counselchat
    crisistextline samhsa thehotline rainn imalive suicideprevention goodreads etsy spotify apple
    """.split()  # noqa: SIM905
)
_ALWAYS_OWN: Final = re.compile(
    r"\b(?:my|his|her|our|their)\s+(?:own\s+)?(?:web\s?site|blog|site|page|profile|channel)\b", re.I
)
_IPV4: Final = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}(?![\d])")
_IPV6: Final = re.compile(r"(?:[0-9A-Fa-f]{1,4}|:)(?::{1,2}[0-9A-Fa-f]{1,4}){1,7}(?:::)?(?![\w:])")
_NET_CUE: Final = re.compile(
    r"\b(?:ip|ipv4|ipv6|address|server|host|router|ping|network|vpn|logged|login|traced|connect)", re.I
)
_VERSION_CUE: Final = re.compile(
    r"(?:\bv|\bver\.?|version|release|firmware|build|section|chapter|paragraph|article|clause|step|item|table|"
    r"figure|§)\s?$",
    re.I,
)
_UNIT_AFTER: Final = re.compile(
    r"\s?(?:mg|mcg|µg|ug|g|kg|ml|l|iu|units?|%|percent|hours?|hrs?|mins?|minutes?|days?|weeks?)\b", re.I
)
_TRAILING: Final = ".,;:!?)'\"*_>"


def email_at(text: str, start: int) -> Span | None:
    """An e-mail address that begins at `start`, plain or spelt out ("anna at example dot org")."""
    found = _EMAIL.match(text, start)
    if found:
        return Span(start, found.end(), "email", 0.99)
    found = _SPELT_EMAIL.match(text, start)
    if found and (_SPELT_OUT.search(found.group()) or _MAIL_CUE.search(text, max(0, start - 40), start)):
        return Span(start, found.end(), "email", 0.85)
    return None


def url_at(text: str, start: int) -> Span | None:
    """A web address that begins at `start`; the bare name of a site that everybody knows is none."""
    found = _SCHEME_URL.match(text, start) or _WWW_URL.match(text, start)
    if found:
        host, _, path = re.sub(r"^(?:https?|ftp)://", "", found.group().lower()).partition("/")
        labels = host.rstrip(_TRAILING).split(".")
        if "." not in host and ":" not in host and host != "localhost":
            return None
        if len(labels) > 1 and (labels[-2] in _HELP_SITES or (labels[-2] in _KNOWN_SITES and len(path) < 2)):
            return None
        end = _trimmed(text, start, found.end())
        return Span(start, end, "url", 0.97)
    found = _BARE_URL.match(text, start)
    if not found or (start and text[start - 1] in "@.-/_"):
        return None
    name = found.group().split("/")[0]
    labels = name.lower().split(".")
    tld, path = labels[-1], found.group(2)
    if labels[-2] in _HELP_SITES:
        return None
    end = _trimmed(text, start, found.end())
    if path and len(path) > 1:
        return Span(start, end, "url", 0.9)
    if labels[-2] in _KNOWN_SITES or (len(labels) > 2 and labels[-3] in _KNOWN_SITES):
        return None
    if tld in _WORD_TLDS:
        own = _ALWAYS_OWN.search(text, max(0, start - 40), start)
        return Span(start, end, "url", 0.6) if own else None
    if name != name.lower() or any(label.isdigit() for label in labels):
        return None
    return Span(start, end, "url", 0.65)


def _trimmed(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1] in _TRAILING:
        if text[end - 1] == ")" and "(" in text[start:end]:
            break
        end -= 1
    return end


def ip_at(text: str, start: int) -> Span | None:
    """An IPv4 or IPv6 address that begins at `start`; versions, sections, dosages and times are none."""
    found = _IPV4.match(text, start)
    if found:
        return _ipv4(text, start, found.end())
    found = _IPV6.match(text, start)
    if not found or (start and (text[start - 1].isalnum() or text[start - 1] in ":.")):
        return None
    written = found.group()
    groups = [group for group in written.split(":") if group]
    if len(groups) < 2 or len(written) < 6 or not any(character.isdigit() for character in written):
        return None
    if "::" not in written and len(groups) != 8:
        return None
    try:
        address = ipaddress.IPv6Address(written)
    except ValueError:
        return None
    return None if address.is_loopback or address.is_unspecified else Span(start, found.end(), "ip_address", 0.95)


def _ipv4(text: str, start: int, end: int) -> Span | None:
    if start and (text[start - 1].isalnum() or text[start - 1] in "._-$€£"):
        return None
    if text[end : end + 1] in (".", ",") and text[end + 1 : end + 2].isdigit():
        return None
    octets = text[start:end].split(".")
    if any(len(octet) > 1 and octet[0] == "0" for octet in octets):
        return None
    try:
        address = ipaddress.IPv4Address(text[start:end])
    except ValueError:
        return None
    if address.is_loopback or address.is_unspecified or octets[0] in ("0", "255"):
        return None
    before = text[max(0, start - 12) : start]
    if _VERSION_CUE.search(before) or _UNIT_AFTER.match(text, end):
        return None
    cue = _NET_CUE.search(text, max(0, start - 60), min(len(text), end + 40))
    if all(len(octet) == 1 for octet in octets) and not cue:
        return None
    return Span(start, end, "ip_address", 0.97 if cue else 0.85)
