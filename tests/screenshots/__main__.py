"""`python -m tests.screenshots`: start the demo, wait for its jobs, tell the story, take each chapter's pictures."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import socket
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.browser import chromium
from tests.hubprocess import HubProcess
from tests.paths import PROJECT_ROOT
from tests.screenshots.camera import Camera
from tests.screenshots.pictures import CHAPTERS, PICTURES, Picture

WAIT_SECONDS = 1800
LARGEST = 100_000
PORT = 8000  # as `make run` has it; where it is taken, any other
#: Made-up words for the board of cases, the gravest last.
SAID = (
    "This exam is killing me, I could sleep for a year.",
    "My heart is racing and I can't breathe, I think I am having a panic attack.",
    "I cut myself again last night, it is the only thing that helps.",
    "I have the pills here, and I will take them tonight.",
)


class Hub(HubProcess):
    """The demo, and a way to tell the story in it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", PORT)):
            self.port, self.url = PORT, f"http://127.0.0.1:{PORT}"  # the address stands in pictures

    def tell(self, step: str) -> Any:
        """Call a function of story.py inside the hub's settings."""
        return self.python(f"from tests.screenshots import story\nresult = story.{step}()")

    def wait_for_jobs(self) -> None:
        """Until nothing is queued or running; a failed job ends the story with its reason."""
        self._until("the demo's jobs end", self._nothing_open)

    def _nothing_open(self) -> bool:
        jobs = self.rows("SELECT kind, state, error FROM jobs_job")
        failed = [f"{kind}: {error}" for kind, state, error in jobs if state == "failed"]
        if failed:
            raise RuntimeError("; ".join(failed))
        return not any(state in ("queued", "running") for _, state, _ in jobs)

    def score(self, token: str) -> list[dict[str, Any]]:
        """Ask for a score of each of the made-up texts."""
        return [self._score(token, number, text) for number, text in enumerate(SAID)]

    def wait_for_model(self, token: str) -> None:
        """Until the promoted model answers."""
        self._until("the model answers", lambda: not self.score(token)[0]["degraded"])

    def _score(self, token: str, number: int, text: str) -> dict[str, Any]:
        said = {"messages": [{"role": "user", "content": text}], "conversation_id": f"pictures-{number}"}
        request = urllib.request.Request(  # noqa: S310
            f"{self.url}/api/v1/crisis/score",
            data=json.dumps(said).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return dict(json.load(answer))

    def _until(self, what: str, question: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not question():
            if time.monotonic() > deadline:
                raise RuntimeError(f"did not happen within {WAIT_SECONDS} s: {what}")
            time.sleep(1)


def main() -> int:
    """Take the pictures; exit 1 where one is too large for the repository."""
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("--into", type=Path, default=PROJECT_ROOT / "docs" / "images", help="where pictures go")
    parser.add_argument("--folder", type=Path, help="keep the hub here: a second call goes on where the first ended")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these pictures alone")
    parser.add_argument("--missing", action="store_true", help="only those that are not there yet")
    options = parser.parse_args()
    wanted = [
        picture
        for picture in PICTURES
        if (not options.only or picture.name in options.only)
        and not (options.missing and (options.into / f"{picture.name}.webp").exists())
    ]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        raw = folder / "pictures"
        for place in (raw, options.into):
            place.mkdir(parents=True, exist_ok=True)
        hub = stack.enter_context(Hub(folder))
        hub.start("--demo")
        camera = Camera(stack.enter_context(chromium()), hub.url, hub.tell("password"), raw, options.into)
        sizes = tell(hub, camera, wanted)
    too_large = {name: size for name, size in sizes.items() if size > LARGEST}
    print(f"{len(sizes)} pictures, {sum(sizes.values()) / 1e6:.1f} MB", file=sys.stderr)
    if too_large:
        print(f"Larger than {LARGEST:,} bytes: {too_large}", file=sys.stderr)
    return bool(too_large)


def tell(hub: Hub, camera: Camera, wanted: list[Picture]) -> dict[str, int]:
    """Go through the chapters and take what is wanted of each; returns the pictures' sizes by name."""
    sizes: dict[str, int] = {}
    token = ""
    for chapter in CHAPTERS:
        if chapter == "prepared":
            hub.wait_for_jobs()
            token = hub.tell("begin")
            hub.score(token)
            hub.wait_for_jobs()
        elif chapter == "in_review":
            hub.tell("open_review")
        elif chapter == "reviewed":
            hub.tell("finish_review")
        else:
            hub.tell("promote")
            hub.wait_for_model(token)
        here = [picture for picture in wanted if picture.chapter == chapter]
        places = hub.tell("places") if here else {}
        for picture in here:
            sizes[picture.name] = camera.take(picture, places)
            print(f"{picture.name}: {sizes[picture.name]:,} bytes", flush=True)
    return sizes


if __name__ == "__main__":
    sys.exit(main())
