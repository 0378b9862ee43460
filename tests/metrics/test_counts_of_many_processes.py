"""Counts of several processes add up, survive every end of a process, and never fall."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelhub.metrics import catalogue as known
from pixelhub.metrics import slot as slots
from pixelhub.metrics.store import Store
from pixelhub.metrics.text import exposition
from tests.paths import PROJECT_ROOT

#: Counts for ever, and says after each thousand that they are there.
COUNTER = """
import sys
from pathlib import Path
from pixelhub.metrics import catalogue as known
from pixelhub.metrics.store import store
store.begin("web", Path(sys.argv[1]))
store.show(known.QUEUE_ITEMS, 7)
while True:
    for _ in range(1000):
        store.count(known.MODEL_ITEMS)
    print("thousand", flush=True)
"""
#: Forks after it has begun: the child counts twice, before and after it has begun on its own.
FORKS = """
import os, sys
from pathlib import Path
from pixelhub.metrics import catalogue as known
from pixelhub.metrics.store import store
store.begin("web", Path(sys.argv[1]))
store.count(known.MODEL_ITEMS)
child = os.fork()
if not child:
    store.count(known.MODEL_ITEMS, 10)
    if sys.argv[2] == "begins":
        store.begin("web", Path(sys.argv[1]))
        store.count(known.MODEL_ITEMS, 100)
    os._exit(0)
os.waitpid(child, 0)
store.count(known.MODEL_ITEMS)
print(store.read()[(known.MODEL_ITEMS.name,)])
"""
ITEMS = (known.MODEL_ITEMS.name,)


def begun(folder: Path) -> Store:
    store = Store()
    store.begin("web", folder)
    return store


def test_a_killed_process_loses_no_count_and_its_slot_goes_on(tmp_path: Path) -> None:
    reader = begun(tmp_path)
    arguments = [sys.executable, "-c", COUNTER, str(tmp_path)]
    counters = [subprocess.Popen(arguments, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = 0
    for counter in counters:
        assert counter.stdout is not None
        told += sum(counter.stdout.readline() == "thousand\n" for _ in range(5))
    living = reader.read()
    assert {living[known.QUEUE_ITEMS.name, number] for number in ("1", "2")} == {7}
    for counter in counters:
        counter.send_signal(signal.SIGKILL)
        # to its end through the same reader: `communicate` would pass over what that has buffered
        told += sum(line == "thousand\n" for line in counter.stdout or ())
        counter.wait(timeout=120)
        assert counter.stdout is not None
        counter.stdout.close()
    counted = reader.read()[ITEMS]
    # at most the thousand that each was in the midst of is more than what was told
    assert told * 1000 <= counted <= (told + 2) * 1000
    # who is dead shows no gauge, and whoever takes the place counts on
    assert (known.QUEUE_ITEMS.name, "1") not in reader.read()
    heir = begun(tmp_path)
    heir.count(known.MODEL_ITEMS, 5)
    assert reader.read()[ITEMS] == heir.read()[ITEMS] == counted + 5
    assert reader.read()[known.PROCESS_STARTS.name,] == 4
    assert len(list(tmp_path.glob("*/web-*.counts"))) == 3
    heir.end()
    reader.end()


@pytest.mark.parametrize(("then", "counted"), [("ends", 2), ("begins", 112)])
def test_a_forked_child_does_not_count_in_its_parents_slot(tmp_path: Path, then: str, counted: float) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKS, str(tmp_path), then],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert (done.stdout, done.stderr, done.returncode) == (f"{float(counted)}\n", "", 0)


def test_services_do_not_count_for_each_other(tmp_path: Path) -> None:
    pages, scores = begun(tmp_path), Store()
    scores.count(known.RAISED, 2)  # before it has a place
    scores.begin("inference", tmp_path)
    pages.count(known.RAISED)
    assert pages.read()[known.RAISED.name,] == 1
    assert scores.read()[known.RAISED.name,] == 2
    pages.end()
    scores.end()


def test_a_folder_that_can_not_be_written_costs_no_count(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place = tmp_path / "file"
    place.write_text("in the way")
    store = begun(place)
    store.count(known.RAISED)
    assert store.read()[known.RAISED.name,] == 1
    assert "metrics are this process's alone" in caplog.text


def test_a_file_of_another_form_is_begun_anew(tmp_path: Path) -> None:
    slot = slots.take_slot(tmp_path, "web")
    slot.add(b"one", 1)
    slot.close()
    (file,) = tmp_path.iterdir()
    data = bytearray(file.read_bytes())
    data[:8] = b"another!"
    file.write_bytes(data)
    fresh = slots.take_slot(tmp_path, "web")
    assert fresh.items() == {}
    fresh.close()


def test_a_full_memory_says_that_it_lost_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "SIZE", 4096)
    store = begun(tmp_path)
    for status in range(100, 600):
        store.count(known.REQUESTS, route="score", status=str(status))
    for bound in range(200):
        store.observe(known.REQUEST_SECONDS, bound / 10, route=("score", "batch", "model")[bound % 3])
    assert store.read()[known.SERIES_REFUSED.name,] > 0
    store.end()


@given(st.lists(st.tuples(st.text(max_size=20), st.floats(0, 1e6)), max_size=30))
def test_what_comes_from_outside_never_becomes_a_label(observed: list[tuple[str, float]]) -> None:
    store = Store()
    for text, value in observed:
        store.count(known.REFUSALS, code=text)
        store.observe(known.REQUEST_SECONDS, value, route=text)
    labels = {value for (name, *values) in store.read() for value in values[:1] if name.startswith("pixelhub_re")}
    assert labels <= known.REFUSALS.labels["code"] | known.REQUEST_SECONDS.labels["route"] | {known.OTHER}
    lines = exposition([known.REQUEST_SECONDS], store.read()).splitlines()
    counted = [float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("pixelhub_request_seconds_count")]
    assert sum(counted) == len(observed)
    for route in ("score", "other"):
        buckets = [float(line.rsplit(" ", 1)[1]) for line in lines if "_bucket" in line and f'route="{route}"' in line]
        assert buckets == sorted(buckets)


def test_a_histogram_is_written_as_prometheus_reads_it() -> None:
    store = Store()
    for seconds in (0.004, 0.2, 0.21, 99):
        store.observe(known.ANSWER_SECONDS, seconds, by="model")
    text = exposition([known.ANSWER_SECONDS, known.RAISED, known.QUEUE_ITEMS], store.read())
    assert "# TYPE pixelhub_answer_seconds histogram\n" in text
    for line in (
        'pixelhub_answer_seconds_bucket{by="model",le="0.005"} 1',
        'pixelhub_answer_seconds_bucket{by="model",le="0.2"} 2',
        'pixelhub_answer_seconds_bucket{by="model",le="0.25"} 3',
        'pixelhub_answer_seconds_bucket{by="model",le="10"} 3',
        'pixelhub_answer_seconds_bucket{by="model",le="+Inf"} 4',
        'pixelhub_answer_seconds_count{by="model"} 4',
        "pixelhub_raised_by_rules_total 0",
    ):
        assert f"{line}\n" in text
    assert "pixelhub_queue_items{" not in text
