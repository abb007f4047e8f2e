"""Webhooks that are refused: what was probably wrong is found out and kept, for administrators only."""

import time

from channels_app import receipts
from channels_app.accounts import credentials
from channels_app.doors import Door
from channels_app.models import ProviderAccount
from channels_app.providers.base import Diagnosis, WireRequest

# Whoever floods us with forgeries must not make us compute: per account and process, one look a second.
LOOK_EVERY_S = 1.0
HOST_HEADERS = ("host", "x-forwarded-host", "x-original-host")
LONGEST_HOST = 255
NOT_LOOKED_INTO = "Not looked into: another one came in the same second, and was."
_looked: dict[int, float] = {}


def refuse(door: Door, wire: WireRequest, *, reason: str) -> None:
    """Keep a refused request: no body, no secret, and what is probably wrong."""
    found = _diagnosis(door, wire) if _may_look(door.account_id) else Diagnosis(NOT_LOOKED_INTO)
    receipts.refuse(
        account_id=door.account_id,
        reason=reason,
        computed_url=door.provider.told(wire.urls[0]),
        signed_for=door.provider.told(found.signed_for) if found.signed_for else "",
        verdict=found.verdict,
        headers=wire.headers,
    )


def _may_look(account_id: int) -> bool:
    now = time.monotonic()
    if now - _looked.get(account_id, float("-inf")) < LOOK_EVERY_S:
        return False
    if len(_looked) > 1000:
        _looked.clear()
    _looked[account_id] = now
    return True


def _diagnosis(door: Door, wire: WireRequest) -> Diagnosis:
    """Ask the provider's file, with other names of this server and our other accounts' secrets."""
    hosts = [wire.headers[name][:LONGEST_HOST] for name in HOST_HEADERS if wire.headers.get(name)]
    ours = ProviderAccount.objects.filter(deleted_at=None).exclude(pk=door.account_id).order_by("-id")[:20]
    others = {account.external_id: credentials(account).secrets for account in ours}
    return door.provider.diagnose(wire, door.credentials, hosts=hosts, others=others)
