"""Set up SMS: the steps, the inbound URL at the provider, drift, picking a number, new URLs."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app import accounts, destinations, inbound_urls, set_up
from channels_app.models import InboundUrl, Number, SmsSettings
from channels_app.models_deliveries import ProviderCall
from channels_app.models_receipts import InboundText
from channels_app.providers import twilio_client
from channels_app.providers.number_setup import OwnNumber, Pool, Webhook
from routing.models import WorkStream
from simulator.server import Simulator
from tests.administration.conftest import messages_of
from tests.at_provider import ELSEWHERE, NOT_OURS, POOLED, SPARE, VOICE_ONLY, simulated, webhook
from tests.world import ACCOUNT_SID, AUTH_TOKEN, OUR_NUMBER, World, post_webhook, text_params


@pytest.fixture
def simulator(world: World) -> Iterator[Simulator]:
    with simulated(world) as running:
        yield running


def url_of(world: World) -> str:
    return reverse("admin:sms-set-up", args=[world.sms_settings.pk])


def do(client: Client, world: World, what: str) -> Any:
    return client.post(url_of(world), {"do": what}, follow=True)


def pick(client: Client, world: World, **query: str) -> Any:
    return client.get(reverse("admin:sms-pick-number", args=[world.sms_settings.pk]), query)


def test_the_page_shows_the_real_values_and_no_token(ada: Client, world: World) -> None:
    page = ada.get(url_of(world)).content.decode()

    for value in (ACCOUNT_SID, world.inbound_url, OUR_NUMBER, "Phone Numbers &gt; Active Numbers"):
        assert value in page
    assert "A message comes in" in page
    assert f"{world.inbound_url}#rc=3&amp;rp=all" in page
    assert AUTH_TOKEN not in page


def test_the_steps_stand_in_the_documents_order(ada: Client, world: World) -> None:
    page = ada.get(url_of(world)).content.decode()
    steps = [
        "Fill in the SMS Settings",
        "Add the SMS number",
        "Validate API Key",
        "Give Twilio the inbound URL",
        "Text the number",
    ]

    places = [page.index(f"<strong>{step}</strong>") for step in steps]

    assert places == sorted(places)


def test_the_way_to_the_page_names_the_record_as_the_list_does(ada: Client, world: World) -> None:
    assert ada.get(url_of(world)).context["trail"][0][0] == "SMS Settings"


def test_opening_the_page_asks_the_provider_nothing(ada: Client, world: World) -> None:
    ada.get(url_of(world))

    assert not ProviderCall.objects.exists()


def test_the_inbound_url_is_set_with_its_fallback_and_the_old_one_is_told(
    ada: Client, world: World, simulator: Simulator
) -> None:
    page = do(ada, world, f"set:{world.number.pk}")

    assert webhook(simulator) == (world.inbound_url, "POST", world.inbound_url)
    assert messages_of(page) == [
        "success: Twilio now posts texts to +1 425-230-6549 here, and once more if that fails. "
        f"It was {ELSEWHERE} (POST) before."
    ]
    assert page.context["done"]["url"]
    assert "Put it back" in page.content.decode()


def test_what_was_there_before_can_be_put_back(ada: Client, world: World, simulator: Simulator) -> None:
    do(ada, world, f"set:{world.number.pk}")

    page = do(ada, world, f"put-back:{world.number.pk}")

    assert webhook(simulator) == (ELSEWHERE, "POST", "")
    assert "Put it back" not in page.content.decode()
    assert "go to https://other.example.com" in messages_of(page)[0]


def test_what_was_there_before_is_stored_as_a_secret(ada: Client, world: World, simulator: Simulator) -> None:
    simulator.save_account(
        account_sid=ACCOUNT_SID,
        numbers=[{"phone_number": f"+{OUR_NUMBER}", "sms_url": "https://me:canary@other.example.com/"}],
    )

    page = do(ada, world, f"set:{world.number.pk}")

    assert "canary" not in page.content.decode()
    stored = Number.objects.extra(select={"raw": "webhook_before"}).values_list("raw", flat=True)
    assert "canary" not in str(list(stored))
    assert do(ada, world, f"put-back:{world.number.pk}")
    assert webhook(simulator)[0] == "https://me:canary@other.example.com/"


def test_setting_it_twice_keeps_what_was_there_first(ada: Client, world: World, simulator: Simulator) -> None:
    do(ada, world, f"set:{world.number.pk}")
    do(ada, world, f"set:{world.number.pk}")

    do(ada, world, f"put-back:{world.number.pk}")

    assert webhook(simulator)[0] == ELSEWHERE


def test_connection_overrides_on_our_url_stay(ada: Client, world: World, simulator: Simulator) -> None:
    kept = f"{world.inbound_url}#rc=3&rp=all"
    simulator.save_account(
        account_sid=ACCOUNT_SID,
        numbers=[{"phone_number": f"+{OUR_NUMBER}", "sms_url": kept, "sms_method": "GET"}],
    )

    do(ada, world, f"set:{world.number.pk}")

    assert webhook(simulator) == (kept, "POST", world.inbound_url)


@pytest.mark.django_db(transaction=True)
def test_after_it_is_set_a_customers_text_arrives(
    live_server: Any, settings: Any, ada: Client, world: World, simulator: Simulator, drain: Any
) -> None:
    settings.PUBLIC_BASE_URL = live_server.url
    assert simulator.text(sender="+14255550100", recipient=f"+{SPARE}", body="Nobody")[1] == [None]

    do(ada, world, f"set:{world.number.pk}")

    assert simulator.text(sender="+14255550100", recipient=f"+{OUR_NUMBER}", body="Hello")[1] == [200]
    drain()
    assert InboundText.objects.get().text == "Hello"


# --- drift ----------------------------------------------------------------------------------------

EXPECTED = "https://desk.example.net/hooks/t/"
OLDER = "https://desk.example.net/hooks/older/"


def own(hook: Webhook, pool: Pool | None = None) -> OwnNumber:
    return OwnNumber("PN1", OUR_NUMBER, "Main", True, True, True, hook, pool)


IN_PLACE = Webhook(EXPECTED, "POST", EXPECTED)


@pytest.mark.parametrize(
    ("number", "state", "level", "fixable"),
    [
        pytest.param(own(IN_PLACE), "in_place", "ok", False, id="in place"),
        pytest.param(
            own(Webhook(EXPECTED[:-1] + "#rc=3&rp=all", "POST", EXPECTED)),
            "in_place",
            "ok",
            False,
            id="without the last slash, with overrides",
        ),
        pytest.param(own(Webhook()), "not_set", "bad", True, id="not set"),
        pytest.param(own(Webhook(ELSEWHERE)), "elsewhere", "bad", True, id="elsewhere"),
        pytest.param(
            own(Webhook(EXPECTED.replace("/t/", "/x/"))), "elsewhere", "bad", True, id="an unknown URL here"
        ),
        pytest.param(own(Webhook(OLDER, "POST", OLDER)), "older_url", "warn", True, id="an older URL"),
        pytest.param(own(Webhook(EXPECTED, "GET", EXPECTED)), "wrong_method", "warn", True, id="by GET"),
        pytest.param(own(Webhook(EXPECTED)), "no_fallback", "warn", True, id="no fallback"),
        pytest.param(
            own(Webhook(EXPECTED, "POST", ELSEWHERE)), "no_fallback", "warn", True, id="another fallback"
        ),
        pytest.param(own(Webhook(EXPECTED, application="AP1")), "application", "bad", True, id="a TwiML app"),
        pytest.param(own(IN_PLACE, Pool("P", True)), "in_place", "ok", False, id="a service that defers"),
        pytest.param(own(IN_PLACE, Pool("P", False)), "pool", "bad", False, id="a service that drops"),
        pytest.param(
            own(IN_PLACE, Pool("P", False, ELSEWHERE)), "pool", "bad", False, id="a service of its own mind"
        ),
        pytest.param(
            own(Webhook(), Pool("P", False, EXPECTED)), "in_place", "ok", False, id="through a service"
        ),
    ],
)
def test_drift_says_where_texts_go(number: OwnNumber, state: str, level: str, fixable: bool) -> None:
    found = destinations.compare(number, expected=EXPECTED, older=[OLDER])

    assert (found.state, found.level, found.is_fixable) == (state, level, fixable)
    assert found.sentence.endswith(".")


def test_the_drift_table_shows_present_and_expected_and_fixes_a_row(
    ada: Client, world: World, simulator: Simulator
) -> None:
    page = do(ada, world, "look")

    shown = page.content.decode()
    assert messages_of(page) == ["warning: Twilio was asked: the texts of 1 of 1 do not come here."]
    assert ELSEWHERE in shown
    assert "Points elsewhere" in shown
    assert f'value="set:{world.number.pk}">Fix' in shown

    assert "In place" in do(ada, world, f"set:{world.number.pk}").content.decode()
    assert messages_of(do(ada, world, "look")) == ["success: Twilio was asked: see below where texts go."]


def test_a_number_in_a_messaging_service_is_told_in_words(
    ada: Client, world: World, simulator: Simulator
) -> None:
    simulator.save_account(
        account_sid=ACCOUNT_SID, numbers=[{"phone_number": f"+{OUR_NUMBER}", "service": "Newsletter"}]
    )

    page = do(ada, world, f"set:{world.number.pk}")

    assert [m.partition(":")[0] for m in messages_of(page)] == ["success", "warning"]
    assert "“Newsletter”, which takes its texts and drops them" in messages_of(page)[1]
    assert not page.context["done"]["url"]


def test_a_number_that_left_the_account_is_told(ada: Client, world: World, simulator: Simulator) -> None:
    del simulator.state.accounts[ACCOUNT_SID].numbers[f"+{OUR_NUMBER}"]

    assert "Not in this account" in do(ada, world, "look").content.decode()
    assert "does not belong" in messages_of(do(ada, world, f"set:{world.number.pk}"))[0]


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("throttled", "warning: Twilio is busy"),
        ("unreachable", "error: Twilio could not be reached"),
        ("slow", "error: Twilio did not answer in time"),
        ("broken", "error: Twilio answered with its error 500"),
    ],
)
def test_trouble_at_the_provider_is_told_and_changes_nothing(
    ada: Client, world: World, simulator: Simulator, monkeypatch: Any, mode: str, told: str
) -> None:
    monkeypatch.setattr(twilio_client, "PATIENCE_S", 0.3)
    simulator.change_mode(mode)

    for what in ("look", f"set:{world.number.pk}"):
        assert messages_of(do(ada, world, what))[0].startswith(told)
    assert told.partition(": ")[2] in pick(ada, world).content.decode()
    assert webhook(simulator)[0] == ELSEWHERE


def test_answers_of_these_calls_are_not_kept(ada: Client, world: World, simulator: Simulator) -> None:
    do(ada, world, f"set:{world.number.pk}")

    assert ProviderCall.objects.count() >= 3
    assert {call.answer for call in ProviderCall.objects.all()} == {""}


# --- pick from my account -------------------------------------------------------------------------


def test_numbers_are_listed_with_what_they_can_and_where_they_point(
    ada: Client, world: World, simulator: Simulator
) -> None:
    page = pick(ada, world)

    rows = {row["value"]: row for row in page.context["rows"]}
    assert list(rows) == [OUR_NUMBER, SPARE, VOICE_ONLY, POOLED]
    assert NOT_OURS not in page.content.decode()
    assert {value: row["finding"].state for value, row in rows.items()} == {
        OUR_NUMBER: "elsewhere",
        SPARE: "not_set",
        VOICE_ONLY: "not_set",
        POOLED: "pool",
    }
    assert rows[OUR_NUMBER]["is_mine"]
    assert not rows[VOICE_ONLY]["choose"]


def test_a_number_of_another_work_stream_cannot_be_chosen(
    ada: Client, world: World, simulator: Simulator
) -> None:
    other = WorkStream.objects.create(name="Sales by SMS")
    settings = accounts.save_sms_settings(
        sms_settings=SmsSettings(work_stream=other),
        provider="twilio",
        external_id=ACCOUNT_SID,
        base_url=simulator.url,
        secret="",
        secondary_secret=None,
    )

    page = ada.get(reverse("admin:sms-pick-number", args=[settings.pk]))

    rows = {row["value"]: row for row in page.context["rows"]}
    assert (rows[OUR_NUMBER]["holder"], rows[OUR_NUMBER]["choose"]) == ("Support by SMS", "")
    form = ada.get(rows[SPARE]["choose"]).context["adminform"].form
    assert (form["number"].value(), form["work_stream"].value()) == (SPARE, str(other.pk))


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        (
            "/admin/routing/workstream/7/change/#numbers",
            "/admin/routing/workstream/7/change/?number={}#numbers",
        ),
        ("/admin/x/?a=b", "/admin/x/?a=b&number={}"),
        ("https://evil.example.com/", None),
        ("//evil.example.com/", None),
        ("javascript:alert(1)", None),
    ],
)
def test_a_chosen_number_goes_back_to_the_page_it_was_asked_from(
    ada: Client, world: World, simulator: Simulator, asked: str, leads_to: str | None
) -> None:
    rows = {row["value"]: row for row in pick(ada, world, next=asked).context["rows"]}

    own_form = reverse("admin:channels_app_smsnumber_change", args=[world.number.sms_number.pk])
    expected = (leads_to or f"{own_form}?number={{}}").format(SPARE)
    assert rows[SPARE]["choose"] == expected


def test_a_picked_number_is_filled_in_on_the_work_streams_page(ada: Client, world: World) -> None:
    page = reverse("admin:routing_workstream_change", args=[world.stream.pk])

    shown = ada.get(page).content.decode()
    assert f"/numbers/?next={page}%23sms-numbers" in shown
    assert reverse("admin:sms-set-up", args=[world.sms_settings.pk]) in shown
    assert f'value="{SPARE}"' in ada.get(page, {"number": SPARE}).content.decode()


def test_a_picked_number_is_filled_in_where_there_is_one_already(ada: Client, world: World) -> None:
    url = reverse("admin:channels_app_smsnumber_change", args=[world.number.sms_number.pk])

    assert ada.get(url, {"number": SPARE}).context["adminform"].form["number"].value() == SPARE
    assert ada.get(url).context["adminform"].form["number"].value() == OUR_NUMBER


# --- new URL --------------------------------------------------------------------------------------


def test_a_new_url_takes_texts_and_the_old_one_goes_on(ada: Client, world: World, drain: Any) -> None:
    old = world.inbound_url

    do(ada, world, "new-url")

    world.sms_settings.refresh_from_db()
    assert world.inbound_url != old
    for number, url in enumerate((old, world.inbound_url), start=1):
        assert post_webhook(url, text_params("Hello", number=number)).status_code == 200
    drain()
    assert InboundText.objects.count() == 2
    assert all(row["last_used_at"] for row in ada.get(url_of(world)).context["urls"])


def test_a_replaced_url_is_retired_by_hand_and_the_one_in_use_is_not(ada: Client, world: World) -> None:
    old = world.sms_settings.inbound_url
    do(ada, world, "new-url")
    world.sms_settings.refresh_from_db()

    refused = do(ada, world, f"retire:{world.sms_settings.inbound_url_id}")
    retired = do(ada, world, f"retire:{old.pk}")

    assert messages_of(refused)[0].startswith("error: This is the inbound URL of Support by SMS")
    assert messages_of(retired)[0].startswith("success: The inbound URL was retired")
    assert post_webhook(accounts.inbound_address(old), text_params("Hello")).status_code == 404
    assert post_webhook(world.inbound_url, text_params("Hello")).status_code == 200


@pytest.mark.parametrize(
    ("replaced", "used", "is_retired"),
    [
        (31, None, True),
        (31, 31, True),
        (31, 29, False),
        (29, None, False),
        (29, 60, False),
        (None, 90, False),
    ],
)
def test_a_replaced_url_is_retired_after_thirty_silent_days(
    world: World, replaced: int | None, used: int | None, is_retired: bool
) -> None:
    now = timezone.now()
    old = world.sms_settings.inbound_url
    inbound_urls.issue(connection=world.sms_settings, now=now)
    ago = {days: now - timedelta(days=days) for days in (replaced, used) if days is not None}
    InboundUrl.objects.filter(pk=old.pk).update(replaced_at=ago.get(replaced), last_used_at=ago.get(used))

    inbound_urls.retire_silent(now=now)

    old.refresh_from_db()
    assert (old.retired_at is not None) is is_retired
    world.sms_settings.refresh_from_db()
    assert world.sms_settings.inbound_url.retired_at is None


def test_the_use_of_a_url_is_noted_once_a_minute(world: World, drain: Any) -> None:
    post_webhook(world.inbound_url, text_params("One", number=1))
    drain()
    first = InboundUrl.objects.get().last_used_at
    post_webhook(world.inbound_url, text_params("Two", number=2))
    drain()

    assert first is not None
    assert InboundUrl.objects.get().last_used_at == first


# --- who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("username", ["sam", "alice"])
@pytest.mark.parametrize("name", ["sms-set-up", "sms-pick-number", "replace-token"])
def test_only_administrators_may(as_user: Any, world: World, username: str, name: str) -> None:
    url = reverse(f"admin:{name}", args=[world.sms_settings.pk])

    for method in ("get", "post"):
        assert getattr(as_user(username), method)(url).status_code in {302, 403, 405}
    assert not ProviderCall.objects.exists()


@pytest.mark.parametrize("do_what", ["", "set:", "set:x", "set:987654", "retire:x", "dance"])
def test_an_unknown_button_is_not_found(ada: Client, world: World, do_what: str) -> None:
    assert ada.post(url_of(world), {"do": do_what}).status_code == 404


def test_a_provider_without_the_capability_is_set_up_by_hand(
    ada: Client, world: World, monkeypatch: Any
) -> None:
    monkeypatch.setattr(set_up, "set_up_of", lambda provider, channel: None)

    assert messages_of(do(ada, world, "look")) == [
        "error: This provider is set up by hand: paste the inbound URL there."
    ]
