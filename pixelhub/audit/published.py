"""Signed heads of the chain in the object store: what a database rewritten from end to end is compared with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pixelhub.audit.merkle import inclusion_path
from pixelhub.audit.models import AuditEvent
from pixelhub.audit.selectors import chain_head, event_hash_at, iterate_hashes
from pixelhub.canonical import canonical_json, sha256_json
from pixelhub.keys import public_key
from pixelhub.objects import ObjectNotFound, get_store
from pixelhub.signing import PublicKey, SignatureInvalid

__all__ = [
    "FORMAT",
    "HEADS",
    "PublishedHead",
    "head_covering",
    "head_key",
    "inclusion_of",
    "published_heads",
    "published_problems",
]

FORMAT = "pixelhub.audit-head/1"
HEADS = "audit/heads/"


@dataclass(frozen=True, slots=True)
class PublishedHead:
    """One published head: where it lies, the document that is signed, and its signature."""

    key: str
    document: dict[str, Any]
    signature: dict[str, Any]

    @property
    def seq(self) -> int:
        return int(self.document["seq"])

    @property
    def sha256(self) -> str:
        """Of the document, as the next head and the audit event name it."""
        return sha256_json(self.document)

    def bytes(self) -> bytes:
        return canonical_json({"document": self.document, "signature": self.signature})


def head_key(seq: int, digest: str) -> str:
    """The write-once name of a head; keys sort by number."""
    return f"{HEADS}{seq:012d}-{digest[:16]}.json"


def published_heads() -> Iterator[PublishedHead]:
    """Every head in the store, in order. What is no head's file at all is passed over: a problem names it."""
    store = get_store()
    for key, data in store.read_many(stat.key for stat in store.list(HEADS)):
        head = parse(key, data)
        if head is not None:
            yield head


def head_covering(seq: int) -> PublishedHead | None:
    """The first published head that holds and under which an event lies; None where none was published since."""
    key = _key_or_none()
    for head in published_heads():
        holds = head.seq >= seq and event_hash_at(head.seq) == head.document["hash"]
        if holds and key is not None and _is_signed(head, key):
            return head
    return None


def inclusion_of(seq: int, head: PublishedHead) -> list[str]:
    """The path from an event up to the head's tree. Raises ValueError where the events are not those of the head."""
    peaks = [(int(height), str(root)) for height, root in head.document["peaks"]]
    return inclusion_path(seq, peaks, lambda first, last: list(iterate_hashes(after=first - 1, upto=last)))


def parse(key: str, data: bytes) -> PublishedHead | None:
    """A head from its stored bytes; None where they are none."""
    try:
        content = json.loads(data)
        head = PublishedHead(key, dict(content["document"]), dict(content["signature"]))
        whole = head.document["format"] == FORMAT and head_key(head.seq, str(head.document["hash"])) == key
    except (ValueError, KeyError, TypeError):
        return None
    return head if whole else None


def published_problems(*, most: int = 20) -> tuple[int, list[str]]:
    """How many heads were compared with the chain, and what is wrong with them.

    Found: a head that is not signed by this hub's key, one that names another hash than the chain has there (the chain
    was rewritten), one past the end of the chain (it was cut), one that the trail says was published and is gone, and
    one whose predecessor is gone.
    """
    heads = list(published_heads())
    problems = _of_the_store({head.key for head in heads})
    key, known, end = _key_or_none(), {""}, chain_head()[0]
    if heads and key is None:
        problems.append("there is no public key to check the published heads with")
    for head in heads:
        if key is not None and not _is_signed(head, key):
            problems.append(f"{head.key}: not signed by this hub's key")
        if head.seq > end:
            problems.append(f"{head.key}: the chain was cut: event {head.seq} was published, it ends at {end}")
        elif event_hash_at(head.seq) != head.document["hash"]:
            problems.append(
                f"{head.key}: the chain was rewritten: event {head.seq} has another hash than was published"
            )
        if head.document.get("previous") not in known:
            problems.append(f"{head.key}: the head before it is gone")
        known.add(head.sha256)
    return len(heads), problems[:most]


def _of_the_store(whole: set[str]) -> list[str]:
    """Heads that the trail says were published and that are not there as they were."""
    store = get_store()
    problems = [f"{stat.key}: is no published head" for stat in store.list(HEADS) if stat.key not in whole]
    events = (
        AuditEvent.objects.filter(action="audit.publish_head").order_by("seq").values_list("payload_json", flat=True)
    )
    for payload in map(json.loads, events):
        try:
            found = parse(payload["key"], store.read(payload["key"]))
        except ObjectNotFound:
            problems.append(f"{payload['key']}: was published and is gone")
            continue
        if found is not None and found.sha256 != payload["sha256"]:
            problems.append(f"{payload['key']}: is not the document that was published")
    return problems


def _key_or_none() -> PublicKey | None:
    try:
        return public_key()
    except FileNotFoundError:
        return None


def _is_signed(head: PublishedHead, key: PublicKey) -> bool:
    try:
        key.verify(head.document, head.signature)
    except SignatureInvalid:
        return False
    return True
