"""Where a provider keeps files: an HTTP server on loopback that answers as a table says, and what it saw."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image


@dataclass
class Answer:
    """One answer. `pause_s` is waited between pieces of a KiB; `promises` is the Content-Length, if any."""

    body: bytes = b""
    content_type: str = "image/jpeg"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause_s: float = 0.0
    promises: int | None = -1  # -1: the true one


@dataclass
class Seen:
    """A request as it came."""

    path: str
    authorization: str
    host: str


class Host:
    """Answers `table` by path; a list of answers is given one after the other, the last one for good."""

    def __init__(self) -> None:
        self.table: dict[str, Answer | list[Answer]] = {}
        self.seen: list[Seen] = []
        self.sent = 0
        self.connections = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def next_answer(self, path: str) -> Answer:
        found = self.table.get(path, Answer(status=404, content_type="text/plain", body=b"no"))
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found

    def _handler(host: Host) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def setup(self) -> None:
                host.connections += 1
                super().setup()

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                host.seen.append(
                    Seen(path, self.headers.get("Authorization", ""), self.headers.get("Host", ""))
                )
                answer = host.next_answer(path)
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                if answer.promises is not None:
                    length = len(answer.body) if answer.promises < 0 else answer.promises
                    self.send_header("Content-Length", str(length))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    for start in range(0, len(answer.body), 1024):
                        self.wfile.write(answer.body[start : start + 1024])
                        host.sent += len(answer.body[start : start + 1024])
                        if answer.pause_s:
                            time.sleep(answer.pause_s)
                except OSError:
                    pass

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@contextmanager
def media_host() -> Iterator[Host]:
    """A host for the time of a block."""
    host = Host()
    try:
        yield host
    finally:
        host.close()


def picture(form: str = "JPEG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    """A small real picture."""
    made = io.BytesIO()
    Image.new("RGB", size, (200, 40, 40)).save(made, form, **options)
    return made.getvalue()
