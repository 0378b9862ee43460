"""A copy that is withdrawn while annotators label it: the round goes on, new rounds leave it out."""

from __future__ import annotations

import pytest

from annotation.services.rounds import records_not_yet_labelled
from datasets_app.services.duplicate_acts import pairs_decide
from tests.annotation.making import label_all, make_round
from tests.dedup.making import LONG, make_records, searched
from tests.personas import World

pytestmark = pytest.mark.django_db


def test_a_running_round_is_left_alone(world: World) -> None:
    records = make_records(world.project, LONG, LONG + " today")
    running = make_round(world, samples=0, annotators=1, overlap=1)
    assert set(running.items.values_list("record_id", flat=True)) == {record.pk for record in records}
    late = make_records(world.project, LONG + " again")
    search = searched(world.project)
    copies = list(search.pairs.values_list("pk", flat=True))
    pairs_decide(search=search, pair_ids=copies, decision="withdraw", actor=world.user("data_engineer"))
    gone = set(search.pairs.values_list("copy_id", flat=True))
    assert len(gone) == 2
    assert running.items.count() == 2
    assert label_all(running, world.user("annotator")) == 2
    assert set(records_not_yet_labelled(world.project)) == {record for record in late if record.pk not in gone}
