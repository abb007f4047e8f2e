"""Validate API Key over real sockets: every outcome through the page and through the API."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from channels_app.models import ProviderAccount, SmsSettings
from simulator.server import Simulator
from tests.api.conftest import Api
from tests.at_provider import simulated
from tests.world import ACCOUNT_SID, OUR_NUMBER, World

Arrange = Callable[[Simulator], contextlib.AbstractContextManager[None]]


def account(**values: Any) -> Arrange:
    return changed(lambda simulator: simulator.save_account(account_sid=ACCOUNT_SID, **values))


def mode(name: str) -> Arrange:
    return changed(lambda simulator: simulator.change_mode(name))


def changed(change: Callable[[Simulator], Any]) -> Arrange:
    @contextlib.contextmanager
    def arrange(simulator: Simulator) -> Iterator[None]:
        change(simulator)
        yield

    return arrange


def moved_to(base_url: str) -> Arrange:
    return changed(lambda simulator: ProviderAccount.objects.update(base_url=base_url))


def without_number(simulator: Simulator) -> None:
    del simulator.state.accounts[ACCOUNT_SID].numbers[f"+{OUR_NUMBER}"]


@contextlib.contextmanager
def nobody_listens(simulator: Simulator) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    ProviderAccount.objects.update(base_url=f"http://127.0.0.1:{port}")
    yield


@contextlib.contextmanager
def full_queue(simulator: Simulator) -> Iterator[None]:
    """A server that takes no further connection: the connection times out."""
    with socket.socket() as listening, contextlib.ExitStack() as stack:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        ProviderAccount.objects.update(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}")
        yield


OUTCOMES = [
    pytest.param(account(), "good", "success", id="good"),
    pytest.param(account(type="Trial"), "trial", "warning", id="trial"),
    pytest.param(account(auth_token="changed"), "bad_credentials", "error", id="bad token"),
    pytest.param(moved_to("http://127.0.0.1:1"), "unreachable", "error", id="refused by the port of nobody"),
    pytest.param(account(status="closed"), "closed", "error", id="closed"),
    pytest.param(account(status="suspended"), "suspended", "error", id="suspended"),
    pytest.param(changed(without_number), "not_in_account", "error", id="not in the account"),
    pytest.param(
        account(numbers=[{"phone_number": f"+{OUR_NUMBER}", "sms": False}]),
        "cannot_text",
        "error",
        id="cannot text",
    ),
    pytest.param(mode("throttled"), "throttled", "warning", id="throttled"),
    pytest.param(mode("broken"), "unreachable", "error", id="out of order"),
    pytest.param(mode("unreachable"), "unreachable", "error", id="connection broken"),
    pytest.param(nobody_listens, "unreachable", "error", id="connection refused"),
    pytest.param(full_queue, "unreachable", "error", id="connect time-out"),
    pytest.param(moved_to("https://127.0.0.1:1"), "unreachable", "error", id="not a public host"),
    pytest.param(mode("slow"), "slow", "error", id="read time-out"),
]


@pytest.fixture
def simulator(world: World) -> Iterator[Simulator]:
    with simulated(world) as running:
        yield running


@pytest.mark.parametrize("way", ["page", "API"])
@pytest.mark.parametrize(("arrange", "outcome", "level"), OUTCOMES)
def test_each_outcome_is_told_and_kept(
    world: World,
    simulator: Simulator,
    api: Api,
    as_user: Callable[[str], Client],
    monkeypatch: Any,
    arrange: Arrange,
    outcome: str,
    level: str,
    way: str,
) -> None:
    monkeypatch.setattr("channels_app.providers.twilio_checks.PATIENCE_S", 1.0)
    monkeypatch.setattr("omnichannel.lib.http.CONNECT_TIMEOUT_S", 0.3)

    with arrange(simulator):
        told = TELL[way](world, api, as_user)

    kept = SmsSettings.objects.get()
    assert (kept.last_validation_outcome, kept.last_validation_status.partition(":")[0]) == (outcome, level)
    assert kept.last_validation_on is not None
    assert any(kept.last_validation_status == one for one in told)
    of_account = ProviderAccount.objects.get()
    assert of_account.last_validated_at is not None
    # Its number is the affair of the settings, not of the account.
    expected = "good" if outcome in {"not_in_account", "cannot_text"} else outcome
    assert of_account.last_validation_outcome == expected


def on_the_page(world: World, api: Api, as_user: Callable[[str], Client]) -> list[str]:
    url = reverse("admin:channels_app_smssettings_validate", args=[world.sms_settings.pk])
    page = as_user("ada").post(url, follow=True)
    return [f"{message.level_tag}: {message}" for message in page.context["messages"]]


def over_the_api(world: World, api: Api, as_user: Callable[[str], Client]) -> list[str]:
    answer = api("ada").post(f"/api/v1/sms-settings/{world.sms_settings.pk}/validate/")
    assert answer.status_code == 200
    return [f"{check['level']}: {check['text']}" for check in answer.json()["checks"]]


TELL = {"page": on_the_page, "API": over_the_api}
