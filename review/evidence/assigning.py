"""Who reads which case: by load, in turns, never past what somebody can take.

A specialty never decides who gets a case: an addiction doctor who is only handed substance cases would know the
answer. It only parts equals, so that a case is read by people who look at it from different places.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may be asked now: `load` of their `capacity` open cases are taken."""

    pk: int
    capacity: int
    load: int
    specialty: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """A case that wants `wanted` readers in all; `readers` sit there, `barred` may not (they gave it on, say)."""

    case: int
    wanted: int
    readers: tuple[int, ...] = ()
    barred: frozenset[int] = frozenset()


def share_out(
    needs: Sequence[Need], readers: Iterable[Reader], specialties: Mapping[int, str] | None = None
) -> list[tuple[int, int]]:
    """Pairs (case, reader), in the order in which they are handed out.

    Every case gets its first reader before any gets its second. The reader with the smallest share of their capacity
    taken is next; among equals one whose specialty the case has not got yet, then the one longest without a new case.
    `specialties` tells those of people who sit at cases already but can take no more. What nobody can take stays out.
    """
    people = {reader.pk: reader for reader in readers}
    fields = dict(specialties or {}) | {pk: person.specialty for pk, person in people.items()}
    load = {pk: person.load for pk, person in people.items()}
    last = dict.fromkeys(people, 0)
    seated = {need.case: list(need.readers) for need in needs}
    given: list[tuple[int, int]] = []
    most = max((need.wanted for need in needs), default=0)
    for seat in range(most):
        for need in needs:
            here = seated[need.case]
            if not len(here) <= seat < need.wanted:
                continue
            free = [
                pk
                for pk, person in people.items()
                if load[pk] < person.capacity and pk not in here and pk not in need.barred
            ]
            if not free:
                continue
            present = {fields.get(pk, "") for pk in here}
            chosen = min(free, key=lambda pk: _turn(people[pk], load[pk], present, last[pk]))
            given.append((need.case, chosen))
            here.append(chosen)
            load[chosen] += 1
            last[chosen] = len(given)
    return given


def _turn(person: Reader, load: int, present: Collection[str], last: int) -> tuple[float, bool, int, int]:
    known = bool(person.specialty) and person.specialty in present
    return (load / person.capacity, known, last, person.pk)
