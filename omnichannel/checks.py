"""What a person can get wrong in the settings, found before it costs a text."""

from importlib import import_module
from typing import Any

from django.apps import apps
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
def personal_data(**_: Any) -> list[CheckMessage]:
    """Of every model it is said what becomes of a customer's data in it."""
    return [
        Warning(
            f"{label}: nobody says how a customer is forgotten in it.",
            hint="Add a Step to its room's personal.STEPS, or the model with a reason to KEPT.",
            id="omnichannel.W002",
        )
        for label in undeclared()
    ]


def undeclared() -> list[str]:
    """Models that no room's `personal` module names, by app or by app.Model."""
    modules = [import_module(name) for name in settings.PERSONAL_DATA]
    erased = {step.model._meta.label for module in modules for step in module.STEPS}
    kept = {name for module in modules for name in module.KEPT}
    return [
        model._meta.label
        for model in apps.get_models()
        if model._meta.label not in erased | kept and model._meta.app_label not in kept
    ]


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
