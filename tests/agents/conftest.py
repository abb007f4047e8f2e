"""What the tests of access share."""

import time
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django_otp.oath import TOTP

from agents import second_factor
from agents.authenticators import Authenticator
from agents.models import User

LOGIN = "/login/"


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """A process remembers for whom a second factor is required."""
    cache.clear()


def log_in(client: Client, username: str, password: str = "", **more: Any) -> Any:
    form = {"username": username, "password": password or f"{username}-password", **more.pop("form", {})}
    return client.post(LOGIN, form, **more)


def is_in(client: Client) -> bool:
    return client.get("/desk/open/").status_code == 200


def code_of(device: Authenticator, *, steps: int = 0) -> str:
    """What the app shows, now or `steps` half minutes later."""
    import base64

    totp = TOTP(base64.b32decode(device.key.reveal()), drift=steps)
    totp.time = time.time()
    return f"{totp.token():06}"


def with_second_factor(user: User) -> tuple[Authenticator, list[str]]:
    """Set up, as if half a minute ago, so that the present code counts."""
    device = second_factor.prepare(user)
    codes = second_factor.confirm(user=user, code=code_of(device, steps=-1))
    assert codes is not None
    device.refresh_from_db()
    return device, codes
