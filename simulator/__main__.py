"""The command line: `python -m simulator --port 8001 --config simulator.json [--host 127.0.0.1]`."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulator.reading import ConfigError
from simulator.server import running


def main() -> int:
    """Serve until SIGINT or SIGTERM; returns the exit code."""
    arguments = _parser().parse_args()
    stop = _stop_on_signal()
    try:
        with running(_read(arguments.config), port=arguments.port, host=arguments.host) as simulator:
            sys.stdout.write(f"Simulator ready: phone at {simulator.url}/\n")
            sys.stdout.flush()
            stop.wait()
    except (ConfigError, OSError) as error:
        sys.stderr.write(f"The simulator cannot start: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator", description="Plays Twilio and a customer's phone."
    )
    parser.add_argument("--config", type=Path, required=True, help="JSON file with the accounts and numbers")
    parser.add_argument("--port", type=int, default=8001, help="0 takes any free port")
    parser.add_argument(
        "--host", default="127.0.0.1", help="anything but loopback lets strangers in: no log-in here"
    )
    return parser


def _read(path: Path) -> Mapping[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise ConfigError(f"{path} must hold one JSON object.")
    return raw


def _stop_on_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


if __name__ == "__main__":
    sys.exit(main())
