"""Channels, WhatsApp: the pages in the documents' order, set-up at Twilio, deleting and making again."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app import accounts, drift, incidents, numbers, whatsapp
from channels_app.models import Number, ProviderAccount
from channels_app.models_whatsapp import WhatsAppAccount, WhatsAppNumber
from routing.models import Channel, ChannelSetting, WorkStream
from routing.services import retire_work_stream
from simulator.server import Simulator, running
from tests.administration.conftest import errors_of, form_of, messages_of
from tests.channels_app.test_whatsapp import NUMBER, OTHER_SID, make_account, make_number
from tests.world import ACCOUNT_SID, OUR_NUMBER, World

TOKEN = "fake-token-of-whatsapp"
ELSEWHERE = "https://other.example.com/whatsapp"
OFFLINE, SPARE, SANDBOX = "14155238887", "14155238889", "14155238886"
ADD = reverse("admin:channels_app_whatsappaccount_add")
ADD_NUMBER = reverse("admin:channels_app_whatsappnumber_add")
DELETED = reverse("admin:deleted-channels")


@pytest.fixture
def simulator(world: World) -> Iterator[Simulator]:
    """A Twilio with an account that has senders, on real sockets."""
    senders = [
        {"sender_id": f"whatsapp:+{NUMBER}", "friendly_name": "Main", "callback_url": ELSEWHERE},
        {
            "sender_id": f"whatsapp:+{OFFLINE}",
            "status": "OFFLINE",
            "offline_reasons": [{"code": "63112", "message": "The account was disabled."}],
        },
        {"sender_id": f"whatsapp:+{SPARE}"},
        {"sender_id": f"whatsapp:+{SANDBOX}", "is_sandbox": True},
    ]
    account = {"account_sid": OTHER_SID, "auth_token": TOKEN, "senders": senders}
    with running({"accounts": [account], "callbacks": {"delay_ms": 5}}) as made:
        yield made


@pytest.fixture
def account(world: World, simulator: Simulator) -> WhatsAppAccount:
    return make_account(base_url=simulator.url)


def page_of(account: WhatsAppAccount) -> str:
    return reverse("admin:channels_app_whatsappaccount_change", args=[account.pk])


def do(client: Client, account: WhatsAppAccount, what: str) -> Any:
    return client.post(reverse("admin:whatsapp-set-up", args=[account.pk]), {"do": what}, follow=True)


def validate(client: Client, account: WhatsAppAccount) -> Any:
    url = reverse("admin:channels_app_whatsappaccount_validate", args=[account.pk])
    return client.post(url, follow=True)


# --- the documents' steps -------------------------------------------------------------------------


def test_the_documents_steps_make_a_whatsapp_channel(ada: Client, world: World, settings: Any) -> None:
    settings.DEMO = True
    new = ada.get(ADD)
    assert "New WhatsApp account" in new.content.decode()
    assert "Twilio account details" in new.content.decode()
    assert "Twilio inbound URL" not in new.content.decode()

    typed = {"name": "WhatsApp channel", "account_sid": OTHER_SID, "auth_token": TOKEN, "base_url": ""}
    saved = ada.post(ADD, typed, follow=True)

    account = WhatsAppAccount.objects.get()
    page = saved.content.decode()
    assert accounts.inbound_address(account.inbound_url) in page
    sections = ["Twilio account details", "Callback information", "WhatsApp phone numbers", "Validation"]
    places = [page.index(section) for section in sections]
    assert places == sorted(places)
    assert TOKEN not in page

    add_number = ada.get(ADD_NUMBER, {"whatsapp_account": account.pk})
    assert "New WhatsApp Number" in add_number.content.decode()
    given = form_of(add_number)
    assert (given["whatsapp_account"], given["work_stream"]) == (
        str(account.pk),
        whatsapp.streams_in_use()[0].pk,
    )
    back = ada.post(ADD_NUMBER, given | {"name": "WhatsApp phone number", "number": NUMBER}, follow=True)

    assert back.redirect_chain[-1][0] == page_of(account)
    for shown in ("WhatsApp phone number", "+1 23456989", "WhatsApp channel work stream"):
        assert shown in back.content.decode()


def test_each_number_and_the_account_are_told_by_validate(ada: Client, account: WhatsAppAccount) -> None:
    make_number(account)
    make_number(account, value=OFFLINE)
    make_number(account, value=SANDBOX)

    page = validate(ada, account)

    told = messages_of(page)
    assert told[0] == "success: Account SID and Auth Token are valid."
    assert told[1] == f"success: The WhatsApp number {NUMBER} is online."
    assert told[2].startswith(f"warning: {SANDBOX} is Twilio's sandbox")
    assert told[3].startswith(f"error: The WhatsApp number {OFFLINE} is offline at Twilio")
    assert "The account was disabled (code 63112)" in told[3]
    account.refresh_from_db()
    assert account.last_validation_outcome == "offline"


def test_several_accounts_are_validated_from_the_list(ada: Client, account: WhatsAppAccount) -> None:
    chosen = {"action": "validate_selected", "_selected_action": [account.pk]}

    page = ada.post(reverse("admin:channels_app_whatsappaccount_changelist"), chosen, follow=True)

    assert messages_of(page)[0] == "success: WhatsApp channel: Account SID and Auth Token are valid."


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"account_sid": "AC1"}, "account_sid", "An Account SID is AC followed by 32"),
        ({"account_sid": ""}, "account_sid", "required"),
        ({"auth_token": ""}, "auth_token", "Enter the Auth Token"),
        ({"name": ""}, "name", "required"),
        ({"base_url": "http://api.twilio.com"}, "base_url", "must begin with https"),
        ({"account_sid": ACCOUNT_SID, "auth_token": "another"}, "auth_token", "Support by SMS"),
    ],
)
def test_what_is_wrong_with_an_account_is_told_at_the_field(
    ada: Client, world: World, typed: dict[str, str], field: str, words: str
) -> None:
    ProviderAccount.objects.update(base_url="https://api.twilio.com")
    good = {"name": "WhatsApp channel", "account_sid": OTHER_SID, "auth_token": TOKEN, "base_url": ""}

    page = ada.post(ADD, good | typed)

    assert words in errors_of(page)[field][0]
    assert not WhatsAppAccount.objects.exists()


def test_a_name_that_another_account_has_is_told_at_the_field(ada: Client, account: WhatsAppAccount) -> None:
    typed = {"name": account.name, "account_sid": "AC" + "1" * 32, "auth_token": TOKEN, "base_url": ""}

    assert "has this name" in errors_of(ada.post(ADD, typed))["name"][0]


@pytest.mark.parametrize("number", ["12345", "1 415", "whatsapp:", "1" * 16, "abc", "+"])
def test_a_number_that_cannot_be_one_is_told_at_the_field(
    ada: Client, account: WhatsAppAccount, number: str
) -> None:
    given = form_of(ada.get(ADD_NUMBER, {"whatsapp_account": account.pk}))

    page = ada.post(ADD_NUMBER, given | {"name": "N", "number": number})

    assert "6 to 15 digits" in errors_of(page)["number"][0]


def test_a_number_that_another_account_has_is_told_with_its_holder(
    ada: Client, account: WhatsAppAccount
) -> None:
    make_number(account)
    other = make_account(name="Other", external_id="AC" + "1" * 32)
    given = form_of(ada.get(ADD_NUMBER, {"whatsapp_account": other.pk}))

    page = ada.post(ADD_NUMBER, given | {"name": "N", "number": f"+{NUMBER}"})

    assert errors_of(page)["number"] == ["This number already belongs to WhatsApp account WhatsApp channel."]


def test_the_lookup_has_only_whatsapp_work_streams(
    ada: Client, account: WhatsAppAccount, world: World
) -> None:
    given = form_of(ada.get(ADD_NUMBER, {"whatsapp_account": account.pk}))

    page = ada.post(ADD_NUMBER, given | {"name": "N", "number": NUMBER, "work_stream": world.stream.pk})

    assert "work_stream" in errors_of(page)


def test_the_switches_are_stored(ada: Client, account: WhatsAppAccount) -> None:
    given = form_of(ada.get(ADD_NUMBER, {"whatsapp_account": account.pk}))
    assert given["attachments_from_agents"]
    del given["attachments_from_agents"]

    ada.post(ADD_NUMBER, given | {"name": "N", "number": NUMBER})

    number = Number.objects.get(value=NUMBER)
    assert (number.attachments_from_customers, number.attachments_from_agents) == (True, False)


def test_nothing_new_is_set_up_while_whatsapp_is_not_enabled(ada: Client, account: WhatsAppAccount) -> None:
    ChannelSetting.objects.filter(channel=Channel.WHATSAPP).update(is_enabled=False)

    assert "WhatsApp is not enabled" in ada.get(ADD).content.decode()
    typed = {"name": "N", "account_sid": "AC" + "1" * 32, "auth_token": TOKEN, "base_url": ""}
    assert "not enabled" in errors_of(ada.post(ADD, typed))["name"][0]


def test_who_only_reads_sees_the_values_and_no_button(as_user: Any, account: WhatsAppAccount) -> None:
    make_number(account)

    page = as_user("sam").get(page_of(account)).content.decode()

    assert OTHER_SID in page
    assert "Add new WhatsApp number" not in page
    assert "validate-form" not in page


# --- at Twilio ------------------------------------------------------------------------------------


def test_the_inbound_url_is_set_on_the_sender_and_put_back(
    ada: Client, account: WhatsAppAccount, simulator: Simulator
) -> None:
    number = make_number(account).number
    url = accounts.inbound_address(account.inbound_url)
    sender = simulator.state.accounts[OTHER_SID].senders[f"whatsapp:+{NUMBER}"]

    told = messages_of(do(ada, account, f"set:{number.pk}"))

    assert (sender.callback_url, sender.fallback_url, sender.status_callback_url) == (url, url, url)
    assert told == [
        "success: Twilio now posts texts to +1 23456989 here, and once more if that fails. "
        f"It was {ELSEWHERE} (POST) before."
    ]

    do(ada, account, f"put-back:{number.pk}")

    assert (sender.callback_url, sender.fallback_url) == (ELSEWHERE, "")


def test_the_set_up_page_shows_the_real_values_and_asks_nothing(
    ada: Client, account: WhatsAppAccount, simulator: Simulator
) -> None:
    make_number(account)

    page = ada.get(reverse("admin:whatsapp-set-up", args=[account.pk])).content.decode()

    for value in (OTHER_SID, accounts.inbound_address(account.inbound_url), f"https://wa.me/{NUMBER}"):
        assert value in page
    assert TOKEN not in page
    assert not account.account.calls.exists()


def test_the_drift_table_tells_where_texts_go_and_fixes_it(ada: Client, account: WhatsAppAccount) -> None:
    number = make_number(account).number
    make_number(account, value=SANDBOX)

    page = do(ada, account, "look")

    assert messages_of(page) == ["warning: Twilio was asked: the texts of 1 of 2 do not come here."]
    assert "Points elsewhere" in page.content.decode()
    assert "Set by hand" in page.content.decode()
    assert "In place" in do(ada, account, f"set:{number.pk}").content.decode()


def test_a_number_that_twilio_does_not_have_there_is_not_offered_to_be_set(
    ada: Client, account: WhatsAppAccount
) -> None:
    mine, strange = make_number(account).number, make_number(account, value="14255550111").number

    page = do(ada, account, "look").content.decode()

    assert "This account at the provider does not have the number." in page
    assert f'value="set:{mine.pk}"' in page
    assert f'value="set:{strange.pk}"' not in page


def test_a_sender_is_picked_from_the_account(ada: Client, account: WhatsAppAccount) -> None:
    make_number(account)

    page = ada.get(reverse("admin:whatsapp-pick-number", args=[account.pk]))

    rows = {row["value"]: row for row in page.context["rows"]}
    assert set(rows) == {NUMBER, OFFLINE, SPARE}
    assert rows[NUMBER]["is_mine"]
    chosen = ada.get(rows[SPARE]["choose"])
    assert form_of(chosen)["number"] == SPARE
    assert form_of(chosen)["whatsapp_account"] == str(account.pk)
    assert "Offline" in page.content.decode()


# --- work streams ---------------------------------------------------------------------------------


def test_a_whatsapp_work_stream_lists_its_numbers_and_has_no_sms_tabs(
    ada: Client, account: WhatsAppAccount
) -> None:
    number = make_number(account)

    page = ada.get(reverse("admin:routing_workstream_change", args=[number.work_stream_id])).content.decode()

    assert 'data-tab="WhatsApp numbers"' in page
    assert reverse("admin:channels_app_whatsappnumber_change", args=[number.pk]) in page
    assert 'data-tab="SMS Settings"' not in page
    assert 'data-tab="SMS Numbers"' not in page


def test_an_sms_work_stream_has_no_whatsapp_tab(ada: Client, world: World) -> None:
    page = ada.get(reverse("admin:routing_workstream_change", args=[world.stream.pk])).content.decode()

    assert 'data-tab="SMS Settings"' in page
    assert "WhatsApp numbers" not in page


def test_the_channel_of_a_work_stream_is_chosen_once(ada: Client, world: World) -> None:
    url = reverse("admin:routing_workstream_change", args=[world.stream.pk])
    given = form_of(ada.get(url))
    assert "channel" not in given

    ada.post(url, given | {"channel": "whatsapp"})

    world.stream.refresh_from_db()
    assert world.stream.channel == Channel.SMS


def test_sms_settings_of_a_new_whatsapp_work_stream_are_refused(ada: Client, world: World) -> None:
    url = reverse("admin:routing_workstream_add")
    given = form_of(ada.get(url)) | {"name": "By WhatsApp", "channel": "whatsapp"}

    page = ada.post(url, given | {"sms_settings-0-account_sid": OTHER_SID})
    assert errors_of(page)["sms_settings"] == ["A WhatsApp work stream has no SMS Settings."]

    ada.post(url, given)
    assert WorkStream.objects.get(name="By WhatsApp").channel == Channel.WHATSAPP


# --- told elsewhere -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "with_number", "words"),
    [
        ("error: The number is offline.", True, "WhatsApp account failed the last Validate"),
        ("warning: This is the sandbox.", True, "WhatsApp account validated with a warning"),
        ("", True, "WhatsApp account never validated"),
        ("success: Fine.", False, "WhatsApp account without a number"),
    ],
)
def test_a_trouble_is_told_on_the_first_page_and_its_link_opens_it(
    ada: Client, account: WhatsAppAccount, status: str, with_number: bool, words: str
) -> None:
    if with_number:
        make_number(account)
    WhatsAppAccount.objects.update(last_validation_status=status)

    home = ada.get("/admin/").context["home"]

    [item] = [item for item in home.items if item.words == words or item.words.startswith(words)]
    listed = ada.get(item.url).context["cl"].result_list
    assert [row.pk for row in listed] == [account.pk]


@pytest.mark.parametrize(
    ("typed", "group", "title"),
    [
        ("whatsapp chan", "WhatsApp accounts", "WhatsApp channel"),
        (OTHER_SID.lower(), "WhatsApp accounts", "WhatsApp channel"),
        ("phone number", "WhatsApp Numbers", "WhatsApp phone number"),
        (NUMBER, "WhatsApp Numbers", "WhatsApp phone number"),
    ],
)
def test_accounts_and_numbers_are_found_by_the_search(
    ada: Client, account: WhatsAppAccount, typed: str, group: str, title: str
) -> None:
    make_number(account)

    groups = {one.name: one.hits for one in ada.get("/admin/search/", {"q": typed}).context["groups"]}

    assert [hit.title for hit in groups[group]] == [title]
    assert ada.get(groups[group][0].url).status_code == 200


def test_channel_health_tells_a_senders_trouble_with_its_next_step(
    ada: Client, account: WhatsAppAccount
) -> None:
    make_number(account, value=OFFLINE)
    now = timezone.now()
    drift.look(account.account, now=now)
    incidents.look_at_account(account.account, now=now)

    page = ada.get(reverse("admin:channel-health")).content.decode()

    assert "Number cannot be used" in page
    assert "Validate, and see what the provider says" in page
    assert "<td>WhatsApp</td>" in page


# --- deleting, and one click ----------------------------------------------------------------------


def test_an_account_is_deleted_after_confirmation_and_made_again_with_one_click(
    ada: Client, account: WhatsAppAccount
) -> None:
    make_number(account)
    url = reverse("admin:channels_app_whatsappaccount_delete", args=[account.pk])
    asked = ada.get(url).content.decode()
    assert "Confirm Deletion" in asked
    assert "WhatsApp number +1 23456989" in asked
    assert "cannot be undone" not in asked

    ada.post(url, {"post": "yes"})

    assert ada.get(page_of(account)).status_code == 302
    listed = ada.get(DELETED)
    assert [row["name"] for row in listed.context["rows"]] == ["WhatsApp channel"]

    told = messages_of(ada.post(DELETED, {"do": f"account:{account.pk}"}, follow=True))

    assert told == ["success: The WhatsApp account WhatsApp channel was made again."]
    assert NUMBER in [role.number.value for role in WhatsAppNumber.objects.all()]


def test_a_number_is_deleted_after_confirmation_and_made_again_with_one_click(
    ada: Client, account: WhatsAppAccount
) -> None:
    role = make_number(account)
    ada.post(reverse("admin:channels_app_whatsappnumber_delete", args=[role.pk]), {"post": "yes"})
    assert not WhatsAppNumber.objects.exists()

    told = messages_of(ada.post(DELETED, {"do": f"number:{role.number_id}"}, follow=True))

    assert told[-1] == "success: WhatsApp number +1 23456989 takes texts again."
    assert WhatsAppNumber.objects.get().name == "WhatsApp phone number"


def test_an_sms_number_and_its_work_stream_are_made_again_with_one_click(ada: Client, world: World) -> None:
    numbers.remove_sms_number(sms_number=world.number.sms_number)
    retire_work_stream(world.stream)

    refused = messages_of(ada.post(DELETED, {"do": f"number:{world.number.pk}"}, follow=True))
    assert refused[0].startswith("error: Its work stream Support by SMS")
    ada.post(DELETED, {"do": f"stream:{world.stream.pk}"})
    told = messages_of(ada.post(DELETED, {"do": f"number:{world.number.pk}"}, follow=True))

    assert told[-1] == "success: SMS number +1 425-230-6549 takes texts again."
    assert Number.objects.get(value=OUR_NUMBER).work_stream == world.stream


@pytest.mark.parametrize("what", ["number:0", "account:7", "stream:x", "nothing:1", "", "number:" + "9" * 40])
def test_what_is_not_deleted_is_not_found(ada: Client, world: World, what: str) -> None:
    assert ada.post(DELETED, {"do": what}).status_code == 404


def test_a_supervisor_makes_nothing_again(as_user: Any, world: World) -> None:
    assert as_user("sam").get(DELETED).status_code == 403
    assert as_user("sam").post(DELETED, {"do": f"stream:{world.stream.pk}"}).status_code == 403
