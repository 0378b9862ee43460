"""What the browser tests prepare and look at, called inside the hub's own configuration."""

from typing import Any

from datasets_app.models import PiiFinding, Record
from tests.personas import make_world
from tests.pii_queue.making import CALM, make_batch, said, screened

FIRST = said(
    "My name is Marta Holt 🌧️ and you can write to marta.holt@example.org. I took 800 mg and thought of calling 988.",
    "Thank you, Marta. That sounds like a hard night. Who is with you now?",
    "My neighbour from the Heron bakery. The Heron bakery opens at six.",
)
SECOND = said("Call me on 555-867-5309, <b>please</b>, my sister Anna Berg worries.", "I hear you.")
THIRD = said("I am John Smith and I sleep badly.", "How long has it been so?")


def prepare() -> dict[str, Any]:
    """Three conversations that wait, one that does not, and two reviewers."""
    world = make_world()
    records = screened(make_batch(world.project), FIRST, SECOND, THIRD, said(CALM))
    return {
        "records": [record.pk for record in records],
        "users": [world.user("data_engineer").username, world.user("qa").username],
    }


def look(pk: int) -> dict[str, Any]:
    """A record and its findings as they are stored."""
    record = Record.objects.get(pk=pk)
    rows = PiiFinding.objects.filter(record=pk).values_list("kind", "state", "origin")
    return {
        "state": record.pii_state,
        "texts": [message["content"] for message in record.messages],
        "findings": [list(row) for row in rows],
    }
