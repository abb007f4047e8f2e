"""A running simulator, a receiver for its webhooks, and Twilio's library pointed at it."""

from collections.abc import Iterator

import pytest
from twilio.rest import Client

from simulator.server import Simulator, running

from .support import ACCOUNT, CUSTOMER_ID, WHATSAPP, Receiver, configuration, receiving, twilio_client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def simulator(receiver: Receiver) -> Iterator[Simulator]:
    with running(configuration(sms_url=f"{receiver.url}/hooks/")) as simulator:
        simulator.save_telesign(customer_id=CUSTOMER_ID, callback_url=f"{receiver.url}/telesign/")
        sender = {"sender_id": WHATSAPP, "callback_url": f"{receiver.url}/whatsapp/"}
        simulator.save_account(account_sid=ACCOUNT, senders=[sender])
        yield simulator


@pytest.fixture
def client(simulator: Simulator) -> Client:
    return twilio_client(simulator.url)
