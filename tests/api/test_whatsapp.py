"""WhatsApp accounts and numbers over the API: the rules of the pages."""

from collections.abc import Iterator
from typing import Any

import pytest

from channels_app import accounts, whatsapp
from channels_app.models import Number
from channels_app.models_whatsapp import WhatsAppAccount, WhatsAppNumber
from simulator.server import Simulator, running
from tests.api.conftest import Api
from tests.channels_app.test_whatsapp import NUMBER, OTHER_SID, make_account, make_number
from tests.world import World

ACCOUNTS, NUMBERS = "/api/v1/whatsapp-accounts/", "/api/v1/whatsapp-numbers/"
TOKEN = "fake-token-of-whatsapp"
ELSEWHERE = "https://other.example.com/whatsapp"


@pytest.fixture
def simulator(world: World) -> Iterator[Simulator]:
    senders = [
        {"sender_id": f"whatsapp:+{NUMBER}", "callback_url": ELSEWHERE},
        {"sender_id": "whatsapp:+14155238889"},
    ]
    account = {"account_sid": OTHER_SID, "auth_token": TOKEN, "senders": senders}
    with running({"accounts": [account]}) as made:
        yield made


@pytest.fixture
def account(world: World, simulator: Simulator) -> WhatsAppAccount:
    return make_account(base_url=simulator.url)


def test_an_account_and_a_number_are_made_and_read(world: World, api: Api) -> None:
    made = api("ada").post(
        ACCOUNTS, {"name": "WhatsApp channel", "account_sid": OTHER_SID, "auth_token": TOKEN}
    )
    assert made.status_code == 201, made.json()
    account = WhatsAppAccount.objects.get()
    assert made.json()["inbound_url"] == accounts.inbound_address(account.inbound_url)
    assert made.json()["provider"] == "twilio"
    assert TOKEN not in made.content.decode()

    stream = whatsapp.streams_in_use()[0]
    given = {
        "name": "WhatsApp phone number",
        "whatsapp_account": account.pk,
        "number": f"whatsapp:+{NUMBER}",
        "work_stream": stream.pk,
    }
    number = api("ada").post(NUMBERS, given)

    assert number.status_code == 201, number.json()
    assert number.json() | given == number.json() | given
    assert (number.json()["number"], number.json()["attachments_from_agents"]) == (NUMBER, True)
    assert number.json()["messages_per_second"] == whatsapp.MESSAGES_PER_SECOND
    listed = api("ada").get(NUMBERS).json()["results"]
    assert [row["id"] for row in listed] == [number.json()["id"]]


def test_a_change_keeps_what_is_not_given(world: World, api: Api, account: WhatsAppAccount) -> None:
    number = make_number(account, attachments_from_customers=False)

    changed = api("ada").patch(f"{NUMBERS}{number.pk}/", {"name": "Renamed"})
    renamed = api("ada").patch(f"{ACCOUNTS}{account.pk}/", {"name": "Other name"})

    assert (changed.status_code, renamed.status_code) == (200, 200)
    number.refresh_from_db()
    assert (number.name, number.number.value) == ("Renamed", NUMBER)
    assert not Number.objects.get(value=NUMBER).attachments_from_customers
    account.refresh_from_db()
    assert (account.name, account.account.secret.reveal()) == ("Other name", TOKEN)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"number": "12345"}, "number"),
        ({"number": "1 415 523"}, "number"),
        ({"whatsapp_account": 10**9}, "whatsapp_account"),
        ({"work_stream": "SMS"}, "work_stream"),
        ({"messages_per_second": 0}, "messages_per_second"),
        ({"name": ""}, "name"),
        ({"attachments_from_agents": "perhaps"}, "attachments_from_agents"),
    ],
)
def test_bad_numbers_are_told_per_field(
    world: World, api: Api, account: WhatsAppAccount, given: dict[str, Any], field: str
) -> None:
    stream = whatsapp.streams_in_use()[0].pk
    good = {"name": "N", "whatsapp_account": account.pk, "number": NUMBER, "work_stream": stream}
    if given.get("work_stream") == "SMS":
        given = {"work_stream": world.stream.pk}

    answer = api("ada").post(NUMBERS, good | given)

    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not WhatsAppNumber.objects.exists()


def test_a_number_that_another_account_has_is_a_400_with_its_holder(
    world: World, api: Api, account: WhatsAppAccount
) -> None:
    number = make_number(account)
    other = make_account(name="Other", external_id="AC" + "1" * 32)
    given = {
        "name": "N",
        "whatsapp_account": other.pk,
        "number": NUMBER,
        "work_stream": number.work_stream_id,
    }

    answer = api("ada").post(NUMBERS, given)

    assert answer.json() == {"number": ["This number already belongs to WhatsApp account WhatsApp channel."]}


def test_validate_tells_each_number(world: World, api: Api, account: WhatsAppAccount) -> None:
    make_number(account)
    make_number(account, value="14155238887")

    answer = api("ada").post(f"{ACCOUNTS}{account.pk}/validate/").json()

    assert [(check["outcome"], check["number"]) for check in answer["checks"]] == [
        ("good", ""),
        ("good", NUMBER),
        ("not_in_account", "14155238887"),
    ]
    assert not answer["valid"]


def test_senders_are_told_and_the_inbound_url_is_set(
    world: World, api: Api, account: WhatsAppAccount, simulator: Simulator
) -> None:
    make_number(account)
    place = f"{ACCOUNTS}{account.pk}/"
    url = accounts.inbound_address(account.inbound_url)

    rows = {row["number"]: row for row in api("ada").get(f"{place}numbers/").json()["numbers"]}
    assert (rows[NUMBER]["state"], rows[NUMBER]["work_stream"]) == ("elsewhere", "WhatsApp channel")
    assert rows["14155238889"]["state"] == ""

    changed = api("ada").post(f"{place}inbound-url/set/").json()

    assert (changed["before"]["url"], changed["after"]["url"]) == (ELSEWHERE, url)
    sender = simulator.state.accounts[OTHER_SID].senders[f"whatsapp:+{NUMBER}"]
    assert sender.callback_url == url
    api("ada").post(f"{place}inbound-url/put-back/", {"number": NUMBER})
    assert sender.callback_url == ELSEWHERE


def test_one_of_several_numbers_must_be_named(world: World, api: Api, account: WhatsAppAccount) -> None:
    make_number(account)
    make_number(account, value="14155238889")

    answer = api("ada").post(f"{ACCOUNTS}{account.pk}/inbound-url/set/")

    assert answer.json() == {"number": ["Name the number: there are several."]}


def test_deleting_is_soft(world: World, api: Api, account: WhatsAppAccount) -> None:
    number = make_number(account)

    assert api("ada").delete(f"{NUMBERS}{number.pk}/").status_code == 204
    assert api("ada").delete(f"{ACCOUNTS}{account.pk}/").status_code == 204

    assert api("ada").get(f"{ACCOUNTS}{account.pk}/").status_code == 404
    assert WhatsAppAccount.objects.get().deleted_at is not None
    assert Number.objects.get(value=NUMBER).former_role is not None


def test_a_new_inbound_url_is_issued_and_the_old_one_retired(
    world: World, api: Api, account: WhatsAppAccount
) -> None:
    place = f"{ACCOUNTS}{account.pk}/inbound-url/"

    issued = api("ada").post(f"{place}new/").json()

    assert [row["work_stream"] for row in issued["urls"]] == ["WhatsApp account WhatsApp channel", ""]
    left = api("ada").post(f"{place}retire/", {"url": issued["urls"][1]["id"]}).json()
    assert len(left["urls"]) == 1


def test_the_channel_of_a_work_stream_cannot_be_changed(world: World, api: Api) -> None:
    answer = api("ada").patch(f"/api/v1/work-streams/{world.stream.pk}/", {"channel": "whatsapp"})

    assert answer.json() == {"channel": ["The channel of a work stream cannot be changed."]}
