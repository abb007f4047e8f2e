"""WhatsApp senders at Twilio: what is asked and set there, and what Validate says of each number."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from django.utils import timezone

from channels_app import drift, set_up, validation, whatsapp
from channels_app.accounts import replace_secrets
from channels_app.destinations import State
from channels_app.incidents import look_at_account
from channels_app.models_health import AccountWatch, Incident
from channels_app.models_whatsapp import WhatsAppAccount, WhatsAppNumber
from channels_app.providers.base import Trouble, Validity
from channels_app.set_up import expected_address
from tests.channels_app.test_whatsapp import NUMBER, OTHER_SID, make_account, make_number
from tests.world import World

ACCOUNT = f"https://api.twilio.com/2010-04-01/Accounts/{OTHER_SID}.json"
SENDERS = "https://messaging.twilio.com/v2/Channels/Senders"
SENDER_SID = "XE" + "0" * 32
ELSEWHERE = "https://other.example.com/whatsapp?key=of-somebody-else"


@pytest.fixture
def at_twilio() -> Iterator[responses.RequestsMock]:
    """Answers of Twilio; any other request fails."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(ACCOUNT, json={"sid": OTHER_SID, "status": "active", "type": "Full"})
        yield mock


@pytest.fixture
def account(world: World) -> WhatsAppAccount:
    return make_account()


def sender(value: str = NUMBER, *, status: str = "ONLINE", **values: Any) -> dict[str, Any]:
    """A sender as the API hands it out (twilio.com/docs/whatsapp/api/senders, 2026-11)."""
    webhook = {
        "callback_url": ELSEWHERE,
        "callback_method": "POST",
        "fallback_url": None,
        "fallback_method": "POST",
        "status_callback_url": None,
        "status_callback_method": "POST",
    }
    return {
        "sid": SENDER_SID,
        "sender_id": f"whatsapp:+{value}",
        "status": status,
        "profile": {"name": "Contoso"},
        "webhook": webhook | values.pop("webhook", {}),
        "properties": {"quality_rating": "HIGH", "messaging_limit": "10K Customers/24hr"},
        "offline_reasons": None,
        "url": f"{SENDERS}/{SENDER_SID}",
    } | values


def lists(at_twilio: responses.RequestsMock, *senders: dict[str, Any]) -> None:
    meta = {
        "page": 0,
        "page_size": 50,
        "first_page_url": f"{SENDERS}?Channel=whatsapp&PageSize=50&Page=0",
        "url": f"{SENDERS}?Channel=whatsapp&PageSize=50&Page=0",
        "key": "senders",
        "next_page_url": None,
        "previous_page_url": None,
    }
    at_twilio.get(SENDERS, json={"senders": list(senders), "meta": meta})


def said(checks: list[Any]) -> list[tuple[str, Validity, str]]:
    return [(check.level, check.outcome, check.number) for check in checks]


GOOD = ("success", Validity.GOOD, "")


def test_each_number_is_told_by_itself(account: WhatsAppAccount, at_twilio: responses.RequestsMock) -> None:
    make_number(account)
    make_number(account, value="14155238887")
    lists(at_twilio, sender(), sender("14155238887", status="OFFLINE", sid="XE" + "1" * 32))

    checks = validation.validate_whatsapp(whatsapp_account=account)

    assert said(checks) == [
        GOOD,
        ("success", Validity.GOOD, NUMBER),
        ("error", Validity.OFFLINE, "14155238887"),
    ]
    assert checks[1].text == f"The WhatsApp number {NUMBER} is online."
    account.refresh_from_db()
    assert account.last_validation_outcome == "offline"
    assert account.last_validation_on is not None
    good, offline = WhatsAppNumber.objects.order_by("number__value")
    assert (good.sender_id, good.last_validation_outcome) == (SENDER_SID, "good")
    assert (offline.last_validation_outcome, offline.last_validation_on) != ("", None)
    assert offline.last_validation_status.startswith("error: The WhatsApp number 14155238887")


def test_what_was_said_of_a_number_goes_with_its_account(
    account: WhatsAppAccount, at_twilio: responses.RequestsMock
) -> None:
    role = make_number(account)
    lists(at_twilio, sender())
    validation.validate_whatsapp(whatsapp_account=account)

    replace_secrets(account=account.account, secret="another", secondary_secret=None)
    role.refresh_from_db()
    assert (role.last_validation_on, role.last_validation_status) == (None, "")


@pytest.mark.parametrize(
    ("status", "reasons", "level", "outcome", "words"),
    [
        ("ONLINE", None, "success", Validity.GOOD, "is online."),
        ("ONLINE:UPDATING", None, "success", Validity.GOOD, "is online."),
        ("OFFLINE", None, "error", Validity.OFFLINE, "neither sends nor receives."),
        (
            "OFFLINE",
            [{"code": "63112", "message": "The WABA was disabled by Meta.", "more_info": "https://x"}],
            "error",
            Validity.OFFLINE,
            "Twilio says: The WABA was disabled by Meta (code 63112).",
        ),
        ("OFFLINE", ["banned", "no payment"], "error", Validity.OFFLINE, "Twilio says: banned; no payment."),
        ("CREATING", None, "warning", Validity.NOT_READY, "still being created"),
        ("VERIFYING", None, "warning", Validity.NOT_READY, "being verified"),
        ("TWILIO_REVIEW", None, "warning", Validity.NOT_READY, "in review"),
        ("PENDING_VERIFICATION", None, "error", Validity.NOT_READY, "enter the code"),
        ("DRAFT", None, "error", Validity.NOT_READY, "only a draft"),
        ("STUBBED", None, "error", Validity.NOT_READY, "not registered"),
        ("SOMETHING_NEW", None, "warning", Validity.NOT_READY, "“SOMETHING_NEW”"),
    ],
)
def test_every_status_is_told_with_what_to_do(
    account: WhatsAppAccount,
    at_twilio: responses.RequestsMock,
    status: str,
    reasons: Any,
    level: str,
    outcome: Validity,
    words: str,
) -> None:
    make_number(account)
    lists(at_twilio, sender(status=status, offline_reasons=reasons))

    check = validation.validate_whatsapp(whatsapp_account=account)[-1]

    assert (check.level, check.outcome) == (level, outcome)
    assert words in check.text


def test_a_number_that_the_account_does_not_have_is_an_error(
    account: WhatsAppAccount, at_twilio: responses.RequestsMock
) -> None:
    make_number(account)
    lists(at_twilio, sender("14155238887"))

    checks = validation.validate_whatsapp(whatsapp_account=account)

    assert said(checks) == [GOOD, ("error", Validity.NOT_IN_ACCOUNT, NUMBER)]
    assert "not among the WhatsApp senders of this Twilio account" in checks[1].text


def test_the_sandbox_is_a_warning_and_is_set_by_hand(
    account: WhatsAppAccount, at_twilio: responses.RequestsMock
) -> None:
    number = make_number(account, value="14155238886").number
    lists(at_twilio)

    assert said(validation.validate_whatsapp(whatsapp_account=account)) == [
        GOOD,
        ("warning", Validity.SANDBOX, "14155238886"),
    ]
    row = set_up.look(account.account, "whatsapp")[0]
    assert row.finding is not None
    assert (row.finding.state, row.finding.is_fixable) == (State.BY_HAND, False)
    with pytest.raises(Trouble, match="Sandbox settings"):
        set_up.set_inbound_url(number)


def test_an_account_without_numbers_is_told_so(
    account: WhatsAppAccount, at_twilio: responses.RequestsMock
) -> None:
    assert said(validation.validate_whatsapp(whatsapp_account=account)) == [
        GOOD,
        ("warning", Validity.NO_NUMBER, ""),
    ]


def test_no_number_is_asked_about_when_the_token_is_wrong(
    account: WhatsAppAccount, at_twilio: responses.RequestsMock
) -> None:
    make_number(account)
    at_twilio.replace(responses.GET, ACCOUNT, status=401, json={"code": 20003, "message": "Authenticate"})

    assert said(validation.validate_whatsapp(whatsapp_account=account)) == [
        ("error", Validity.BAD_CREDENTIALS, "")
    ]


def test_senders_that_cannot_be_listed_are_an_error_beside_the_good_account(
    account: WhatsAppAccount, at_twilio: responses.RequestsMock
) -> None:
    make_number(account)
    at_twilio.get(SENDERS, status=503)

    assert said(validation.validate_whatsapp(whatsapp_account=account))[1] == (
        "error",
        Validity.UNREACHABLE,
        "",
    )


# --- where its texts go ---------------------------------------------------------------------------


def test_the_inbound_url_is_set_on_the_sender_and_nothing_else_of_it_changes(
    account: WhatsAppAccount, at_twilio: responses.RequestsMock
) -> None:
    number = make_number(account).number
    ours = expected_address(number)
    lists(at_twilio, sender())
    set_there = {"callback_url": ours, "fallback_url": ours, "status_callback_url": ours}
    answer = at_twilio.post(f"{SENDERS}/{SENDER_SID}", json=sender(webhook=set_there), status=202)

    changed = set_up.set_inbound_url(number)

    assert json.loads(answer.calls[0].request.body or "") == {
        "webhook": {
            "callback_url": ours,
            "callback_method": "POST",
            "fallback_url": ours,
            "fallback_method": "POST",
            "status_callback_url": ours,
            "status_callback_method": "POST",
        }
    }
    assert changed.before.url == ELSEWHERE
    number.refresh_from_db()
    finding = set_up.finding_of(number)
    assert finding is not None
    assert finding.state is State.IN_PLACE
    before = set_up.before_of(number)
    assert before is not None
    assert (before.url, before.status_url) == (ELSEWHERE, "")


@pytest.mark.parametrize(
    ("webhook", "state"),
    [
        ({}, State.ELSEWHERE),
        ({"callback_url": ""}, State.NOT_SET),
        ({"callback_url": "OURS", "callback_method": "GET"}, State.WRONG_METHOD),
        ({"callback_url": "OURS"}, State.NO_FALLBACK),
        ({"callback_url": "OURS", "fallback_url": "OURS"}, State.NO_REPORTS),
        (
            {"callback_url": "OURS", "fallback_url": "OURS", "status_callback_url": "OURS"},
            State.IN_PLACE,
        ),
    ],
)
def test_where_its_texts_go_is_told(
    account: WhatsAppAccount, at_twilio: responses.RequestsMock, webhook: dict[str, str], state: State
) -> None:
    number = make_number(account).number
    ours = expected_address(number)
    lists(at_twilio, sender(webhook={k: ours if v == "OURS" else v for k, v in webhook.items()}))

    finding = set_up.look(account.account, "whatsapp")[0].finding

    assert finding is not None
    assert finding.state == state


@pytest.mark.parametrize(
    ("listed", "kinds"),
    [
        ([], ["number_lost"]),
        ([sender()], ["webhook_drift"]),
        ([sender(status="OFFLINE")], ["number_offline"]),
    ],
)
def test_the_hourly_look_covers_senders(
    account: WhatsAppAccount, at_twilio: responses.RequestsMock, listed: list[Any], kinds: list[str]
) -> None:
    make_number(account)
    lists(at_twilio, *listed)
    now = timezone.now()

    assert drift.look(account.account, now=now) == ""
    look_at_account(account.account, now=now)

    assert [incident.kind for incident in Incident.objects.filter(account=account.account)] == kinds
    assert len(AccountWatch.objects.get(account=account.account).drift) == 1


def test_the_hourly_look_leaves_the_sandbox_alone(
    account: WhatsAppAccount, at_twilio: responses.RequestsMock
) -> None:
    make_number(account, value="14155238886")
    lists(at_twilio)

    drift.look(account.account, now=timezone.now())

    assert AccountWatch.objects.get(account=account.account).drift == []
    assert whatsapp.accounts_in_use().count() == 1
