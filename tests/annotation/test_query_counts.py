"""How many statements a claim and a submit cost: a committed baseline, so that an act does not grow unseen.

Statements inside the request, session and person included. Lower a figure when it falls; raise one only with a reason.
"""

import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import Round
from tests.annotation.making import make_round
from tests.personas import World

COUNTED = {"SELECT", "INSERT", "UPDATE", "DELETE"}  # how a transaction begins differs between the databases
# One of each asks whether a role of this person needs a second factor that the session has not shown (decision 0042).
BASELINE = {"first claim": 23, "claim": 15, "submit": 16, "replay": 8, "heartbeat": 9}
# PostgreSQL takes the round with a lock of its own (decision 0014).
WITH_THE_ROUND_HELD = {"submit": 17, "replay": 9}


def call(client: Client, round: Round, name: str, payload: Any) -> tuple[Any, int]:
    with CaptureQueriesContext(connection) as queries:
        address = reverse(f"annotation:api_{name}", args=[round.pk])
        answer = client.post(address, json.dumps(payload), content_type="application/json")
    assert answer.status_code == 200, answer.content
    said = [query["sql"].split(maxsplit=1)[0] for query in queries.captured_queries]
    return answer.json(), sum(word in COUNTED for word in said)


def warm_round(world: World, samples: int) -> Round:
    """A round in which a colleague has claimed already: what a process looks up once is not a turn's cost."""
    round = make_round(world, samples=samples)
    call(world.client("annotator", n=2), round, "claim", {"want": 3})
    return round


def test_statements_of_an_annotators_turn(world: World) -> None:
    round, client = warm_round(world, 120), world.client("annotator")
    counted = {}
    first, counted["first claim"] = call(client, round, "claim", {"want": 3})
    label = {"crisis_type": "panic", "severity": 3, "confidence": 0.7}
    sent = [{"slot": s["slot"], "client_uuid": str(uuid.uuid4()), "label": label} for s in first["samples"]]
    call(client, round, "submit", sent[0])
    call(client, round, "claim", {"want": 3})
    _, counted["submit"] = call(client, round, "submit", sent[1])
    _, counted["claim"] = call(client, round, "claim", {"want": 3})
    _, counted["replay"] = call(client, round, "submit", sent[1])
    _, counted["heartbeat"] = call(client, round, "heartbeat", {})
    assert counted == BASELINE | (WITH_THE_ROUND_HELD if connection.vendor == "postgresql" else {})


@pytest.mark.parametrize("samples", [130, 260])
def test_a_turn_costs_the_same_in_a_larger_round(world: World, samples: int) -> None:
    round, client = warm_round(world, samples), world.client("annotator")
    assert call(client, round, "claim", {"want": 3})[1] == BASELINE["first claim"]
