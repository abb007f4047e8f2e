"""The companies' numbers as a phone lists them: channel, provider, and whether anybody listens there."""

from dataclasses import dataclass

from simulator.faults import MagicNumber
from simulator.state import State
from simulator.telesign.faults import MAGIC_NUMBERS as TELESIGN_NUMBERS
from simulator.twilio.faults import MAGIC_NUMBERS, WHATSAPP_NUMBERS
from simulator.twilio.inbound import destination
from simulator.twilio.senders import PREFIX

MAGIC = {"twilio": MAGIC_NUMBERS, "telesign": TELESIGN_NUMBERS, "whatsapp": WHATSAPP_NUMBERS}
LABELS = {"twilio": "SMS · Twilio", "telesign": "SMS · TeleSign", "whatsapp": "WhatsApp"}


@dataclass(frozen=True)
class Company:
    """A number one can text."""

    address: str
    name: str
    # "twilio" or "telesign" for SMS, or "whatsapp".
    channel: str
    # Where texts to it go; empty: nowhere.
    url: str = ""
    is_sandbox: bool = False

    @property
    def label(self) -> str:
        """Channel and provider."""
        return LABELS[self.channel]

    @property
    def magic_numbers(self) -> tuple[MagicNumber, ...]:
        """Customers with a fate, on this channel."""
        return MAGIC[self.channel]


def companies(state: State) -> dict[str, Company]:
    """By address: Twilio's numbers for SMS, TeleSign's, then WhatsApp senders."""
    with state.lock:
        found = [*_twilio(state), *_telesign(state), *_whatsapp(state)]
    return {company.address: company for company in found}


def _twilio(state: State) -> list[Company]:
    return [
        Company(
            number.phone_number,
            number.friendly_name or account.friendly_name,
            "twilio",
            destination(account, number).url,
        )
        for account in state.accounts.values()
        for number in account.numbers.values()
        if number.sms
    ]


def _telesign(state: State) -> list[Company]:
    return [
        Company(
            number.phone_number,
            number.friendly_name or account.friendly_name,
            "telesign",
            account.callback_url,
        )
        for account in state.telesign.values()
        for number in account.numbers.values()
    ]


def _whatsapp(state: State) -> list[Company]:
    return [
        Company(
            sender.sender_id,
            sender.friendly_name or account.friendly_name,
            "whatsapp",
            sender.callback_url,
            sender.is_sandbox,
        )
        for account in state.accounts.values()
        for sender in account.senders.values()
        if sender.status.startswith("ONLINE")
    ]


def set_address(state: State, company: Company, url: str) -> None:
    """Have the company's texts go to another address, as its provider does when it is asked to."""
    with state.lock:
        if company.channel == "telesign" and (telesign := state.telesign_owner_of(company.address)):
            telesign.callback_url = url
        elif company.channel == "whatsapp" and (owner := state.sender_owner_of(company.address)):
            owner[1].callback_url = url
        elif company.channel == "twilio" and (holder := state.owner_of(company.address)):
            holder[1].sms_url = url


def plain(address: str) -> str:
    """The number alone."""
    return address.removeprefix(PREFIX)
