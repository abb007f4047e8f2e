"""WhatsApp accounts and their numbers in the configuration file."""

import pytest
import yaml

from channels_app import whatsapp
from channels_app.models import Number, ProviderAccount
from channels_app.models_whatsapp import WhatsAppAccount, WhatsAppNumber
from omnichannel.configuration import applying
from tests.channels_app.test_whatsapp import NUMBER, OTHER_SID, make_account, make_number
from tests.world import World

HEAD = "format: omnichannel/1\n"
FILE = f"""{HEAD}
whatsapp_accounts:
- name: WhatsApp channel
  account_sid: {OTHER_SID}
  numbers:
  - name: WhatsApp phone number
    number: '{NUMBER}'
    work_stream: WhatsApp channel work stream
    attachments_from_agents: false
"""


def test_a_file_holds_accounts_with_their_numbers_and_no_secret(world: World) -> None:
    ProviderAccount.objects.update(base_url="https://api.twilio.com")
    account = make_account()
    make_number(account)

    text = applying.export()

    [found] = yaml.safe_load(text)["whatsapp_accounts"]
    assert (found["name"], found["provider"], found["account_sid"]) == (account.name, "twilio", OTHER_SID)
    assert found["numbers"] == [
        {
            "name": "WhatsApp phone number",
            "number": NUMBER,
            "work_stream": "WhatsApp channel work stream",
            "attachments_from_customers": True,
            "attachments_from_agents": True,
            "messages_per_second": whatsapp.MESSAGES_PER_SECOND,
        }
    ]
    for secret in ("fake-token-of-whatsapp", account.inbound_url.token):
        assert secret not in text
    assert applying.preview(text).changes == []


def test_a_file_makes_an_account_once_its_token_is_given(world: World) -> None:
    preview = applying.preview(FILE)
    assert preview.tokens == [OTHER_SID]
    assert [(change.kind, change.section) for change in preview.changes] == [("added", "whatsapp_accounts")]
    assert not WhatsAppAccount.objects.exists()
    with pytest.raises(applying.Refused, match="Auth Token"):
        applying.apply(FILE, tokens={})

    applying.apply(FILE, tokens={OTHER_SID: "typed"})

    number = WhatsAppNumber.objects.get()
    assert number.whatsapp_account.account.secret.reveal() == "typed"
    assert (number.number.value, number.number.attachments_from_agents) == (NUMBER, False)
    assert applying.preview(FILE).changes == []


def test_a_number_that_the_list_leaves_out_is_deleted_softly(world: World) -> None:
    make_number(make_account())

    applying.apply(f"{FILE.partition('  numbers:')[0]}  numbers: []\n", tokens={})

    assert not WhatsAppNumber.objects.exists()
    assert Number.objects.get(value=NUMBER).former_role is not None


def test_without_a_list_the_numbers_stay(world: World) -> None:
    make_number(make_account())

    applying.apply(FILE.partition("  numbers:")[0], tokens={})

    assert WhatsAppNumber.objects.count() == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (f"'{NUMBER}'", "'12'", "6 to 15 digits"),
        ("WhatsApp channel work stream", "Nowhere", "no work stream of this name"),
        ("WhatsApp channel work stream", "Support by SMS", "work_stream"),
        ("attachments_from_agents: false", "colour: blue", "Not known here"),
        ("  numbers:\n  - name: WhatsApp phone number", "  numbers: 7\n  x:\n  - name: N", "x"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(world: World, old: str, new: str, words: str) -> None:
    with pytest.raises(applying.Refused) as refused:
        applying.apply(FILE.replace(old, new), tokens={OTHER_SID: "typed"})

    assert words in str(refused.value)
    assert "WhatsApp account WhatsApp channel" in str(refused.value)
    assert not WhatsAppAccount.objects.exists()
