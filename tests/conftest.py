"""Fixtures for all tests: no network, a small world, and a queue that is drained, not faked."""

import socket
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client

from agents.second_factor import REQUIRED
from channels_app import doors, inbound_urls
from conversations import quick_replies
from conversations.models_quick_replies import QuickReply
from omnichannel.lib import queue
from tests.world import World, build_world

LOOPBACK = {"127.0.0.1", "::1", "localhost", "", None}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make soak` runs the long form of the tests that have one."""
    parser.addoption("--soak", action="store_true", help="ten times as many crashes and texts")


@pytest.fixture
def times_as_many(request: pytest.FixtureRequest) -> int:
    """1, or 10 in a soak."""
    return 10 if request.config.getoption("--soak") else 1


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this machine may be reached, by address and by name: names resolve before sockets connect."""
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {address}")
        return connect(self, address)

    def guarded_resolve(host: Any, *args: Any, **options: Any) -> Any:
        if (host.decode() if isinstance(host, bytes) else host) not in LOOPBACK:
            raise AssertionError(f"a test tried to resolve {host}")
        return resolve(host, *args, **options)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)


@pytest.fixture(autouse=True)
def settings_for_tests(settings: Any) -> None:
    """Cheap passwords; no static files (each new client would read them all); plain http to the views."""
    settings.WHITENOISE_USE_FINDERS = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SECURE_SSL_REDIRECT = False
    # A process knows for some seconds that no role needs a second factor; here for the whole test.
    cache.set(REQUIRED, [], None)
    doors.forget_doors()
    inbound_urls.forget_uses()


@pytest.fixture
def drain() -> Callable[[], int]:
    """Runs every doorbell's task until nothing is due, as workers do: rows first, work afterwards."""

    def run() -> int:
        return queue.run_all(django_settings.LANES)

    return run


@pytest.fixture
def world(db: None) -> World:
    """A work stream with a Twilio number, two queues, an administrator, a supervisor and two agents."""
    return build_world()


@pytest.fixture
def as_user(world: World) -> Callable[[str], Client]:
    """A browser session of one of the world's people, by username."""

    def login(username: str) -> Client:
        client = Client()
        client.force_login(world.users[username])
        return client

    return login


@pytest.fixture
def anonymous() -> Client:
    """A browser without a session."""
    return Client()


@pytest.fixture
def taken_meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Another quick reply is stored just after it was checked that its title is free."""

    def arrange(**reply: Any) -> None:
        check, calls = quick_replies.check_free, count()

        def checked(**asked: Any) -> None:
            if next(calls) == 0:
                check(**asked)
                QuickReply.objects.create(message="x", **reply)
                return
            # It may have been rolled back with this request; in truth it is another's, and stays.
            QuickReply.objects.get_or_create(**reply)
            check(**asked)

        monkeypatch.setattr(quick_replies, "check_free", checked)

    return arrange
