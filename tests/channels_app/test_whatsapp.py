"""WhatsApp accounts and numbers: what saving, deleting and making again writes, and what it refuses."""

from typing import Any

import pytest
from django.utils import timezone

from channels_app import accounts, inbound_urls, numbers, undeleting, whatsapp
from channels_app.accounts import Conflict, OtherSecret
from channels_app.models import InboundUrl, Number, ProviderAccount, SmsNumber
from channels_app.models_receipts import InboundText
from channels_app.models_whatsapp import WhatsAppAccount, WhatsAppNumber
from conversations.models import Conversation
from routing.models import Channel, ChannelSetting, WorkStream
from routing.services import retire_work_stream
from tests.world import ACCOUNT_SID, AUTH_TOKEN, OUR_NUMBER, World, post_webhook, text_params

OTHER_SID = "AC" + "9a805fb460119c9baabb9b726ce8fc90"
NUMBER = "123456989"


def account_values(**changed: Any) -> dict[str, Any]:
    """The documents' example, on an account of its own."""
    usual = {
        "name": "WhatsApp channel",
        "provider": "twilio",
        "external_id": OTHER_SID,
        "base_url": "https://api.twilio.com",
        "secret": "fake-token-of-whatsapp",
        "secondary_secret": None,
    }
    return usual | changed


def make_account(**changed: Any) -> WhatsAppAccount:
    return whatsapp.save_account(whatsapp_account=WhatsAppAccount(), **account_values(**changed))


def stream() -> WorkStream:
    return whatsapp.streams_in_use()[0]


def make_number(account: WhatsAppAccount, **changed: Any) -> WhatsAppNumber:
    usual: dict[str, Any] = {"name": "WhatsApp phone number", "value": NUMBER, "work_stream": stream()}
    return whatsapp.save_number(
        whatsapp_number=WhatsAppNumber(), whatsapp_account=account, **(usual | changed)
    )


def text_from_whatsapp(account: WhatsAppAccount, *, number: int = 1) -> None:
    """A signed text of a customer to our number, through the front door."""
    params = text_params("Hello", sender="whatsapp:+14255550100", number=number)
    params |= {"To": f"whatsapp:+{NUMBER}", "AccountSid": OTHER_SID}
    url = accounts.inbound_address(account.inbound_url)
    assert post_webhook(url, params, token="fake-token-of-whatsapp").status_code == 200


def test_the_documents_own_account_and_number_are_saved(world: World) -> None:
    account = make_account()
    number = make_number(account)

    assert account.account.secret.reveal() == "fake-token-of-whatsapp"
    assert account.inbound_url.account == account.account
    assert (number.number.value, number.number.channel) == (NUMBER, Channel.WHATSAPP)
    assert number.work_stream.name == "WhatsApp channel work stream"
    assert number.number.messages_per_second == whatsapp.MESSAGES_PER_SECOND


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("123456989", "123456989"),
        ("+14155238886", "14155238886"),
        ("whatsapp:+14155238886", "14155238886"),
        (" WhatsApp:14155238886 ", "14155238886"),
        ("123456", "123456"),
        ("123456789012345", "123456789012345"),
        ("12345", None),
        ("1234567890123456", None),
        ("1 415 523 8886", None),
        ("++14155238886", None),
        ("١٢٣٤٥٦٧", None),
        ("", None),
    ],
)
def test_a_number_is_six_to_fifteen_digits_however_it_is_written(typed: str, stored: str | None) -> None:
    if stored is None:
        with pytest.raises(whatsapp.NotANumber):
            whatsapp.digits_of(typed)
    else:
        assert whatsapp.digits_of(typed) == stored


def test_an_account_may_share_the_provider_account_of_sms(world: World) -> None:
    account = make_account(external_id=ACCOUNT_SID, base_url=world.number.account.base_url, secret="")

    assert account.account == world.number.account
    assert account.inbound_url != world.sms_settings.inbound_url
    assert accounts.used_by(account.account) == ["Support by SMS", "WhatsApp account WhatsApp channel"]
    assert not accounts.is_alone(world.sms_settings, account.account)


def test_another_token_for_a_known_account_is_refused_and_names_who_uses_it(world: World) -> None:
    with pytest.raises(OtherSecret) as refused:
        make_account(external_id=ACCOUNT_SID, base_url=world.number.account.base_url, secret="another")

    assert "Support by SMS" in str(refused.value)
    assert not WhatsAppAccount.objects.exists()
    assert ProviderAccount.objects.get().secret.reveal() == AUTH_TOKEN


def test_a_new_account_needs_its_token(world: World) -> None:
    with pytest.raises(Conflict) as refused:
        make_account(secret="")

    assert refused.value.field == "auth_token"


def test_the_name_of_a_deleted_account_is_free(world: World) -> None:
    account = make_account()
    with pytest.raises(Conflict, match="has this name"):
        make_account(external_id="AC" + "1" * 32)

    whatsapp.delete_account(whatsapp_account=account)

    assert make_account(external_id="AC" + "1" * 32).pk != account.pk


def test_an_account_has_several_numbers_each_with_its_stream_and_streams_may_be_shared(world: World) -> None:
    account = make_account()
    other = WorkStream.objects.create(name="Sales by WhatsApp", channel=Channel.WHATSAPP)

    made = [
        make_number(account),
        make_number(account, value="14155238886", work_stream=other),
        make_number(account, value="14155238887", work_stream=other),
    ]

    assert [number.work_stream.name for number in made] == [stream().name, other.name, other.name]


def test_a_number_is_once_per_channel_and_the_error_names_its_holder(world: World) -> None:
    make_number(make_account())
    second = make_account(name="Second", external_id="AC" + "1" * 32)

    with pytest.raises(Conflict) as refused:
        make_number(second)

    assert (refused.value.field, str(refused.value)) == (
        "number",
        "This number already belongs to WhatsApp account WhatsApp channel.",
    )
    # The SMS number of the same digits is another one.
    assert make_number(second, value=OUR_NUMBER).number != world.number


def test_a_work_stream_of_another_channel_is_refused(world: World) -> None:
    with pytest.raises(Conflict) as refused:
        make_number(make_account(), work_stream=world.stream)

    assert refused.value.field == "work_stream"


def test_nothing_new_is_set_up_for_a_channel_that_is_not_enabled(world: World) -> None:
    account = make_account()
    ChannelSetting.objects.filter(channel=Channel.WHATSAPP).update(is_enabled=False)

    with pytest.raises(Conflict, match="WhatsApp is not enabled"):
        make_number(account)
    with pytest.raises(Conflict, match="WhatsApp is not enabled"):
        make_account(name="Second", external_id="AC" + "1" * 32)


def test_a_number_moves_to_another_account_and_forgets_the_old_ones_webhook(world: World) -> None:
    number = make_number(make_account())
    Number.objects.filter(pk=number.number_id).update(webhook_seen={"url": "x"})
    WhatsAppNumber.objects.update(sender_id="XE1")
    number.refresh_from_db()
    second = make_account(name="Second", external_id="AC" + "1" * 32)

    whatsapp.save_number(
        whatsapp_number=number,
        whatsapp_account=second,
        name="Moved",
        value=NUMBER,
        work_stream=number.work_stream,
    )

    number.refresh_from_db()
    assert (number.number.account, number.number.webhook_seen, number.sender_id) == (second.account, None, "")


def test_the_numbers_go_with_an_account_whose_sid_is_corrected(world: World) -> None:
    account = make_account()
    number = make_number(account)
    url = account.inbound_url

    whatsapp.save_account(whatsapp_account=account, **account_values(external_id="AC" + "1" * 32))

    number.number.refresh_from_db()
    assert number.number.account.external_id == "AC" + "1" * 32
    assert account.inbound_url == url  # nothing had come to it


def test_the_inbound_url_of_an_account_in_use_is_not_retired(world: World) -> None:
    account = make_account()

    with pytest.raises(Conflict, match="WhatsApp account WhatsApp channel"):
        inbound_urls.retire(url=account.inbound_url, now=timezone.now())

    inbound_urls.retire_silent(now=timezone.now())
    assert InboundUrl.objects.get(pk=account.inbound_url_id).replaced_at is None


def _now() -> Any:
    from django.utils import timezone

    return timezone.now()


# --- deleting, and making again -------------------------------------------------------------------


def test_a_deleted_number_keeps_its_history_and_later_texts_are_kept_as_unrouted(
    world: World, drain: Any
) -> None:
    account = make_account(base_url="http://127.0.0.1:1")
    number = make_number(account)
    text_from_whatsapp(account)
    drain()
    assert Conversation.objects.count() == 1

    whatsapp.delete_number(whatsapp_number=number)
    text_from_whatsapp(account, number=2)
    drain()

    assert Conversation.objects.count() == 1
    last = InboundText.objects.order_by("id").last()
    assert last is not None
    assert (last.disposition, last.number) == ("unrouted", Number.objects.get(value=NUMBER))
    assert undeleting.texts_since(Number.objects.get(value=NUMBER)) == 1


def test_a_deleted_account_goes_on_verifying_and_one_click_makes_it_again_with_its_numbers(
    world: World, drain: Any
) -> None:
    account = make_account(base_url="http://127.0.0.1:1")
    make_number(account, attachments_from_agents=False)
    whatsapp.delete_account(whatsapp_account=account)
    text_from_whatsapp(account)
    drain()
    assert [text.disposition for text in InboundText.objects.all()] == ["unrouted"]

    assert undeleting.make_account(account) == []
    text_from_whatsapp(account, number=2)
    drain()

    number = WhatsAppNumber.objects.get()
    assert (number.name, number.work_stream, number.whatsapp_account) == (
        "WhatsApp phone number",
        stream(),
        account,
    )
    assert not number.number.attachments_from_agents
    assert Conversation.objects.get().number == number.number


def test_a_number_deleted_before_its_account_stays_deleted(world: World) -> None:
    account = make_account()
    whatsapp.delete_number(whatsapp_number=make_number(account))
    make_number(account, value="14155238886")
    whatsapp.delete_account(whatsapp_account=account)

    undeleting.make_account(account)

    assert [number.number.value for number in WhatsAppNumber.objects.all()] == ["14155238886"]


def test_what_stands_in_the_way_of_making_a_number_again_is_told(world: World) -> None:
    account = make_account()
    make_number(account)
    number = Number.objects.get(value=NUMBER)

    whatsapp.delete_account(whatsapp_account=account)
    number.refresh_from_db()
    with pytest.raises(Conflict, match="WhatsApp account was deleted"):
        undeleting.make_number(number)


def test_a_number_that_another_account_took_meanwhile_stays_there(world: World) -> None:
    account = make_account()
    make_number(account)
    whatsapp.delete_account(whatsapp_account=account)
    second = make_account(name="Second", external_id="AC" + "1" * 32)
    make_number(second)

    assert undeleting.make_account(account) == []

    assert WhatsAppNumber.objects.get().whatsapp_account == second


def test_a_number_whose_stream_was_deleted_comes_back_with_the_stream(world: World) -> None:
    account = make_account()
    made = make_number(account)
    retire_work_stream(made.work_stream)
    whatsapp.delete_number(whatsapp_number=made)
    number = Number.objects.get(value=NUMBER)
    with pytest.raises(Conflict, match="work stream"):
        undeleting.make_number(number)

    undeleting.make_stream(made.work_stream)
    undeleting.make_number(number)

    assert Number.objects.get(value=NUMBER).work_stream == made.work_stream
    assert made.work_stream.name == "WhatsApp channel work stream"


def test_a_deleted_sms_number_is_made_again_as_it_was(world: World) -> None:
    role = world.number.sms_number
    role.description = "Main line"
    role.save()
    numbers.remove_sms_number(sms_number=role)
    world.number.refresh_from_db()

    undeleting.make_number(world.number)

    number = Number.objects.get(value=OUR_NUMBER)
    assert (number.deleted_at, number.sms_number.description, number.work_stream) == (
        None,
        "Main line",
        world.stream,
    )


def test_a_deleted_sms_number_does_not_push_out_the_one_that_came_after_it(world: World) -> None:
    numbers.remove_sms_number(sms_number=world.number.sms_number)
    world.number.refresh_from_db()
    numbers.save_sms_number(
        sms_number=SmsNumber(), work_stream=world.stream, value="14252306560", messages_per_second=1
    )

    with pytest.raises(Conflict, match="only one phone number"):
        undeleting.make_number(world.number)


def test_a_retired_stream_is_made_again_under_its_name_unless_that_is_taken(world: World) -> None:
    retire_work_stream(world.stream)
    other = WorkStream.objects.create(name="Support by SMS")
    world.stream.refresh_from_db()
    with pytest.raises(Conflict, match="called Support by SMS now"):
        undeleting.make_stream(world.stream)

    WorkStream.objects.filter(pk=other.pk).update(name="Other")
    undeleting.make_stream(world.stream)

    assert world.stream.name == "Support by SMS"
    assert Number.objects.get(value=OUR_NUMBER).work_stream == world.stream
