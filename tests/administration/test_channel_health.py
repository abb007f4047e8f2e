"""Channel health: figures, open incidents with their next step, Fetch missed messages, drift."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app import drift, incidents
from channels_app.models import ProviderAccount
from channels_app.models_health import AccountWatch, Incident
from simulator.server import running
from tests.administration.conftest import messages_of
from tests.world import ACCOUNT_SID, AUTH_TOKEN, OUR_NUMBER, World, post_webhook, text_params

PAGE = "/admin/diagnostics/channel-health/"


@pytest.fixture
def simulator(world: World) -> Any:
    numbers = [{"phone_number": f"+{OUR_NUMBER}", "sms_url": world.inbound_url}]
    account = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "numbers": numbers}
    with running({"accounts": [account]}) as simulator:
        ProviderAccount.objects.update(base_url=simulator.url)
        yield simulator


def test_figures_and_incidents_are_shown_with_the_next_step(ada: Client, world: World, drain: Any) -> None:
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()
    ProviderAccount.objects.update(last_validation_status="error: wrong token")
    incidents.look(now=timezone.now())

    page = ada.get(PAGE).content.decode()

    assert OUR_NUMBER in page
    assert "wrong token" in page
    assert "Validate API Key" in page
    assert AUTH_TOKEN not in page
    assert world.sms_settings.inbound_url.token not in page


def test_who_may_see_it_and_who_may_fetch(as_user: Any, world: World) -> None:
    assert "Fetch missed messages</button>" not in as_user("sam").get(PAGE).content.decode()
    url = reverse("admin:channel-health-look", args=[world.sms_settings.account_id])
    assert as_user("sam").post(url).status_code == 403
    assert as_user("ada").get(url).status_code == 405
    assert as_user("ada").post(url.replace("1", "99")).status_code in {302, 404}


def test_fetching_by_hand_tells_what_it_came_to(ada: Client, world: World, simulator: Any) -> None:
    url = reverse("admin:channel-health-look", args=[world.sms_settings.account_id])
    told = messages_of(ada.post(url, follow=True))
    assert told == [
        "success: The provider lists no texts of the last 3 days. "
        "Texts of the last two minutes are not compared yet."
    ]
    assert AccountWatch.objects.get().drift == []


def test_an_inbound_url_that_differs_is_an_incident_until_it_is_mended(world: World, simulator: Any) -> None:
    account, now = ProviderAccount.objects.get(), timezone.now()
    number = simulator.state.accounts[ACCOUNT_SID].numbers[f"+{OUR_NUMBER}"]
    for url, kind, words in [
        ("https://else.example/secret-token", "webhook_drift", "posts to https://else.example/…, not to"),
        ("", "webhook_drift", "posts to nowhere"),
    ]:
        number.sms_url = url
        assert drift.look(account, now=now) == ""
        incidents.look(now=now)
        incident = Incident.objects.get(ended_at=None)
        assert incident.kind == kind
        assert words in incident.details
        assert "secret-token" not in incident.details
    number.sms_url = f"{world.inbound_url.rstrip('/')}#rc=3&rp=all"
    drift.look(account, now=now)
    incidents.look(now=now + timedelta(minutes=1))
    assert not Incident.objects.filter(ended_at=None).exists()


def test_a_number_that_left_the_account_is_an_incident(world: World, simulator: Any) -> None:
    simulator.state.accounts[ACCOUNT_SID].numbers.clear()
    drift.look(ProviderAccount.objects.get(), now=timezone.now())
    incidents.look(now=timezone.now())
    assert Incident.objects.get().kind == "number_lost"


def test_what_was_known_stays_when_the_provider_does_not_answer(world: World) -> None:
    assert drift.look(ProviderAccount.objects.get(), now=timezone.now())
    assert not AccountWatch.objects.filter(drift_checked_at__isnull=False).exists()


def test_incidents_are_listed_open_and_ended(ada: Client, world: World) -> None:
    ProviderAccount.objects.update(last_validation_status="error: wrong token")
    incidents.look(now=timezone.now())
    for state, found in [("open", 1), ("ended", 0)]:
        page = ada.get(f"/admin/channels_app/incident/?state={state}")
        assert len(page.context["cl"].result_list) == found
