"""A running simulator, a receiver for its webhooks, and Twilio's library pointed at it."""

from collections.abc import Iterator

import pytest
from twilio.rest import Client

from simulator.server import Simulator, running

from .support import Receiver, configuration, receiving, twilio_client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def simulator(receiver: Receiver) -> Iterator[Simulator]:
    with running(configuration(sms_url=f"{receiver.url}/hooks/")) as simulator:
        yield simulator


@pytest.fixture
def client(simulator: Simulator) -> Client:
    return twilio_client(simulator.url)
