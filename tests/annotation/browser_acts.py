"""What the browser tests prepare and look at, called inside the hub's own configuration."""

from typing import Any

from annotation import services
from annotation.models import Annotation, Flag, Round, Slot
from tests.annotation.making import HARM, label_all, make_round
from tests.personas import make_world


def prepare(samples: int) -> dict[str, Any]:
    """An open round in which the first annotator has everything to do."""
    world = make_world()
    round = make_round(world, samples=samples)
    return {"round": round.pk, "username": world.user("annotator").username}


def prepare_dispute() -> dict[str, Any]:
    """A closed round with one disagreement."""
    world = make_world()
    round = make_round(world, samples=2)
    label_all(round, world.user("annotator", n=1), {1: HARM})
    label_all(round, world.user("annotator", n=2))
    services.round_close(round=round, actor=world.user("qa"))
    return {"round": round.pk, "username": world.user("qa").username}


def look(round_pk: int) -> dict[str, Any]:
    """Labels, skips and flags as they are stored."""
    fields = ("item__position", "crisis_type", "severity", "confidence", "revision", "note", "spans")
    labels = Annotation.objects.filter(item__round=round_pk).order_by("item__position").values(*fields)
    skipped = Slot.objects.filter(item__round=round_pk, state="skipped")
    return {
        "labels": [dict(row) for row in labels],
        "skipped": list(skipped.values_list("item__position", flat=True)),
        "flags": list(Flag.objects.filter(item__round=round_pk).values_list("kind", flat=True)),
        "state": Round.objects.get(pk=round_pk).state,
    }
