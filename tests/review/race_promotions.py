"""What races about promotion do; named by tests/review/test_races_promotion.py."""

from __future__ import annotations

from typing import Any

from inference.models import SignoffVoid
from pixelhub.accounts.models import User
from pixelhub.audit.models import AuditEvent
from pixelhub.objects import get_store
from review import services
from review.models import PromotionFreeze
from review.refusal import Refused
from review.services.watching import production_watch
from tests.review import race_acts
from tests.review.staged import stage_version
from training_app.models import ModelVersion

before_fork = race_acts.before_fork


def prepare(ran: int) -> list[Any]:
    """An approved version after `ran` others were in production; returns it, who promotes and who leads."""
    ready = race_acts.staged()
    for number in range(ran):
        ready.approved()
        services.version_promote(version=ready.version, actor=ready.trainer)
        ready = stage_version(ready.world, seed=ready.version.pk * 100 + 1_000_000 + number)
    ready.approved()
    return [ready.version.pk, ready.trainer.pk, ready.lead.pk]


def prepare_two() -> list[Any]:
    """A version under a policy of two; returns it, who promotes, and two leads who have read what it missed."""
    ready = race_acts.staged()
    services.signoff_policy_set(project=ready.project, actor=ready.lead, reason="Two.", approvals=2)
    ready.reviewed()
    leads = [ready.world.user("clinical_lead", n=number) for number in (1, 2)]
    for lead in leads:
        ready.read_misses(lead)
    return [ready.version.pk, ready.trainer.pk, [lead.pk for lead in leads]]


def act(kind: str, version: int, actor: int) -> str:
    """One of the acts that meet; "done", or the refusal."""
    found, user = ModelVersion.objects.select_related("project").get(pk=version), User.objects.get(pk=actor)
    acts = {
        "promote": lambda: services.version_promote(version=found, actor=user),
        "back": lambda: services.roll_back(project=found.project, actor=user),
        "freeze": lambda: services.promotion_freeze(project=found.project, actor=user, reason="Stop."),
        "void": lambda: services.signoff_void(version=found, actor=user, reason="Taken back."),
        "swap": lambda: _swap(found),
        "watch": lambda: "done" if production_watch(project=found.project, with_bytes=True) else "nothing",
        "sign": lambda: race_acts.sign(version, actor, "approved"),
    }
    try:
        said = acts[kind]()
    except Refused as refused:
        return str(refused)
    return said if isinstance(said, str) else "done"


def _swap(version: ModelVersion) -> None:
    """Other bytes where the model's file lies."""
    key = f"{version.object_prefix}model.onnx"
    data = bytearray(get_store().read(key))
    data[len(data) // 2] ^= 1
    get_store().delete(key)
    get_store().put(key, bytes(data))


def look(version: int) -> dict[str, Any]:
    """What stands in the database afterwards, and the acts in their order."""
    project = ModelVersion.objects.get(pk=version).project_id
    events = AuditEvent.objects.filter(project_id=project).order_by("seq")
    return race_acts.look(version) | {
        "state": ModelVersion.objects.get(pk=version).state,
        "freezes": PromotionFreeze.objects.filter(project=project).count(),
        "voids": SignoffVoid.objects.filter(project=project).count(),
        "acts": list(events.values_list("action", flat=True)),
    }
