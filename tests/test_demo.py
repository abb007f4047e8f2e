"""The demo's installation: three numbers at two providers, and what programs are told of them."""

import pytest

from channels_app.models import Number, ProviderAccount
from omnichannel import demo, demo_channels
from simulator.config import parse_config

pytestmark = pytest.mark.django_db
WEB, SIMULATOR = "http://127.0.0.1:8000", "http://127.0.0.1:8001"


def test_every_channel_has_a_number_with_its_work_stream_and_secrets() -> None:
    demo.load(simulator=SIMULATOR)

    numbers = demo.description(web=WEB, simulator=SIMULATOR)["numbers"]

    assert [(each["channel"], each["provider"], each["number"]) for each in numbers] == [
        ("sms", "twilio", "14252306549"),
        ("sms", "telesign", "14252306550"),
        ("whatsapp", "twilio", "14155238886"),
    ]
    assert numbers[2]["work_stream"] == "WhatsApp channel work stream"
    assert {each["inbound_url"].partition("/hooks/")[1] for each in numbers} == {"/hooks/"}
    assert len({each["inbound_url"] for each in numbers}) == 3
    assert [set(each) & {"auth_token", "api_key"} for each in numbers] == [
        {"auth_token"},
        {"api_key"},
        {"auth_token"},
    ]


def test_simulator_is_told_where_texts_and_reports_go() -> None:
    demo.load(simulator=SIMULATOR)
    sms, telesign, whatsapp = demo.description(web=WEB, simulator=SIMULATOR)["numbers"]

    config = parse_config(demo_channels.simulator_config())

    (account,) = config.accounts.values()
    assert account.numbers["+14252306549"].sms_url == sms["inbound_url"]
    assert account.senders["whatsapp:+14155238886"].callback_url == whatsapp["inbound_url"]
    assert config.telesign[telesign["customer_id"]].callback_url == telesign["inbound_url"]
    assert {template.status for template in account.templates.values()} == {"approved", "pending", "rejected"}


def test_second_start_only_follows_the_simulator() -> None:
    demo.load(simulator=SIMULATOR)
    before = list(Number.objects.values_list("pk", flat=True))

    demo.load(simulator="http://127.0.0.1:9001")

    assert list(Number.objects.values_list("pk", flat=True)) == before
    assert set(ProviderAccount.objects.values_list("base_url", flat=True)) == {"http://127.0.0.1:9001"}


def test_empty_demo_has_accounts_to_set_up_by_hand() -> None:
    demo.load(simulator=SIMULATOR, is_empty=True)

    told = demo.description(web=WEB, simulator=SIMULATOR)

    assert told["numbers"] == []
    assert {told[name]["number"] for name in ("twilio", "telesign", "whatsapp")} == {
        "14252306549",
        "14252306550",
        "14155238886",
    }
    assert parse_config(demo_channels.simulator_config()).telesign
