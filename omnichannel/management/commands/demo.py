"""`make demo`: the whole product on this machine, with a simulator in the providers' place."""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from agents.models import User
from omnichannel import demo, demo_channels
from omnichannel.models import WorkerHeartbeat

LOOPBACK = "127.0.0.1"


class Command(BaseCommand):
    """Migrates, loads demo data once, and runs web, worker and simulator until Ctrl-C."""

    help = "Runs the demo."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The two ports, and how much there is at the start."""
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--sim-port", type=int, default=8001)
        parser.add_argument("--nudges-port", type=int, help="where pages hear of news (any free port)")
        parser.add_argument(
            "--empty", action="store_true", help="with an administrator only, to set up the rest by hand"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until a signal comes or one of the processes ends."""
        if not demo.is_allowed():
            raise CommandError("Only with DEMO=true: the demo's passwords are published.")
        nudges_port = options["nudges_port"] or free_port()
        for port in (options["port"], options["sim_port"], nudges_port):
            check_free(port)
        web, simulator = f"http://{LOOPBACK}:{options['port']}", f"http://{LOOPBACK}:{options['sim_port']}"
        call_command("migrate", verbosity=0, interactive=False)
        demo.load(simulator=simulator, is_empty=options["empty"])
        # New SMS settings start with it, see accounts.usual_base_url.
        os.environ["SIMULATOR_URL"] = simulator
        os.environ["NUDGES_URL"] = f"http://{LOOPBACK}:{nudges_port}/"
        var = Path(settings.VAR_DIR)
        (var / "demo.json").unlink(missing_ok=True)
        (var / "simulator.json").write_text(json.dumps(demo_channels.simulator_config(), indent=2))
        processes = start(options["port"], options["sim_port"], nudges_port, var / "simulator.json")
        try:
            for port in (options["sim_port"], options["port"], nudges_port):
                wait_for(port, processes)
            wait_for_workers(processes)
            (var / "demo.json").write_text(
                json.dumps(demo.description(web=web, simulator=simulator), indent=2)
            )
            self.stdout.write(welcome(web, simulator))
            self.stdout.flush()
            run_until_stopped(processes)
        finally:
            stop(processes)


def check_free(port: int) -> None:
    """Raise CommandError when somebody listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise CommandError(f"Port {port} is taken: run `make demo PORT=… SIM_PORT=…`.") from error


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def start(port: int, sim_port: int, nudges_port: int, config: Path) -> dict[str, "subprocess.Popen[bytes]"]:
    """Start the four processes, each in a group of its own (Ctrl-C is for us to pass on)."""
    python = sys.executable
    commands = {
        "simulator": [python, "-m", "simulator", "--port", str(sim_port), "--config", str(config)],
        "worker": [python, "manage.py", "qcluster"],
        "web": [
            *[python, "-m", "gunicorn", "omnichannel.wsgi", "--workers", "2", "--no-control-socket"],
            *["--bind", f"{LOOPBACK}:{port}", "--log-level", "warning"],
        ],
        "nudges": [
            *[python, "-m", "uvicorn", "omnichannel.nudges:application", "--port", str(nudges_port)],
            *["--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "1"],
        ],
    }
    root = settings.BASE_DIR
    return {
        name: subprocess.Popen(command, cwd=root, env=os.environ, start_new_session=True)
        for name, command in commands.items()
    }


def wait_for(port: int, processes: dict[str, "subprocess.Popen[bytes]"], *, seconds: float = 30) -> None:
    """Wait until the port answers; raises CommandError when it does not, or a process ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended(processes)
        with socket.socket() as probe:
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.1)
    raise CommandError(f"Nothing answers on port {port}.")


def wait_for_workers(processes: dict[str, "subprocess.Popen[bytes]"], *, seconds: float = 60) -> None:
    """Wait until each lane has shown life since now; raises CommandError when one does not."""
    started, deadline = timezone.now(), time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended(processes)
        alive = WorkerHeartbeat.objects.filter(beat_at__gte=started).values_list("lane", flat=True)
        if set(alive) >= set(settings.LANES):
            return
        time.sleep(0.2)
    raise CommandError("The task queue shows no life.")


def ended(processes: dict[str, "subprocess.Popen[bytes]"]) -> None:
    """Raise CommandError when a process ended by itself."""
    for name, process in processes.items():
        if process.poll() is not None:
            raise CommandError(f"The {name} process ended (exit code {process.returncode}).")


def run_until_stopped(processes: dict[str, "subprocess.Popen[bytes]"]) -> None:
    """Return on SIGTERM or Ctrl-C."""
    is_stopping = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal is_stopping
        is_stopping = True

    signal.signal(signal.SIGTERM, note)
    signal.signal(signal.SIGINT, note)
    while not is_stopping:
        time.sleep(0.3)
        if not is_stopping:
            ended(processes)


def stop(processes: dict[str, "subprocess.Popen[bytes]"]) -> None:
    """Ask all to stop, then insist."""
    for process in processes.values():
        if process.poll() is None:
            process.terminate()
    for process in processes.values():
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def welcome(web: str, simulator: str) -> str:
    """What is printed when everything runs."""
    there = set(User.objects.filter(is_demo=True).values_list("username", flat=True))
    logins = "\n".join(
        f"  {role.removeprefix('Omnichannel '):<14} {username:<8} {demo.password_of(username)}"
        for username, _, _, role in demo.PEOPLE
        if username in there
    )
    return f"""
Omnichannel runs. Stop it with Ctrl-C; `make clean` forgets its data.

  A customer's phone   {simulator}/
  The agents' desk     {web}/desk/
  Administration       {web}/admin/
  API                  {web}/api/v1/   (schema: {web}/api/v1/schema/)

{logins}

  Twilio    Account SID {demo_channels.ACCOUNT_SID}, Auth Token {demo_channels.AUTH_TOKEN}
            SMS {demo_channels.NUMBER}, WhatsApp {demo_channels.WHATSAPP_NUMBER}
  TeleSign  Customer ID {demo_channels.CUSTOMER_ID}, API key {demo_channels.API_KEY}
            SMS {demo_channels.TELESIGN_NUMBER}

The same for programs: {Path(settings.VAR_DIR) / "demo.json"}
"""
