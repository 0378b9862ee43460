"""Races between real processes on a real database.

`run_race(database_url, folder, "tests.annotation.race_acts:claim_and_submit", arguments)` forks a process for each
argument from one with Django on that database; all wait at a barrier, then act at once. What each returns comes back in
the order of the arguments. A module may have `before_fork()`, called before the racers are made. `in_database` runs one
function the same way, to prepare or to look afterwards.
"""

import multiprocessing
import os
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.forkserver import forked


class RaceError(AssertionError):
    """A racer ended with an exception; the message is its traceback."""


def in_database(database_url: str, folder: Path, act: str, *arguments: Any) -> Any:
    """Call `module:function` with the arguments in a process of its own on that database."""
    return run_race(database_url, folder, act, [list(arguments)])[0]


def run_race(database_url: str, folder: Path, act: str, arguments: Sequence[list[Any]]) -> list[Any]:
    """Call `module:function` in one process for each list of arguments, all at once. Raises RaceError."""
    # What every racer would import for itself, inside its transaction, is there before the fork.
    load = [act.partition(":")[0]]
    done = forked(_environment(database_url, folder), "tests.races:race", act, list(arguments), load=load)
    if done.returncode != 0:
        raise RaceError(done.stderr[-3000:])
    failed = [answer["error"] for answer in done.result if "error" in answer]
    if failed:
        raise RaceError(f"{len(failed)} of {len(done.result)} racers failed, the first with:\n{failed[0]}")
    return [answer["result"] for answer in done.result]


def _environment(database_url: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "DATABASE_CONN_MAX_AGE": "0",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PIXELHUB_VAR_DIR": str(folder / "var"),
        "OMP_NUM_THREADS": "1",
    }


def race(act: str, arguments: list[list[Any]]) -> list[dict[str, Any]]:
    """In the process that has forked for it: make the racers, let them go at once, hear each out."""
    module, _, name = act.partition(":")
    function = getattr(import_module(module), name)
    # Forked before anything has a database connection: each racer opens its own.
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(len(arguments))
    readers, racers = [], []
    for each in arguments:
        reader, writer = context.Pipe(duplex=False)
        racer = context.Process(target=_racer, args=(function, each, barrier, writer))
        racer.start()
        writer.close()
        readers.append(reader)
        racers.append(racer)
    answers = [reader.recv() for reader in readers]
    for racer in racers:
        racer.join()
    return answers


def _racer(function: Any, arguments: list[Any], barrier: Any, writer: Any) -> None:
    try:
        barrier.wait(timeout=180)
        answer = {"result": function(*arguments)}
    except BaseException:
        answer = {"error": traceback.format_exc()[-3000:]}
    writer.send(answer)
