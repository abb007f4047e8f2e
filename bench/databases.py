"""A database of a bench's own, on the server of DATABASE_URL."""

import contextlib
import os
from urllib.parse import urlsplit, urlunsplit

import psycopg2

SERVER = os.environ.get("DATABASE_URL", "postgres://127.0.0.1:5432/postgres")
HOST = "127.0.0.1"


def of_its_own(name: str) -> dict[str, str]:
    """The environment in which our settings use it."""
    return {
        "DATABASE_URL": urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}")),
        "DJANGO_SETTINGS_MODULE": "omnichannel.settings",
        "SECRET_KEY": "bench-only-not-a-secret",
        "FIELD_KEYS": "dGVzdHMtb25seS1ub3QtYS1zZWNyZXQtMzItYnl0ZXM=",
        "PUBLIC_BASE_URL": f"http://{HOST}:8000",
    }


def recreate(name: str) -> None:
    """Make it, empty."""
    with contextlib.closing(psycopg2.connect(SERVER)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {name}")
