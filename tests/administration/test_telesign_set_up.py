"""Set up SMS through TeleSign: the letter, who needs none, what came in as the sign; Validate API Key."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app import accounts, inbound_urls
from channels_app.models import InboundUrl, ProviderAccount, SmsSettings
from channels_app.models_deliveries import ProviderCall
from channels_app.models_trial import SmsTrial
from routing.models import WorkStream
from simulator.server import Simulator
from tests.administration.conftest import messages_of
from tests.at_telesign import (
    API_KEY,
    CUSTOMER_ID,
    OTHER_API_KEY,
    OUR_TELESIGN_NUMBER,
    number_of,
    settings_of,
    telesign,
)
from tests.world import World


@pytest.fixture
def simulator(world: World) -> Iterator[Simulator]:
    with telesign() as running:
        yield running


@pytest.fixture
def sms(world: World, simulator: Simulator) -> SmsSettings:
    """Settings of a stream of its own, with a number."""
    stream = WorkStream.objects.create(name="Sales by SMS")
    made = settings_of(stream, base_url=simulator.url)
    number_of(stream)
    return made


def url_of(record: SmsSettings) -> str:
    return reverse("admin:sms-set-up", args=[record.pk])


def page_of(client: Client, record: SmsSettings) -> str:
    return str(client.get(url_of(record)).content.decode())


def came_in(record: SmsSettings) -> None:
    InboundUrl.objects.filter(pk=record.inbound_url_id).update(last_used_at=timezone.now())


def test_the_steps_stand_in_the_documents_order(ada: Client, sms: SmsSettings) -> None:
    page = page_of(ada, sms)
    steps = [
        "Fill in the SMS Settings",
        "Send TeleSign the inbound URL",
        "Add the SMS number",
        "Validate API Key",
        "Text the number",
    ]

    places = [page.index(f"<strong>{step}</strong>") for step in steps]

    assert places == sorted(places)


def test_the_page_has_real_values_no_key_and_nothing_of_another_provider(
    ada: Client, sms: SmsSettings
) -> None:
    page = page_of(ada, sms)

    for value in (
        CUSTOMER_ID,
        accounts.inbound_address(sms.inbound_url),
        OUR_TELESIGN_NUMBER,
        "coverage map",
    ):
        assert value in page
    for foreign in (API_KEY, "Twilio", "Auth Token", "Where texts go", "for me", "Pick from my account"):
        assert foreign not in page
    assert not ProviderCall.objects.exists()


def test_the_letter_is_ready_to_be_sent(ada: Client, sms: SmsSettings) -> None:
    letter = ada.get(url_of(sms)).context["letter"]

    assert letter.to == "support@telesign.com"
    assert CUSTOMER_ID in letter.subject
    assert CUSTOMER_ID in letter.body
    assert accounts.inbound_address(sms.inbound_url) in letter.body
    link = urlsplit(letter.link)
    assert (link.scheme, link.path) == ("mailto", letter.to)
    assert parse_qs(link.query) == {"subject": [letter.subject], "body": [letter.body.replace("\n", "\r\n")]}


def test_what_came_in_is_the_sign_that_the_url_is_set(ada: Client, sms: SmsSettings) -> None:
    assert "Nothing has come in from TeleSign" in page_of(ada, sms)

    came_in(sms)

    page = ada.get(url_of(sms))
    assert page.context["done"]["url"]
    assert "TeleSign posts to this URL. Last in:" in page.content.decode()


def test_a_second_record_of_a_known_customer_id_needs_no_letter(
    ada: Client, sms: SmsSettings, simulator: Simulator
) -> None:
    came_in(sms)
    second = settings_of(WorkStream.objects.create(name="Billing by SMS"), base_url=simulator.url)

    page = ada.get(url_of(second))

    assert page.context["done"]["url"]
    told = page.content.decode()
    assert "already posts the texts of this Customer ID to the URL of Sales by SMS (last in:" in told
    assert "Nothing needs to be sent" in told
    assert accounts.inbound_address(sms.inbound_url) in told
    change = reverse("admin:channels_app_smssettings_change", args=[second.pk])
    assert "to the URL of Sales by SMS already" in ada.get(change).content.decode()


def test_new_settings_name_the_customer_ids_that_need_no_letter(ada: Client, sms: SmsSettings) -> None:
    add = reverse("admin:channels_app_smssettings_add")
    assert f"For Customer ID {CUSTOMER_ID} nothing needs to be sent" not in ada.get(add).content.decode()

    came_in(sms)

    assert f"For Customer ID {CUSTOMER_ID} nothing needs to be sent" in ada.get(add).content.decode()


def test_after_a_new_url_the_letter_is_asked_for_until_something_comes_to_it(
    ada: Client, sms: SmsSettings
) -> None:
    came_in(sms)

    page = ada.post(url_of(sms), {"do": "new-url"}, follow=True)

    assert not page.context["done"]["url"]
    assert "still posts to the URL that was replaced" in page.content.decode()
    assert messages_of(page)[0].startswith("success: A new inbound URL was issued.")
    sms.refresh_from_db()
    InboundUrl.objects.filter(pk=sms.inbound_url_id).update(
        last_used_at=timezone.now() + timedelta(minutes=1)
    )
    assert ada.get(url_of(sms)).context["done"]["url"]

    old = inbound_urls.working(sms.account).exclude(pk=sms.inbound_url_id).get()
    page = ada.post(url_of(sms), {"do": f"retire:{old.pk}"}, follow=True)
    assert messages_of(page)[0].startswith("success: The inbound URL was retired")


# --- Validate API Key -----------------------------------------------------------------------------


def nothing(simulator: Simulator) -> None:
    """TeleSign as it is."""


def other_key(simulator: Simulator) -> None:
    ProviderAccount.objects.filter(provider="telesign").update(secret=OTHER_API_KEY)


def changed(**values: Any) -> Callable[[Simulator], None]:
    return lambda simulator: (simulator.save_telesign(customer_id=CUSTOMER_ID, **values), None)[1]


def unreachable(simulator: Simulator) -> None:
    ProviderAccount.objects.filter(provider="telesign").update(base_url="http://127.0.0.1:1")


OUTCOMES = [
    pytest.param(nothing, "success: Customer ID and API key are valid.", "good", id="good"),
    pytest.param(other_key, "error: TeleSign does not accept this", "bad_credentials", id="another key"),
    pytest.param(
        changed(status="suspended"),
        "error: Customer ID and API key are right, but the TeleSign account is suspended.",
        "suspended",
        id="suspended",
    ),
    pytest.param(
        changed(product=False),
        "error: Customer ID and API key are right, but SMS is not switched on",
        "product_off",
        id="no SMS",
    ),
    pytest.param(unreachable, "error: TeleSign could not be reached", "unreachable", id="unreachable"),
]
WAYS = ["page", "record", "list", "stream", "api"]


@pytest.mark.parametrize(("arrange", "told", "outcome"), OUTCOMES)
@pytest.mark.parametrize("way", WAYS)
def test_each_outcome_is_told_and_kept(
    ada: Client,
    sms: SmsSettings,
    simulator: Simulator,
    way: str,
    arrange: Callable[[Simulator], None],
    told: str,
    outcome: str,
) -> None:
    arrange(simulator)

    said = validate(ada, sms, way)

    assert said.startswith(told)
    sms.refresh_from_db()
    assert (sms.last_validation_status.startswith(told), sms.last_validation_outcome) == (True, outcome)
    assert sms.last_validation_on is not None
    assert sms.account.last_validation_outcome == outcome
    assert not simulator.messages()


def validate(client: Client, record: SmsSettings, way: str) -> str:
    """The first line that each way to validate tells."""
    if way == "api":
        checks = client.post(f"/api/v1/sms-settings/{record.pk}/validate/").json()["checks"]
        return f"{checks[0]['level']}: {checks[0]['text']}"
    if way == "page":
        page = client.post(url_of(record), {"do": "validate"}, follow=True)
    elif way == "record":
        url = reverse("admin:channels_app_smssettings_validate", args=[record.pk])
        page = client.post(url, follow=True)
    elif way == "stream":
        page = client.post(
            reverse("admin:routing_workstream_validate", args=[record.work_stream_id]), follow=True
        )
    else:
        chosen = {"action": "validate_selected", "_selected_action": [record.pk]}
        page = client.post(reverse("admin:channels_app_smssettings_changelist"), chosen, follow=True)
    return messages_of(page)[0].replace(f"{record.work_stream}: ", "")


# --- another API key ------------------------------------------------------------------------------


def replace(client: Client, **typed: str) -> Any:
    account = ProviderAccount.objects.get(provider="telesign")
    return client.post(reverse("admin:replace-token", args=[account.pk]), typed, follow=True)


def test_the_page_for_another_key_speaks_of_keys(ada: Client, sms: SmsSettings) -> None:
    page = ada.get(reverse("admin:replace-token", args=[sms.account_id])).content.decode()

    assert "Replace the API key" in page
    for foreign in ("Twilio", "Auth Token"):
        assert foreign not in page


def test_another_key_is_kept_only_if_telesign_takes_it(
    ada: Client, sms: SmsSettings, simulator: Simulator
) -> None:
    for typed, told in {
        "?": "An API key of TeleSign is base64",
        OTHER_API_KEY: "TeleSign does not accept this API key for the account: the old one was kept.",
        "": "Type the new one.",
    }.items():
        errors = replace(ada, api_key=typed).context["form"].errors
        assert errors["api_key"][0].startswith(told)
    sms.account.refresh_from_db()
    assert sms.account.secret.reveal() == API_KEY

    simulator.save_telesign(customer_id=CUSTOMER_ID, api_key=OTHER_API_KEY)
    page = replace(ada, api_key=OTHER_API_KEY)

    assert messages_of(page)[0].startswith("success: Replaced for all that use this account.")
    sms.account.refresh_from_db()
    assert sms.account.secret.reveal() == OTHER_API_KEY


# --- a test SMS -----------------------------------------------------------------------------------


def trial_url(record: SmsSettings) -> str:
    return reverse("admin:sms-trial", args=[record.pk])


def confirmed(client: Client, record: SmsSettings, **changes: str) -> dict[str, Any]:
    """What the browser sends from the page that asks."""
    form = client.get(trial_url(record)).context["form"]
    return {"to": "+14255550100", "key": str(form["key"].value()), "is_meant": "on", **changes}


def test_a_test_sms_is_sent_once_however_often_its_page_is_sent(
    ada: Client, sms: SmsSettings, simulator: Simulator
) -> None:
    asked = ada.get(trial_url(sms)).content.decode()
    assert "costs what a text costs" in asked
    assert not simulator.messages()
    sent = confirmed(ada, sms)

    first = ada.post(trial_url(sms), sent, follow=True)
    again = ada.post(trial_url(sms), sent, follow=True)

    assert len(simulator.messages(direction="outbound")) == 1
    assert messages_of(first)[0].startswith("success: TeleSign took the test SMS")
    assert messages_of(again)[0].startswith("success: No second one was sent. TeleSign took the test SMS")
    kept = SmsTrial.objects.get()
    assert (kept.asked_by.username, kept.outcome) == ("ada", "good")  # type: ignore[union-attr]
    assert kept.status.partition(": ")[2] in page_of(ada, sms)
    assert "5550100" not in kept.status


@pytest.mark.parametrize(
    ("changes", "field"), [({"to": "x"}, "to"), ({"to": ""}, "to"), ({"is_meant": ""}, "is_meant")]
)
def test_without_a_number_and_a_word_nothing_is_sent(
    ada: Client, sms: SmsSettings, simulator: Simulator, changes: dict[str, str], field: str
) -> None:
    page = ada.post(trial_url(sms), confirmed(ada, sms, **changes))

    assert list(page.context["form"].errors) == [field]
    assert not simulator.messages()
    assert not SmsTrial.objects.exists()


def test_one_that_got_lost_on_its_way_is_told_as_such_and_not_repeated(
    ada: Client, sms: SmsSettings, simulator: Simulator
) -> None:
    sent = confirmed(ada, sms)
    SmsTrial.objects.create(sms_settings=sms, key=sent["key"], asked_at=timezone.now())

    page = ada.post(trial_url(sms), sent, follow=True)

    assert messages_of(page)[0].startswith(
        "warning: No second one was sent. It is on its way, or nobody knows"
    )
    assert not simulator.messages()


def test_over_the_api_a_test_sms_is_confirmed_and_sent_once(
    ada: Client, sms: SmsSettings, simulator: Simulator
) -> None:
    url, key = f"/api/v1/sms-settings/{sms.pk}/test-sms/", "0b6f2f5e-7f8e-4a5e-9d5c-1f2e3d4c5b6a"
    body = {"to": "+14255550100", "key": key, "confirm": False}
    assert "confirm" in ada.post(url, body, content_type="application/json").json()

    answers = [ada.post(url, body | {"confirm": True}, content_type="application/json") for _ in range(2)]

    assert [(a.status_code, a.json()["level"], a.json()["is_new"]) for a in answers] == [
        (200, "success", True),
        (200, "success", False),
    ]
    assert len(simulator.messages(direction="outbound")) == 1
