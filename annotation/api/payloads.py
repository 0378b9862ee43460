"""What the instrument sends: typed, bounded, refused with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from django.http import HttpRequest
from msgspec import Meta, Struct

from annotation.errors import Invalid
from annotation.labels import LabelInput

MAX_BODY = 64 * 1024

Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Small = Annotated[int, Meta(ge=0, le=1_000_000)]


class Span(Struct, forbid_unknown_fields=True):
    message: Small
    start: Small
    end: Small


class Label(Struct, forbid_unknown_fields=True):
    crisis_type: Annotated[str, Meta(max_length=32)]
    confidence: float
    severity: Annotated[int, Meta(ge=1, le=5)] | None = None
    secondary_types: Annotated[list[str], Meta(max_length=7)] = []
    is_edge_case: bool = False
    edge_case_kind: Annotated[str, Meta(max_length=32)] = ""
    spans: Annotated[list[Span], Meta(max_length=50)] = []
    about_someone_else: bool = False
    uncertain: bool = False
    note: Annotated[str, Meta(max_length=2000)] = ""
    seconds_spent: Small = 0

    def as_input(self) -> LabelInput:
        return LabelInput(
            crisis_type=self.crisis_type,
            severity=self.severity,
            confidence=self.confidence,
            secondary_types=tuple(self.secondary_types),
            is_edge_case=self.is_edge_case,
            edge_case_kind=self.edge_case_kind,
            spans=tuple({"message": s.message, "start": s.start, "end": s.end} for s in self.spans),
            about_someone_else=self.about_someone_else,
            uncertain=self.uncertain,
            note=self.note,
            seconds_spent=self.seconds_spent,
        )


class Submit(Struct, forbid_unknown_fields=True):
    slot: Id
    client_uuid: UUID
    label: Label
    base_revision: Id | None = None


class Claim(Struct, forbid_unknown_fields=True):
    want: Annotated[int, Meta(ge=1, le=3)] = 3
    # On the screen, or answered and on its way: stays this person's where a break begins.
    keep: Annotated[list[Id], Meta(max_length=20)] = []


class Beat(Struct, forbid_unknown_fields=True):
    active: bool = True


class TakeBreak(Struct, forbid_unknown_fields=True):
    offered: bool = False


class Hard(Struct, forbid_unknown_fields=True):
    client_uuid: UUID
    wants_contact: bool = False


class Skip(Struct, forbid_unknown_fields=True):
    slot: Id
    reason: Annotated[str, Meta(max_length=200)] = ""


class Release(Struct, forbid_unknown_fields=True):
    slots: Annotated[list[Id], Meta(max_length=10)]
    until: Annotated[datetime, Meta(tz=True)]


class FlagIt(Struct, forbid_unknown_fields=True):
    slot: Id
    kind: Annotated[str, Meta(max_length=10)]
    note: Annotated[str, Meta(max_length=500)] = ""


Payload = TypeVar("Payload", bound=Struct)


def parse(request: HttpRequest, kind: type[Payload]) -> Payload:
    """The request's JSON as `kind`. Raises `Invalid` naming the field; the value itself is never repeated."""
    body = request.body
    if len(body) > MAX_BODY:
        raise Invalid("too_large", f"The request is larger than {MAX_BODY} bytes.")
    try:
        found: Payload = msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid("bad_json", f"The request can't be read: {error}") from error
    return found
