"""kill -9 of the whole hub while people submit over HTTP: what was acknowledged is there, nothing is there twice."""

import asyncio
from signal import SIGKILL

import pytest

from benchmarks.labelling_check import Label, account
from benchmarks.labelling_http import Unanswered
from benchmarks.labelling_hub import HubAnnotator, PixelHub
from tests.hubprocess import HubProcess

SIZE = {"samples": 30, "people": 4, "overlap": 2}
BEFORE_THE_KILL = 10
PATIENCE = 240.0


async def work(annotator: HubAnnotator, labels: list[Label], under_way: asyncio.Event) -> None:
    """Label all there is; where the connection breaks, ask again, and send the same label again."""
    while True:
        try:
            if not await annotator.next():
                return
        except Unanswered:
            await asyncio.sleep(0.1)
            continue
        labels.append(await annotator.submit(patience=PATIENCE))
        if len(labels) >= BEFORE_THE_KILL:
            under_way.set()


async def label_through_a_crash(hub: PixelHub) -> tuple[list[Label], int]:
    """Every acknowledged label, and how many there were when the hub was dead."""
    labels: list[Label] = []
    under_way = asyncio.Event()
    people = [asyncio.create_task(work(person, labels, under_way)) for person in hub.annotators()]
    await asyncio.wait_for(under_way.wait(), PATIENCE)
    await asyncio.to_thread(hub.kill_and_start_again)
    before = len(labels)
    await asyncio.gather(*people)
    return labels, before


@pytest.mark.slow
def test_a_killed_hub_loses_no_acknowledged_label_and_takes_none_twice(live_hub: HubProcess) -> None:
    with PixelHub("hub", live_hub, arguments=("--no-worker",), **SIZE) as hub:
        labels, before = asyncio.run(label_through_a_crash(hub))
        live_hub.stop(SIGKILL)  # an orderly end takes its time
        found = account(labels, hub.stored(), overlap=2)
    assert found.clean, found
    assert found.acknowledged == 60 > before  # the crash came in the middle, and all was done after it
