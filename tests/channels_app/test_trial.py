"""A test SMS: sent once, to nobody who does not want it, and told in words."""

import pytest
import responses
from django.utils import timezone

from channels_app import trial
from channels_app.models import SmsNumber
from channels_app.models_deliveries import Delivery, ProviderCall
from channels_app.opt_outs import opt_out
from channels_app.providers.base import Check
from tests.channels_app.support import MESSAGES, accept, address
from tests.channels_app.telesign import API_KEY, MESSAGING, at_telesign, reference_id
from tests.world import CUSTOMER, OUR_NUMBER, World


def sent(world: World) -> Check:
    return trial.send_test(sms_settings=world.sms_settings, to=CUSTOMER, now=timezone.now())


@pytest.mark.parametrize(
    ("status", "code", "level", "outcome", "says"),
    [
        (200, 290, "success", "good", "TeleSign took the test SMS from 14252306549 to +1 ••• ••• 00"),
        (401, 10008, "error", "bad_credentials", "API key is wrong"),
        (400, 11013, "error", "bad_credentials", "sender ID"),
        (400, 11000, "error", "refused", "not a number that can be texted"),
        (200, 237, "error", "bad_credentials", "blocked"),
        (429, 10019, "warning", "throttled", "takes no more texts at the moment."),
        (500, 10000, "warning", "slow", "look at the phone"),
    ],
)
def test_what_is_told(world: World, status: int, code: int, level: str, outcome: str, says: str) -> None:
    at_telesign(world)
    with responses.RequestsMock() as mock:
        told = {"reference_id": reference_id(), "status": {"code": code}}
        mock.add(responses.POST, MESSAGING, status=status, json=told)
        check = sent(world)
        assert len(mock.calls) == 1
    assert (check.level, check.outcome, check.number) == (level, outcome, OUR_NUMBER)
    assert says in check.text
    assert "by itself" not in check.text
    assert not Delivery.objects.exists()
    assert API_KEY not in repr(ProviderCall.objects.values().get())


def test_it_is_any_providers(world: World, twilio: responses.RequestsMock) -> None:
    accept(twilio)
    world.sms_settings.refresh_from_db()
    assert sent(world).outcome == "good"
    assert twilio.calls[0].request.url == MESSAGES


def test_nobody_there(world: World) -> None:
    """The world's account leads to a port where nobody listens."""
    check = sent(world)
    assert (check.level, check.outcome) == ("error", "unreachable")


def test_who_texted_stop_gets_none(world: World) -> None:
    opt_out(number=world.number, address=address(), source="STOP", now=timezone.now())
    check = sent(world)
    assert (check.level, check.outcome) == ("error", "refused")
    assert "STOP" in check.text
    assert not ProviderCall.objects.exists()


def test_without_a_number_there_is_nothing_to_test(world: World) -> None:
    SmsNumber.objects.all().delete()
    assert sent(world).outcome == "no_number"
