"""Secrets with names that nobody would type by chance, planted in every place that may hold one."""

import base64
import html
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

from channels_app.calls import recorder
from channels_app.models import ProviderAccount
from omnichannel.lib.http import Call
from tests.world import ACCOUNT_SID, World

# Signs that every encoding writes differently, so that an encoded one is told from a plain one.
PRIMARY, SECONDARY = "canary+primary/4711=&<x>", "canary+secondary/4712=&<y>"
PASSWORD, TYPED = "canary-password 4713&", "canary-typed-4714&"
SECRET_KEY = "canary-secret-key-4715-which-is-long-enough-to-be-one"
INBOUND = "canary-inbound-4716"


@dataclass
class Planted:
    """Every secret by what it is; `inbound` may be seen by those who set channels up."""

    secrets: dict[str, str] = field(default_factory=dict)

    def found_in(self, text: str) -> list[str]:
        """The names of the secrets that stand in a text, in any encoding."""
        return [name for name, secret in self.secrets.items() if any(e in text for e in encodings(secret))]


def encodings(secret: str) -> Iterator[str]:
    """How a secret may stand in a page, an address, a log line, a file or a header."""
    raw = secret.encode()
    yield from (secret, html.escape(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1])
    yield from (quote(secret, safe=""), quote_plus(secret), quote(quote(secret, safe=""), safe=""))
    yield json.dumps(secret).replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026")[1:-1]
    yield from (base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode(), raw.hex())
    yield base64.b64encode(f"{ACCOUNT_SID}:{secret}".encode()).decode()


def plant_tokens(world: World) -> dict[str, str]:
    """At the account, and in what its provider echoes: an answer, a webhook with what should not be in it."""
    account = ProviderAccount.objects.get(pk=world.sms_settings.account_id)
    account.secret, account.secondary_secret = PRIMARY, SECONDARY
    account.save()
    account.refresh_from_db()
    url = world.sms_settings.inbound_url
    url.token = INBOUND
    url.save()
    echo = json.dumps({"auth_token": PRIMARY, "owner": {"note": f"signed with {SECONDARY}"}})
    call: Any = Call(
        method="GET", url="https://api.twilio.com/x", status=401, duration_ms=1, answer=echo, error=""
    )
    recorder(account)(call)
    return {"primary token": PRIMARY, "secondary token": SECONDARY}
