"""The log of our requests to providers, without secrets."""

from channels_app.models import ProviderAccount
from channels_app.models_deliveries import Delivery, ProviderCall
from omnichannel.lib import redact
from omnichannel.lib.http import Call, Recorder
from omnichannel.lib.queue import still_alive


def recorder(
    account: ProviderAccount, *, delivery: Delivery | None = None, keep_answers: bool = True
) -> Recorder:
    """A function that stores each call of this account. Answers that hold secrets are not kept at all."""
    secrets = (account.secret.reveal(), account.secondary_secret.reveal())

    def record(call: Call) -> None:
        ProviderCall.objects.create(
            account=account,
            delivery=delivery,
            method=call.method,
            url=call.url,
            status=call.status,
            duration_ms=call.duration_ms,
            answer=redact.text(call.answer, secrets=secrets).replace("\x00", "") if keep_answers else "",
            error=call.error,
        )
        still_alive()

    return record
