"""What the browser test of the adjudication page prepares, called inside the hub's own configuration."""

from dataclasses import replace
from typing import Any

from annotation import services
from annotation.models import Round
from annotation.selectors import disagreements
from pixelhub.accounts.models import User
from tests.annotation.making import HARM, label_all, make_round, ruling
from tests.personas import make_world


def prepare() -> dict[str, Any]:
    """A closed round with one disagreement, one voice with evidence, and two from QA."""
    world = make_world()
    round = make_round(world, samples=2)
    evident = replace(HARM, spans=({"message": 0, "start": 0, "end": 5},))
    label_all(round, world.user("annotator", n=1), {1: evident})
    label_all(round, world.user("annotator", n=2))
    services.round_close(round=round, actor=world.user("qa"))
    return {"round": round.pk, "username": world.user("qa").username, "colleague": world.user("qa", n=2).username}


def decide(round_pk: int, username: str) -> str:
    """A colleague decides the disagreement meanwhile."""
    (item,) = disagreements(Round.objects.get(pk=round_pk))
    colleague = User.objects.get(username=username)
    ruled = ruling(reason="The colleague was first.")
    return services.adjudicate(item=item, actor=colleague, ruling=ruled).crisis_type
