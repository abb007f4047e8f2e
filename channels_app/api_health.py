"""Health over the API: incidents, channel health, and Fetch missed messages."""

from collections.abc import Sequence
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels_app import incidents, missed
from channels_app.facts import account_facts, number_facts
from channels_app.models import Number, ProviderAccount
from channels_app.models_health import AccountWatch, Incident
from omnichannel.lib.rest import ID, ChangePermission, IdFilter

OPEN = {
    "id": 3,
    "kind": "webhook_drift",
    "account": 1,
    "number": None,
    "details": "Number 14252306549 posts to https://else.example/…, not to the inbound URL of its account.",
    "started_at": "2026-11-21T10:00:00Z",
    "last_seen_at": "2026-11-21T10:05:00Z",
    "ended_at": None,
}


class IncidentSerializer(serializers.ModelSerializer):
    """Something that is or was wrong; `number` is null when it is the account's trouble."""

    number = serializers.CharField(source="number.value", read_only=True, default=None, allow_null=True)

    class Meta:
        model = Incident
        fields = [*("id", "kind", "account", "number", "details", "started_at", "last_seen_at", "ended_at")]


class IncidentFilter(filters.FilterSet):
    """Open or ended ones, by kind and account."""

    state = filters.ChoiceFilter(choices=[("open", "Open"), ("ended", "Ended")], method="by_state")
    kind = filters.ChoiceFilter(choices=Incident.Kind.choices)
    account = IdFilter()

    class Meta:
        model = Incident
        fields: list[str] = []

    def by_state(self, records: Any, name: str, value: str) -> Any:
        """Open: not ended."""
        return records.filter(ended_at__isnull=value == "open")


@extend_schema_view(
    list=extend_schema(examples=[OpenApiExample("An open incident", value=OPEN, response_only=True)])
)
class IncidentViewSet(viewsets.ReadOnlyModelViewSet):
    """Incidents start and end by themselves; the rules stand in docs/diagnostics.md."""

    queryset = Incident.objects.select_related("number")
    serializer_class = IncidentSerializer
    filterset_class = IncidentFilter
    lookup_value_regex = ID


class FetchedSerializer(serializers.Serializer):
    """What fetching came to; `problem` is empty unless the provider did not answer."""

    detail = serializers.CharField()
    listed = serializers.IntegerField()
    missing = serializers.IntegerField()
    is_whole = serializers.BooleanField()
    problem = serializers.CharField(allow_blank=True)


FETCHED = {
    "detail": "The provider lists 12 texts of the last 3 days: 11 here already, 1 was missing and is "
    "taken in now.",
    "listed": 12,
    "missing": 1,
    "is_whole": True,
    "problem": "",
}


class FetchMissedAction(viewsets.GenericViewSet):
    """For the accounts at providers."""

    @extend_schema(
        request=None,
        responses=FetchedSerializer,
        examples=[OpenApiExample("One was missing", value=FETCHED, response_only=True)],
    )
    @action(detail=True, methods=["post"], url_path="fetch-missed", permission_classes=[ChangePermission])
    def fetch_missed(self, request: Request, pk: str | None = None) -> Response:
        """Fetch missed messages: asks the provider, which may take half a minute."""
        result = missed.fetch(get_object_or_404(ProviderAccount, pk=pk), now=timezone.now())
        body = {
            "detail": result.sentence,
            "listed": result.listed,
            "missing": result.missing,
            "is_whole": result.is_whole,
            "problem": result.problem,
        }
        return Response(FetchedSerializer(body).data)


class NumberHealthSerializer(serializers.Serializer):
    """A number as it stands. `error_rate` is failed / finished of the last 24 hours; null: none finished."""

    number = serializers.CharField()
    last_in_at = serializers.DateTimeField(allow_null=True)
    last_out_at = serializers.DateTimeField(allow_null=True)
    finished = serializers.IntegerField()
    failed = serializers.IntegerField()
    error_rate = serializers.FloatField(allow_null=True)
    waiting = serializers.IntegerField()
    waits_since = serializers.DateTimeField(allow_null=True)
    incidents = serializers.ListField(child=serializers.CharField())


class AccountHealthSerializer(serializers.Serializer):
    """An account as it stands, with the kinds of its open incidents and its numbers."""

    account = serializers.IntegerField()
    account_sid = serializers.CharField()
    validation = serializers.CharField(allow_blank=True)
    oldest_receipt_at = serializers.DateTimeField(allow_null=True)
    last_refusal_at = serializers.DateTimeField(allow_null=True)
    missed = serializers.IntegerField()
    fetched_at = serializers.DateTimeField(allow_null=True)
    drift_checked_at = serializers.DateTimeField(allow_null=True)
    incidents = serializers.ListField(child=serializers.CharField())
    numbers = NumberHealthSerializer(many=True)


class HealthSerializer(serializers.Serializer):
    """All accounts in use, in one page."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = AccountHealthSerializer(many=True)


class ChannelHealthViewSet(viewsets.GenericViewSet):
    """Channel health: the figures of this moment."""

    queryset = Incident.objects.none()
    serializer_class = HealthSerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(responses=forced_singular_serializer(HealthSerializer))  # type: ignore[no-untyped-call]
    def list(self, request: Request) -> Response:
        """Each account in use, fifty at most."""
        rows = [health_of(account) for account in incidents.accounts_in_use()[:50]]
        return Response(HealthSerializer({"next": None, "previous": None, "results": rows}).data)


def health_of(account: ProviderAccount) -> dict[str, Any]:
    """An account as it stands."""
    now = timezone.now()
    facts = account_facts(account, now=now)
    watch = AccountWatch.objects.filter(account=account).first()
    kinds = list(Incident.objects.filter(account=account, ended_at=None).values_list("number", "kind"))
    return {
        "account": account.pk,
        "account_sid": account.external_id,
        "validation": facts.validation,
        "oldest_receipt_at": facts.oldest_receipt_at,
        "last_refusal_at": facts.refused_at[0] if facts.refused_at else None,
        "missed": facts.missed,
        "fetched_at": watch.fetched_at if watch else None,
        "drift_checked_at": watch.drift_checked_at if watch else None,
        "incidents": [kind for number, kind in kinds if number is None],
        "numbers": [_health_of_number(number, kinds) for number in incidents.numbers_in_use(account)],
    }


def _health_of_number(number: Number, kinds: Sequence[tuple[int | None, str]]) -> dict[str, Any]:
    facts = number_facts(number, now=timezone.now())
    return {
        "number": number.value,
        "last_in_at": facts.last_in_at,
        "last_out_at": facts.last_out_at,
        "finished": facts.finished,
        "failed": facts.failed,
        "error_rate": facts.error_rate,
        "waiting": facts.waiting,
        "waits_since": facts.waits_since,
        "incidents": [kind for pk, kind in kinds if pk == number.pk],
    }
