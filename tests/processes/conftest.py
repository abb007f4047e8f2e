"""Tests with real processes need a database that several processes share."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder are process tests."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.processes)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(autouse=True)
def on_postgresql() -> None:
    """SQLite's test database lives in one process."""
    if django_settings.IS_SQLITE:
        pytest.skip("needs DATABASE_URL=postgres://…")


@pytest.fixture
def real_passwords(settings: Any) -> None:
    """The other processes read the hashes that this one writes."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
