"""An installation for measuring: a database of its own, settings, and processes for the length of a block."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg2

SERVER = os.environ.get("DATABASE_URL", "postgres://127.0.0.1:5432/postgres")
HOST = "127.0.0.1"


def settle(*, database: str, port: int, **more: str) -> None:
    """Point this process and those it starts to a database and a port; before Django is loaded."""
    os.environ |= {
        "DATABASE_URL": urlunsplit(urlsplit(SERVER)._replace(path=f"/{database}")),
        "DJANGO_SETTINGS_MODULE": "omnichannel.settings",
        "SECRET_KEY": "bench-only-not-a-secret",
        "FIELD_KEYS": "dGVzdHMtb25seS1ub3QtYS1zZWNyZXQtMzItYnl0ZXM=",
        "PUBLIC_BASE_URL": f"http://{HOST}:{port}",
        "ALLOWED_HOSTS": HOST,
        "LOG_LEVEL": "ERROR",
        **more,
    }


def recreate_database() -> None:
    """An empty database."""
    name = urlsplit(os.environ["DATABASE_URL"]).path[1:]
    with contextlib.closing(psycopg2.connect(SERVER)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {name}")


def manage(*arguments: str) -> None:
    """Run a command of the project."""
    subprocess.run([sys.executable, "manage.py", *arguments], check=True)


@contextlib.contextmanager
def process(*command: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A process for the length of a block."""
    running = subprocess.Popen([sys.executable, *command], env=os.environ | environment)
    try:
        yield running
    finally:
        running.terminate()
        running.wait(60)


def gunicorn(
    application: str, port: int, **environment: str
) -> contextlib.AbstractContextManager["subprocess.Popen[bytes]"]:
    """A web server with two workers."""
    arguments = ["-m", "gunicorn", application, "--workers", "2", "--bind", f"{HOST}:{port}"]
    return process(*arguments, "--no-control-socket", "--log-level", "error", **environment)
