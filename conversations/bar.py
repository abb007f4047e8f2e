"""What every page of the desk shows of its person: the seat, how full it is, its keys."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from conversations import preferences, services
from conversations.worklists import Seat


def bar(seat: Seat, *, used_capacity: int | None = None) -> dict[str, Any]:
    """The context of desk/_bar.html and desk/_keys.html; `used_capacity` when it was read already."""
    preference = preferences.preference_of(seat.user)
    return {
        "agent": seat.agent,
        "supervises": seat.sees_everything,
        "used_capacity": services.used_capacity(seat.agent) if used_capacity is None else used_capacity,
        "time_zone": timezone.get_current_timezone_name(),
        "preference": preference,
        "has_nudges": bool(settings.NUDGES_URL),
        "sheet": SimpleLazyObject(lambda: preferences.sheet(preference, supervises=seat.sees_everything)),
    }
