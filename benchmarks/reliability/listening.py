"""A page that listens for live updates of a hub, over a real WebSocket, and comes back when it is thrown out."""

from __future__ import annotations

import json
import threading
from types import TracebackType

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from benchmarks.labelling_hub import PixelHub, headers_of

_WAIT_SECONDS = 0.2


class Listening:
    """Counts what it hears of its project's rounds while the block lasts."""

    def __init__(self, hub: PixelHub) -> None:
        self.heard = 0
        self._url = f"{hub.url.replace('http', 'ws', 1)}/ws/live/"
        self._origin = hub.url
        self._session = hub.made["people"][0][1]
        self._topic = f"project:{hub.made['project']}:rounds"
        self._ended, self._subscribed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Listening:
        self._thread.start()
        if not self._subscribed.wait(30):
            raise RuntimeError("the hub did not take a live connection within 30 s")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                self._hear()
            except (OSError, WebSocketException):
                self._ended.wait(_WAIT_SECONDS)

    def _hear(self) -> None:
        headers = {"Cookie": headers_of(self._session)["Cookie"]}
        with connect(self._url, origin=self._origin, additional_headers=headers) as socket:  # type: ignore[arg-type]
            socket.send(json.dumps({"subscribe": [self._topic]}))
            while not self._ended.is_set():
                try:
                    said = json.loads(socket.recv(timeout=_WAIT_SECONDS))
                except TimeoutError:
                    continue
                self._subscribed.set()
                self.heard += said["type"] == "changed"
