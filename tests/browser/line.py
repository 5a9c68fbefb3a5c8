"""A line between a browser and the server that a test can cut, as a tunnel does it to a train."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

RESET = struct.pack("ii", 1, 0)


class Line:
    """Passes bytes on in both directions; while `most` is set, a connection that sends more is cut off."""

    def __init__(self, host: str) -> None:
        name, port = host.split(":")
        self.server = (name, int(port))
        self.most: int | None = None
        self.cuts = 0
        self._ears = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._ears.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._ears.accept()
                far = socket.create_connection(self.server)
                threading.Thread(target=self._pass, args=(near, far, True), daemon=True).start()
                threading.Thread(target=self._pass, args=(far, near, False), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, up: bool) -> None:
        sent = 0
        with suppress(OSError):
            while data := source.recv(32 * 1024):
                sent += len(data)
                if up and self.most is not None and sent > self.most:
                    self.cuts += 1
                    for end in (source, target):
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        self._ears.close()


@contextmanager
def line_to(host: str) -> Iterator[Line]:
    line = Line(host)
    try:
        yield line
    finally:
        line.close()
