"""The demo, as a person starts it, and a browser."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes.installation import ROOT, free_port

HERE = Path(__file__).parent
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# Without these Chromium asks its maker's servers at every start.
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder drive a browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


def running_demo(var: Path, *options: str) -> Iterator[dict[str, Any]]:
    """`manage.py demo` in a folder of its own; yields what its demo.json says, and the folder."""
    port, sim_port = free_port(), free_port()
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}}
    environment = kept | {
        "DEMO": "true",
        "VAR_DIR": str(var),
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "LOG_LEVEL": "WARNING",
    }
    ports = ["--port", str(port), "--sim-port", str(sim_port)]
    command = [sys.executable, "manage.py", "demo", *ports, *options]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        deadline = time.monotonic() + 180
        while not (var / "demo.json").exists():
            assert process.poll() is None, "the demo ended"
            assert time.monotonic() < deadline, "the demo does not start"
            time.sleep(0.1)
        yield json.loads((var / "demo.json").read_text()) | {"var": str(var)}
    finally:
        # Not SIGINT: a shell in the background has it ignored, and so has what it starts.
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The demo that all tests share. DEMO_JSON names the demo.json of one that runs already."""
    if running := os.environ.get("DEMO_JSON"):
        yield json.loads(Path(running).read_text()) | {"var": str(Path(running).parent)}
    else:
        yield from running_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    from playwright.sync_api import expect, sync_playwright

    # A reply waits for five seconds before it leaves, and the machine may be busy with other things.
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser: Any) -> Iterator[Any]:
    """Makes pages in contexts of their own; an error in a page's console fails the test."""
    contexts, errors = [], []

    def make(**options: Any) -> Any:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    # A refused form (422) is reported by the browser as an error, and is meant.
    assert [e for e in errors if "status of 4" not in e] == []
