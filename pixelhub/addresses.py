"""Addresses that the hub connects to: none of them makes this machine talk to itself or to its neighbours (SSRF).

What the operator configured may lie anywhere, where the setting says so. Any other address is looked up once, every
address of its name must be a public one, and the connection goes to the address that was checked, not to the name
again (`pixelhub.outgoing` for a plain request, `pixelhub.objects.guard` for object stores). A refusal names the rule,
never what answered. Standard library only.
"""

import ipaddress
import re
import socket
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# inet_aton's other spellings of an address: 2130706433, 0x7f.1, 0177.0.0.1, 127.1
_ODD_NUMBER = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}\.?", re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class AddressRefused(ValueError):
    """An address that people may not make the hub connect to."""


def check_address(url: str, *, allowed: Collection[str] = ()) -> list[str]:
    """The IP addresses that `url` (http or https) may be reached at. Raises AddressRefused.

    One that starts with the same scheme, host and port as an entry of `allowed` passes without a look (an empty
    list); `allowed` is for what the operator configured, never for what a user said.
    """
    parts = _split(url)
    if any(_origin(parts) == _origin(urlsplit(known)) for known in allowed if known):
        return []
    return [str(address) for address in public_addresses(str(parts.hostname), _port(parts))]


def check_bucket(url: str) -> SplitResult:
    """An s3:// address in parts: a bucket's name and a prefix, nothing that could become another host."""
    parts = urlsplit(url)
    plain = parts.scheme == "s3" and not (parts.query or parts.fragment) and url.isprintable()
    if not plain or not _BUCKET.fullmatch(parts.netloc) or ".." in parts.netloc + parts.path:
        raise AddressRefused("An address looks like s3://bucket/prefix.")
    return parts


def public_addresses(host: str, port: int) -> list[IPAddress]:
    """Every address of a host, all of them public. Raises AddressRefused; also for a name nobody knows."""
    addresses = [ipaddress.ip_address(found.partition("%")[0]) for found in _resolved(host, port)]
    if not addresses or not all(is_public(address) for address in addresses):
        raise AddressRefused("This address is not a public one.")
    return addresses


def is_public(address: IPAddress) -> bool:
    """Whether an address belongs to the public internet, also where IPv4 is wrapped into IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.sixtofour is not None or address.teredo is not None:
            return False
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.is_site_local or int(address) < 2**32:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _split(url: str) -> SplitResult:
    if not url.isprintable() or "\\" in url or any(char.isspace() for char in url):
        raise AddressRefused("An address holds no spaces, control characters or backslashes.")
    try:
        parts = urlsplit(url)
        port = _port(parts)
    except ValueError:
        raise AddressRefused("This is not an address.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port:
        raise AddressRefused("An address begins with https:// or http:// and a host.")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("An address holds no user name or password.")
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port if parts.port is not None else {"http": 80, "https": 443}.get(parts.scheme, 0)


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, str(parts.hostname), _port(parts)


def _resolved(host: str, port: int) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    if _ODD_NUMBER.fullmatch(host) or not _HOST.fullmatch(host):
        raise AddressRefused("A host is a name, or an IP address in its usual form.")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise AddressRefused("This host is not known.") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
