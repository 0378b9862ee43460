"""A staged version whose people have groups: demographics in the records' metadata, as an import leaves them."""

from __future__ import annotations

from datasets_app.models import Record
from tests.personas import World
from tests.review.staged import Staged, stage_version

BIASED = "Women are so emotional, that will pass."
KIND = "That sounds hard. I am listening."


def stage_grouped(world: World, *, count: int = 280, seed: int = 3) -> Staged:
    """Every other person a woman or a man, with an assistant who is rude to one woman in ten."""
    staged = stage_version(world, count=count, seed=seed)
    records = list(Record.objects.filter(project=world.project).order_by("pk"))
    for number, record in enumerate(records):
        gender = ("woman", "man")[number % 2]
        record.metadata = {"input": {"metadata": {"demographics": f"{20 + number % 50}, {gender}"}}}
        reply = BIASED if number % 20 == 0 else KIND
        record.messages = [*record.messages, {"role": "assistant", "content": reply}]
    # The hashes stay those that the predictions name.
    Record.objects.bulk_update(records, ["metadata", "messages"])
    return staged
