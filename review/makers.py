"""Who made a version: the people who may not sign it."""

from __future__ import annotations

from collections.abc import Iterator

from pixelhub.accounts.models import User
from review.evidence.signed import Makers, Person
from training_app.models import ModelVersion, VersionTransition

__all__ = ["hand_in", "makers_of", "registrar_of"]


def makers_of(version: ModelVersion) -> Makers:
    """Trainer, starter of the run, registrar, the same of what it was derived from, and who compiled its release."""
    trainer, starter, registrar = version.trainer, version.run.started_by, registrar_of(version)
    near = {trainer.pk, starter.pk, registrar.pk if registrar else 0}
    far = {person.pk: person for person in _made_what_it_is_from(version) if person is not None}
    return Makers(
        trainer=_person(trainer),
        starter=_person(starter),
        registrar=_person(registrar) if registrar else None,
        ancestors=tuple(_person(far[pk]) for pk in sorted(far.keys() - near)),
    )


def registrar_of(version: ModelVersion) -> User | None:
    """Who registered it; None for a version from before that was kept, or registered by the hub itself."""
    first = VersionTransition.objects.filter(model_version=version, before="").order_by("pk").first()
    return first.by if first else None


def hand_in(makers: Makers, user: User) -> str:
    """What this person had to do with the making, said to them; empty for somebody who had nothing."""
    if user.pk == makers.trainer.id:
        return "You trained this version; somebody else has to decide on it."
    if user.pk == makers.starter.id:
        return "You started the run of this version; somebody else has to decide on it."
    if makers.registrar and user.pk == makers.registrar.id:
        return "You registered this version; somebody else has to decide on it."
    if any(user.pk == person.id for person in makers.ancestors):
        return "You made the release or the version that this one was made from; somebody else has to decide on it."
    return ""


def _made_what_it_is_from(version: ModelVersion) -> Iterator[User | None]:
    """Labels are not in it: a clinical lead settles disagreements, and that is what makes them worth training on."""
    yield version.release.compiled_by
    for former in _ancestors(version):
        yield from (former.trainer, former.run.started_by, registrar_of(former), former.release.compiled_by)


def _ancestors(version: ModelVersion) -> Iterator[ModelVersion]:
    former = version.derived_from
    while former is not None:
        yield former
        former = former.derived_from


def _person(user: User) -> Person:
    return Person(user.pk, str(user))
