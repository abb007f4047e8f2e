"""Where a number's texts go: its webhook, its Messaging Service, its TwiML app; and an API out of order."""

from collections.abc import Iterator

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from simulator.config import parse_config
from simulator.reading import ConfigError
from simulator.server import Simulator, running

from .support import ACCOUNT, COMPANY, CUSTOMER, TOKEN, Receiver, configuration, receiving, twilio_client


@pytest.fixture
def pool(receiver: Receiver) -> Iterator[Simulator]:
    config = configuration(sms_url=f"{receiver.url}/number/", service="Pool")
    config["accounts"][0]["services"] = [{"name": "Pool", "inbound_request_url": f"{receiver.url}/pool/"}]
    with running(config) as simulator:
        yield simulator


def text(simulator: Simulator) -> list[int | None]:
    return simulator.text(sender=CUSTOMER, recipient=COMPANY, body="Hello")[1]


def paths(receiver: Receiver) -> list[str]:
    return [each.url.removeprefix(receiver.url) for each in receiver.received]


def test_a_changed_webhook_takes_the_next_text(simulator: Simulator, client: Client) -> None:
    number = client.incoming_phone_numbers.list(phone_number=COMPANY, limit=1)[0]
    with receiving() as other:
        client.incoming_phone_numbers(number.sid).update(sms_url=f"{other.url}/elsewhere/")

        text(simulator)

    assert paths(other) == ["/elsewhere/"]


def test_a_failing_webhook_goes_to_the_fallback_once(
    simulator: Simulator, client: Client, receiver: Receiver
) -> None:
    receiver.special["/hooks/"] = (500, {})
    number = client.incoming_phone_numbers.list(phone_number=COMPANY, limit=1)[0]
    client.incoming_phone_numbers(number.sid).update(sms_fallback_url=f"{receiver.url}/fallback/")

    assert text(simulator) == [200]

    assert paths(receiver) == ["/hooks/", "/fallback/"]
    assert receiver.received[1].fields["ErrorCode"] == "11200"


@pytest.mark.parametrize(("defers", "goes_to"), [(True, "/number/"), (False, "/pool/")])
def test_a_messaging_service_decides_where_texts_go(
    pool: Simulator, receiver: Receiver, defers: bool, goes_to: str
) -> None:
    pool.save_account(
        account_sid=ACCOUNT, services=[{"name": "Pool", "use_inbound_webhook_on_number": defers}]
    )

    text(pool)

    assert paths(receiver) == [goes_to]
    assert receiver.received[0].fields["MessagingServiceSid"].startswith("MG")


def test_a_messaging_service_without_url_drops_what_comes_in(pool: Simulator, receiver: Receiver) -> None:
    dropping = {"name": "Pool", "use_inbound_webhook_on_number": False, "inbound_request_url": ""}
    pool.save_account(account_sid=ACCOUNT, services=[dropping])

    assert text(pool) == [None]
    assert receiver.received == []


def test_services_and_their_numbers_are_listed_in_twilios_form(pool: Simulator) -> None:
    client = twilio_client(pool.url)

    [service] = client.messaging.v1.services.list(limit=20)
    members = client.messaging.v1.services(service.sid).phone_numbers.list(limit=20)

    assert (service.friendly_name, service.use_inbound_webhook_on_number) == ("Pool", True)
    assert [member.phone_number for member in members] == [COMPANY]


def test_services_need_the_token(pool: Simulator) -> None:
    answer = requests.get(f"{pool.url}/v1/Services", auth=(ACCOUNT, "wrong"), timeout=5)

    assert answer.status_code == 401


def test_a_twiml_app_takes_the_texts_of_its_number(
    simulator: Simulator, client: Client, receiver: Receiver
) -> None:
    number = client.incoming_phone_numbers.list(phone_number=COMPANY, limit=1)[0]
    client.incoming_phone_numbers(number.sid).update(sms_application_sid="AP" + "0" * 32)

    assert text(simulator) == [None]
    assert receiver.received == []


def test_capabilities_are_those_of_the_configuration() -> None:
    with running(configuration(sms=False, mms=False, voice=True)) as simulator:
        number = twilio_client(simulator.url).incoming_phone_numbers.list(phone_number=COMPANY, limit=1)[0]

    assert number.capabilities == {"voice": True, "sms": False, "mms": False, "fax": False}


def test_a_number_names_a_service_that_exists() -> None:
    with pytest.raises(ConfigError, match="service must be one of"):
        parse_config(configuration(service="Nowhere"))


@pytest.mark.parametrize(("mode", "status"), [("throttled", 429), ("broken", 500)])
def test_the_whole_api_can_be_out_of_order(simulator: Simulator, mode: str, status: int) -> None:
    requests.post(f"{simulator.url}/sim/mode", json={"mode": mode}, timeout=5)
    client = twilio_client(simulator.url)

    for ask in (
        client.api.accounts(ACCOUNT).fetch,
        lambda: client.messages.create(to=CUSTOMER, from_=COMPANY, body="Hello"),
    ):
        with pytest.raises(TwilioRestException) as refused:
            ask()
        assert refused.value.status == status

    requests.post(f"{simulator.url}/sim/mode", json={"mode": "normal"}, timeout=5)
    assert client.api.accounts(ACCOUNT).fetch().status == "active"


@pytest.mark.parametrize(
    ("mode", "error"), [("unreachable", requests.ConnectionError), ("slow", requests.ReadTimeout)]
)
def test_the_whole_api_can_be_silent(simulator: Simulator, mode: str, error: type[Exception]) -> None:
    simulator.change_mode(mode)

    with pytest.raises(error):
        requests.get(
            f"{simulator.url}/2010-04-01/Accounts/{ACCOUNT}.json", auth=(ACCOUNT, TOKEN), timeout=0.2
        )


def test_an_unknown_mode_is_refused(simulator: Simulator) -> None:
    answer = requests.post(f"{simulator.url}/sim/mode", json={"mode": "sleepy"}, timeout=5)

    assert answer.status_code == 400
    assert "normal, slow" in answer.json()["error"]
