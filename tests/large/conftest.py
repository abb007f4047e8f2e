"""An installation with 100,000 rows of everything that grows. PostgreSQL only: plans are its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.test import Client, override_settings

from tests.large.rows import ROWS, bare_rows, copies, write_history
from tests.world import World, build_world

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder are large."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.large)
            item.add_marker(pytest.mark.django_db)


@pytest.fixture(scope="session")
def installation(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Small first, so that pages can be looked at before and after; nothing of it stays."""
    if django_settings.IS_SQLITE:
        pytest.skip("needs DATABASE_URL=postgres://…")
    plain = override_settings(SECURE_SSL_REDIRECT=False, WHITENOISE_USE_FINDERS=False)
    with django_db_blocker.unblock(), plain, transaction.atomic():
        world = build_world()
        write_history(world)
        bare_rows()
        yield world
        transaction.set_rollback(True)


@pytest.fixture(scope="session")
def ada(installation: World) -> Client:
    """The administrator's browser."""
    client = Client()
    client.force_login(installation.users["ada"])
    return client


@pytest.fixture(scope="session")
def grow(installation: World) -> Any:
    """Makes the installation large, once."""

    def run() -> None:
        with connection.cursor() as cursor:
            # Copies of rows that are right: millions of references need not be checked again.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table, statement in copies():
                cursor.execute(statement, [ROWS])
                cursor.execute(f'ANALYZE "{table}"')
            cursor.execute("SET LOCAL session_replication_role = origin")

    return run
