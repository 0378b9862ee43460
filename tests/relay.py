"""A wire to a server that can be cut, held or unplugged while it is in use: for clients of long-lived connections."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Relay:
    """Its `port`, and what happens to the connections through it."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        #: Each so many-th time that the server says something, the line breaks and nobody hears it; 0: never.
        self.loses_every = 0
        self._answers = 0
        #: Nothing passes in either direction while this is not set.
        self.flows = threading.Event()
        self.flows.set()
        #: Whether connections are taken at all.
        self.is_plugged = True
        self.connections = 0

    def cut(self) -> None:
        """Break every connection by RST."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    def serve(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            try:
                far = socket.create_connection(("127.0.0.1", self._upstream)) if self.is_plugged else None
            except OSError:
                far = None
            if far is None:
                near.close()
                continue
            with self._lock:
                self._pairs.append((near, far))
            for source, sink, is_answer in ((near, far, False), (far, near, True)):
                threading.Thread(target=self._pump, args=(source, sink, is_answer), daemon=True).start()

    def stop(self) -> None:
        self.flows.set()
        self._server.close()
        self.cut()

    def _pump(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.flows.wait()
                # The answer to the handshake is none that anybody waits for.
                if is_answer and not data.startswith(b"HTTP/1.1") and self._loses():
                    self.cut()
                    return
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _loses(self) -> bool:
        with self._lock:
            self._answers += 1
            return self.loses_every > 0 and self._answers % self.loses_every == 0


@contextmanager
def relay(upstream: int) -> Iterator[Relay]:
    """A wire on loopback before the port `upstream`."""
    wire = Relay(upstream)
    threading.Thread(target=wire.serve, daemon=True).start()
    try:
        yield wire
    finally:
        wire.stop()
