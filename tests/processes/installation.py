"""A whole installation in real processes: gunicorn, the task queue, and the simulator in Twilio's place."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from django.conf import settings
from django.db import connection

from simulator.server import Simulator, running
from tests.world import ACCOUNT_SID, AUTH_TOKEN, OUR_NUMBER, World, build_world, signature, text_params

ROOT = Path(settings.BASE_DIR)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def database_url() -> str:
    """The tests' own database, as another process reaches it."""
    parts = urlsplit(settings.DATABASE_URL)
    return urlunsplit(parts._replace(path="/" + str(connection.settings_dict["NAME"])))


def wait_until(condition: Callable[[], Any], *, seconds: float = 30, what: str = "") -> Any:
    """The condition's value once it is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"after {seconds} s still not: {what or condition}")


def descendants(pid: int) -> list[int]:
    """A process and everything below it, deepest last (from /proc)."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, queue = [], [pid]
    while queue:
        found.append(queue[0])
        queue += children.get(queue.pop(0), [])
    return found


@dataclass
class Installation:
    """The processes, and what a test does with them."""

    world: World
    simulator: Simulator
    web: str
    environment: dict[str, str]
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start_web(self, *, workers: int = 2) -> None:
        """gunicorn, until it answers."""
        port = urlsplit(self.web).port
        command = ["gunicorn", "omnichannel.wsgi", "--workers", str(workers), "--no-control-socket"]
        self._start("web", [*command, "--bind", f"127.0.0.1:{port}", "--log-level", "warning"])
        wait_until(self._answers, what="the web server answers")

    def start_worker(self) -> None:
        """The supervised task queue."""
        command = [sys.executable, "manage.py", "qcluster"]
        self.processes["worker"] = subprocess.Popen(command, cwd=ROOT, env=self.environment)

    def kill_worker(self) -> None:
        """The supervisor and all its lanes, -9, at once."""
        worker = self.processes.pop("worker")
        pids = descendants(worker.pid)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        for pid in {*pids, *descendants(worker.pid)}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        worker.wait()

    def stop(self) -> None:
        """Everything, in good order."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                for pid in descendants(process.pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)

    def post_text(self, text: str, **about: Any) -> int:
        """A signed webhook over HTTP; returns the status."""
        params = text_params(text, **about)
        headers = {"X-Twilio-Signature": signature(self.world.inbound_url, params)}
        return requests.post(self.world.inbound_url, data=params, headers=headers, timeout=30).status_code

    def token(self, username: str) -> str:
        """An API token, by the front door."""
        body = {"username": username, "password": f"{username}-password"}
        answer = requests.post(f"{self.web}/api/v1/token/", json=body, timeout=30)
        token: str = answer.json()["token"]
        return token

    def _start(self, name: str, arguments: list[str]) -> None:
        command = [sys.executable, "-m", *arguments]
        self.processes[name] = subprocess.Popen(command, cwd=ROOT, env=self.environment)

    def _answers(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.web}/healthz", timeout=2).status_code == 200
        return False


@contextlib.contextmanager
def installed(django_settings: Any, **environment: str) -> Iterator[Installation]:
    """An installation on the tests' database; its processes are the caller's to start."""
    web = f"http://127.0.0.1:{free_port()}"
    django_settings.PUBLIC_BASE_URL = web
    account = {
        "account_sid": ACCOUNT_SID,
        "auth_token": AUTH_TOKEN,
        "numbers": [{"phone_number": f"+{OUR_NUMBER}", "sms": True, "sms_url": "", "sms_method": "POST"}],
    }
    with running({"accounts": [account], "callbacks": {"delay_ms": 50}}) as simulator:
        world = build_world(base_url=simulator.url)
        inherited = {
            "DATABASE_URL": database_url(),
            "PUBLIC_BASE_URL": web,
            "DEBUG": "false",
            "ALLOWED_HOSTS": "127.0.0.1",
            "LOG_LEVEL": "ERROR",
        }
        installation = Installation(world, simulator, web, os.environ | inherited | environment)
        try:
            yield installation
        finally:
            installation.stop()
