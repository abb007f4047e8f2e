"""A TeleSign on this machine and an account on it: real sockets and signatures."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from channels_app.accounts import save_sms_settings
from channels_app.models import Number, SmsNumber, SmsSettings
from channels_app.numbers import save_sms_number
from routing.models import WorkStream
from simulator.server import Simulator, running

CUSTOMER_ID = "FFFFFFFF-EEEE-DDDD-1234-AB1234567890"
OTHER_CUSTOMER_ID = "AAAAAAAA-EEEE-DDDD-1234-AB1234567890"
API_KEY = "ZmFrZS1hcGkta2V5LWZvci10ZXN0cy1vbmx5LTAwMDE="
OTHER_API_KEY = "ZmFrZS1hcGkta2V5LWZvci10ZXN0cy1vbmx5LTAwMDI="
OUR_TELESIGN_NUMBER = "14252306550"


@contextmanager
def telesign(**changes: Any) -> Iterator[Simulator]:
    """The simulator with one company, changed as given."""
    company = {
        "customer_id": CUSTOMER_ID,
        "api_key": API_KEY,
        "numbers": [{"phone_number": f"+{OUR_TELESIGN_NUMBER}"}],
    }
    with running(
        {"accounts": [], "telesign": [company | changes], "callbacks": {"delay_ms": 5}}
    ) as simulator:
        yield simulator


def settings_of(stream: WorkStream, *, base_url: str, api_key: str = API_KEY) -> SmsSettings:
    """SMS Settings of a stream, through TeleSign."""
    return save_sms_settings(
        sms_settings=SmsSettings(work_stream=stream),
        provider="telesign",
        external_id=CUSTOMER_ID,
        base_url=base_url,
        secret=api_key,
        secondary_secret=None,
    )


def number_of(stream: WorkStream, value: str = OUR_TELESIGN_NUMBER) -> Number:
    """The stream's support number."""
    return save_sms_number(
        sms_number=SmsNumber(), work_stream=stream, value=value, messages_per_second=None
    ).number
