"""A Twilio on this machine with several numbers, and the world's account on it: real sockets and library."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from channels_app.models import ProviderAccount
from simulator.server import Simulator, running
from tests.world import ACCOUNT_SID, AUTH_TOKEN, OUR_NUMBER, World

ELSEWHERE = "https://other.example.com/sms?key=of-somebody-else"
SPARE, VOICE_ONLY, POOLED, NOT_OURS = "14252306560", "14252306561", "14252306562", "14252306570"


def config() -> dict[str, Any]:
    """Our number (points elsewhere), a spare one, one that cannot text, one in a Messaging Service."""
    numbers = [
        {"phone_number": f"+{OUR_NUMBER}", "sms_url": ELSEWHERE, "friendly_name": "Main line"},
        {"phone_number": f"+{SPARE}"},
        {"phone_number": f"+{VOICE_ONLY}", "sms": False, "mms": False},
        {"phone_number": f"+{POOLED}", "service": "Newsletter"},
    ]
    pool = {"name": "Newsletter", "use_inbound_webhook_on_number": False}
    ours = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "numbers": numbers, "services": [pool]}
    other = {
        "account_sid": "AC" + "e" * 32,
        "auth_token": "of-somebody-else",
        "numbers": [{"phone_number": f"+{NOT_OURS}"}],
    }
    return {"accounts": [ours, other], "callbacks": {"delay_ms": 5}, "hang_seconds": 3}


@contextmanager
def simulated(world: World) -> Iterator[Simulator]:
    """The simulator, with the world's account moved to it."""
    with running(config()) as simulator:
        ProviderAccount.objects.update(base_url=simulator.url)
        world.sms_settings.refresh_from_db()
        world.number.refresh_from_db()
        yield simulator


def webhook(simulator: Simulator, number: str = OUR_NUMBER) -> tuple[str, str, str]:
    """Where a number's texts go: URL, method, fallback."""
    found = simulator.state.accounts[ACCOUNT_SID].numbers[f"+{number}"]
    return found.sms_url, found.sms_method, found.sms_fallback_url
