"""Load on loopback, closed loop or at a fixed rate, and CPU-seconds of process trees."""

import os
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.world import signature, text_params

TICKS = os.sysconf("SC_CLK_TCK")


def signed_request(url: str, text: str, *, number: int, sender: str) -> bytes:
    """A whole HTTP request, signed; made before the clock runs."""
    params = text_params(text, number=number, sender=sender)
    body = urlencode(params).encode()
    parts = urlsplit(url)
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
        f"X-Twilio-Signature: {signature(url, params)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send(address: tuple[str, int], request: bytes) -> None:
    """One request on a connection of its own; raises when the answer is not 200."""
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(request)
        answer = connection.recv(4096)
        while connection.recv(4096):
            pass
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"unexpected answer: {answer[:80]!r}")


def closed_loop(address: tuple[str, int], requests: Sequence[bytes], *, clients: int = 8) -> float:
    """Send all requests as fast as `clients` at once get answers; returns the seconds it took."""
    pending = iter(requests)
    lock = threading.Lock()
    errors: list[Exception] = []

    def client() -> None:
        while not errors:
            with lock:
                request = next(pending, None)
            if request is None:
                return
            try:
                send(address, request)
            except Exception as error:  # told by the caller
                errors.append(error)

    started = time.perf_counter()
    _run([threading.Thread(target=client) for _ in range(clients)])
    if errors:
        raise errors[0]
    return time.perf_counter() - started


def open_loop(address: tuple[str, int], requests: Sequence[bytes], *, rate: float) -> list[float]:
    """Send at a fixed rate whatever the answers take; returns when each was sent (epoch seconds)."""
    sent = [0.0] * len(requests)
    threads = []
    started = time.perf_counter()

    def one(index: int) -> None:
        sent[index] = time.time()
        send(address, requests[index])

    for index in range(len(requests)):
        pause = started + index / rate - time.perf_counter()
        if pause > 0:
            time.sleep(pause)
        thread = threading.Thread(target=one, args=(index,))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    return sent


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of processes, with that of their ended children."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(field) for field in fields[11:15])
    return total / TICKS


def database_pids() -> list[int]:
    """All processes of PostgreSQL servers on this machine."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name = (entry / "comm").read_text().strip()
            except OSError:
                continue
            if name.startswith("postgres"):
                found.append(int(entry.name))
    return found


def _run(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
