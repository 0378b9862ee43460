"""Processes of tests that need not load Django and every app: one process has them, and forks another for each act.

An interpreter that imports the hub takes seconds of processor time, and tests ask for hundreds of processes, most of
them for a moment. `forked(...)` starts one server for each settings module when it is first asked for, and has it fork:
the child takes over the environment that it is given, reads the settings anew from it, and has no database connection
of anybody's. What its parent knows is the code and nothing else.

A process that is to be killed, or watched while it starts, is started by its test instead.
"""

import atexit
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from tests.paths import PROJECT_ROOT

LIMIT_SECONDS = 600


@dataclass(frozen=True)
class Done:
    """How an act ended; 0 and what it returned, or what it wrote on standard error."""

    returncode: int
    result: Any
    stderr: str


def forked(environment: Mapping[str, str], act: str, *arguments: Any, load: Sequence[str] = ()) -> Done:
    """Call `module:function` with arguments that JSON can tell, in a process with this environment.

    The modules in `load` are imported before the fork and stay for later acts; a `before_fork()` of theirs is called.
    """
    settings_module = environment["DJANGO_SETTINGS_MODULE"]
    server = _servers.get(settings_module)
    if server is None or not server.lives:
        server = _servers[settings_module] = _Server(environment)
    return server.do(environment, act, arguments, load)


class _Server:
    """The parent's end."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forkserver"],
            cwd=PROJECT_ROOT,
            env={**environment, "PYTHONPATH": str(PROJECT_ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def do(self, environment: Mapping[str, str], act: str, arguments: Sequence[Any], load: Sequence[str]) -> Done:
        assert self._process.stdin is not None and self._process.stdout is not None
        with tempfile.TemporaryDirectory(prefix="pixelhub-act-") as folder:
            asked = {"environment": dict(environment), "act": act, "arguments": arguments, "load": list(load)}
            self._process.stdin.write(json.dumps({**asked, "folder": folder}) + "\n")
            self._process.stdin.flush()
            if not select.select([self._process.stdout], [], [], LIMIT_SECONDS)[0]:
                self.end()
                raise TimeoutError(f"{act} took longer than {LIMIT_SECONDS} s")
            told = self._process.stdout.readline()
            if not told:
                raise RuntimeError(f"the process that forks for tests has ended, asked for {act}")
            stderr = (Path(folder) / "stderr").read_text(errors="replace")
            result = Path(folder) / "result"
            code = int(told)
            return Done(code, json.loads(result.read_bytes()) if code == 0 else None, stderr)

    def end(self) -> None:
        """With whatever it has forked."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


_servers: dict[str, _Server] = {}


@atexit.register
def _end_servers() -> None:
    for server in _servers.values():
        server.end()


def _serve(requests: TextIO, answers: TextIO) -> None:
    import django

    django.setup()
    for line in requests:
        asked = json.loads(line)
        child = 0
        try:
            for module in asked["load"]:
                getattr(importlib.import_module(module), "before_fork", lambda: None)()
            gc.collect()
            gc.freeze()  # what is shared stays shared
            child = os.fork()
        except Exception:
            (Path(asked["folder"]) / "stderr").write_text(traceback.format_exc())
            answers.write("1\n")
            answers.flush()
            continue
        if child == 0:
            _act(asked)
        answers.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        answers.flush()


def _act(asked: dict[str, Any]) -> None:
    """In the child; never returns."""
    code = 1
    try:
        folder = Path(asked["folder"])
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.dup2(os.open(folder / "stderr", os.O_WRONLY | os.O_CREAT), 2)
        _take_over(asked["environment"])
        module, _, name = asked["act"].partition(":")
        result = getattr(importlib.import_module(module), name)(*asked["arguments"])
        (folder / "result").write_text(json.dumps(result, default=str))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(BaseException):
            sys.stderr.flush()
        os._exit(code)


def _take_over(environment: dict[str, str]) -> None:
    """Be a process that was started with this environment."""
    from django.conf import settings
    from django.core.cache import caches
    from django.db import connections
    from django.utils.functional import empty

    os.environ.clear()
    os.environ.update(environment)
    for name in [name for name in sys.modules if f"{name}.".startswith(("pixelhub.settings.", "tests.settings."))]:
        del sys.modules[name]
    settings._wrapped = empty
    for handler in (connections, caches):
        handler.__dict__.pop("settings", None)
        handler._settings = None
        for alias in list(handler):
            with suppress(AttributeError):
                del handler[alias]


if __name__ == "__main__":
    # What libraries print must not be read as an answer.
    with os.fdopen(os.dup(1), "w") as own:
        os.dup2(2, 1)
        _serve(sys.stdin, own)
