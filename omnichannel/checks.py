"""What a person can get wrong in the settings, found before it costs a text."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.utils.module_loading import import_string

from omnichannel.lib import http
from omnichannel.lib.doorbells import EVERY_LANE


@register()
def doorbells(**_: Any) -> list[CheckMessage]:
    """Every doorbell leads to an importable task of a known lane."""
    found: list[CheckMessage] = []
    for name, bell in settings.DOORBELLS.items():
        try:
            import_string(bell.task)
        except ImportError as error:
            found.append(
                Error(f"Doorbell {name}: {error}", hint="Mend settings.DOORBELLS.", id="omnichannel.E001")
            )
        if bell.lane not in [*settings.LANES, EVERY_LANE]:
            found.append(Error(f"Doorbell {name}: no lane {bell.lane}.", id="omnichannel.E002"))
    return found


@register()
def patience(**_: Any) -> list[CheckMessage]:
    """The watchdog must wait longer than a request to a provider can take."""
    longest = http.CONNECT_TIMEOUT_S + http.READ_TIMEOUT_S
    if min(settings.FROZEN_AFTER_S, settings.TASK_TIMEOUT_S) <= longest:
        hint = f"A request to a provider may take {longest:.0f} s."
        return [Warning("FROZEN_AFTER_S or TASK_TIMEOUT_S is too short.", hint=hint, id="omnichannel.W001")]
    return []


@register(Tags.security, deploy=True)
def public_address(**_: Any) -> list[CheckMessage]:
    """Providers must reach us over https."""
    if settings.IS_HTTPS:
        return []
    hint = "Set PUBLIC_BASE_URL=https://…, the address that providers and people use."
    return [Warning("PUBLIC_BASE_URL is not https.", hint=hint, id="omnichannel.W002")]
