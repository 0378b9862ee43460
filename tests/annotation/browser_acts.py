"""What the browser tests prepare, called inside the hub's own configuration."""

from typing import Any

from annotation import services
from annotation.models import Annotation, Break, HardMoment, QualityReview, Round, Slot
from tests.annotation.making import HARM, label_all, make_records, make_round
from tests.annotation.making_gold import make_gold
from tests.personas import World, make_world

# Left to right and right to left, signs of several code points, a combining mark, a surrogate pair.
WOMAN = "\U0001f469\U0001f3fd\u200d\U0001f4bb"
SIGNS = f"Hello, this is conversation 0. שלום عليكم, e\u0301tude {WOMAN} and \U0001f327\ufe0f again."
ROUNDS = {
    "keys": 8,
    "page": 3,
    "signs": 1,
    "long": 1,
    "offline": 12,
    "closed": 4,
    "lost": 4,
    "tabs": 8,
    "kill": 12,
    "axe": 6,
}


def prepare_rounds() -> dict[str, Any]:
    """Open rounds by name, in each of which the first annotator has everything to do, and one to adjudicate."""
    world = make_world()
    rounds = {name: make_round(world, samples=samples) for name, samples in ROUNDS.items()}
    rounds["dispute"] = _disputed(world)
    rounds["suggest"] = _suggested(world)
    rounds["published"] = _published(world)
    _say(rounds["signs"], [SIGNS])
    _say(rounds["long"], [f"Hello, this is conversation 0, turn {number}. " * 3 for number in range(1, 61)])
    people = {role: world.user(role).username for role in ("annotator", "qa")}
    return {"people": people, "rounds": {name: round.pk for name, round in rounds.items()}}


def close(round_pk: int) -> int:
    """Close a round while somebody labels in it."""
    services.round_close(round=Round.objects.get(pk=round_pk), actor=None)
    return round_pk


def _disputed(world: World) -> Round:
    round = make_round(world, samples=2)
    label_all(round, world.user("annotator", n=1), {1: HARM})
    label_all(round, world.user("annotator", n=2))
    return services.round_close(round=round, actor=world.user("qa"))


def _published(world: World) -> Round:
    """A published round, one label of which was reviewed and another waits; and an expert label of a record."""
    round, qa = make_round(world, samples=2), world.user("qa")
    for n in (1, 2):
        label_all(round, world.user("annotator", n=n), {1: HARM})
    round = services.round_close(round=round, actor=qa)
    services.quality_draw(round=round, actor=qa, count=4)
    for review in QualityReview.objects.order_by("pk")[:3]:
        services.quality_review(review=review, actor=qa, finding=services.Finding(verdict="agreed"))
    services.round_publish(round=round, actor=world.user("data_engineer"))
    make_gold(world, 1, "hidden", ("panic",))
    return round


def _suggested(world: World) -> Round:
    records = make_records(world.project, 4)
    rows = [services.SuggestionInput(record.pk, "psychotic", 4, 0.81) for record in records]
    services.suggestions_put(project=world.project, source="crisis-small@3", origin="model", rows=rows, actor=None)
    return make_round(world, samples=0, layout=services.Layout(suggestions_from="crisis-small@3"))


def _say(round: Round, contents: list[str]) -> None:
    record = round.items.get().record
    record.messages = [
        {"role": ("user", "assistant")[number % 2], "content": content} for number, content in enumerate(contents)
    ]
    record.save()


def prepare_care(samples: int) -> dict[str, Any]:
    """An open round in a project in which a break is due after two hard conversations."""
    world = make_world()
    services.policy_change(project=world.project, actor=world.user("qa"), changes={"break_after_severe": 2})
    round = make_round(world, samples=samples)
    return {"round": round.pk, "username": world.user("annotator").username, "lead": world.user("pm").username}


def look_at_care(round_pk: int) -> dict[str, Any]:
    """What care left behind, beside the labels."""
    return {
        "labels": Annotation.objects.filter(item__round=round_pk).count(),
        "held": Slot.objects.filter(item__round=round_pk, state="leased").count(),
        "breaks": list(Break.objects.values_list("reason", flat=True)),
        "hard": list(HardMoment.objects.values_list("wants_contact", flat=True)),
    }
