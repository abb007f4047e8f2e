"""How records are narrowed in lists and in the API alike, each way served by an index."""

from typing import Any

from django.db.models import QuerySet

from channels_app.models import Number

# What a call came to -> words, and the condition. Each but the first has a partial index of its own.
ANSWERS: dict[str, tuple[str, dict[str, Any]]] = {
    "good": ("2xx and 3xx", {"status__lt": 400}),
    "refused": ("4xx: refused", {"status__gte": 400, "status__lt": 500}),
    "broken": ("5xx: the provider failed", {"status__gte": 500}),
    "none": ("No answer", {"status__isnull": True}),
}


def of_channel(records: QuerySet, channel: str) -> QuerySet:
    """Records whose number is of a channel; all for an empty one. The few numbers are named."""
    return of_numbers(records, Number.objects.filter(channel=channel)) if channel else records


def of_numbers(records: QuerySet, numbers: QuerySet[Number]) -> QuerySet:
    """Records of some of our numbers."""
    return records.filter(number__in=list(numbers.values_list("pk", flat=True)))
