"""Who has a conversation open, as a column of a list."""

from datetime import datetime, timedelta

from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Concat, NullIf, Trim

from agents.models import User
from conversations.models_desk import Viewing

# A page gives a sign of life every 15 s (desk-people.js); two may get lost.
HERE_FOR = timedelta(seconds=40)


def somebody_here(*, but: User, now: datetime) -> Coalesce:
    """The name of somebody else who has the conversation open, empty when nobody has."""
    full = Trim(Concat("user__first_name", Value(" "), "user__last_name"))
    name = Coalesce(NullIf(full, Value("")), "user__username", output_field=CharField())
    present = Viewing.objects.filter(conversation=OuterRef("pk"), seen_at__gt=now - HERE_FOR)
    others = present.exclude(user=but).order_by("user_id").annotate(name=name)
    return Coalesce(Subquery(others.values("name")[:1]), Value(""), output_field=CharField())
