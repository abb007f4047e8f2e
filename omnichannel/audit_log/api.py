"""The audit log over the API, to be read by administrators."""

from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from omnichannel.audit_log import reading
from omnichannel.audited import AUDITED
from omnichannel.lib.audit import Place
from omnichannel.lib.rest import ID, IdFilter, MomentFilter
from omnichannel.models import AuditEntry

ACTIONS = [(label.lower(), label) for label in AuditEntry.Action.labels]
EXAMPLE = {
    "id": 4711,
    "at": "2026-11-21T13:52:01Z",
    "action": "changed",
    "kind": "routing.queue",
    "object_id": 3,
    "object": "Billing",
    "who": "ada",
    "who_name": "Ada",
    "place": "page",
    "address": "203.0.113.7",
    "note": "",
    "changes": [{"field": "Priority", "before": "10", "after": "7"}],
}


class FieldChangeSerializer(serializers.Serializer):
    """One field, as people read it; secrets are never said."""

    field = serializers.CharField(source="label")
    before = serializers.CharField()
    after = serializers.CharField()


class AuditEntrySerializer(serializers.ModelSerializer):
    """What was done to which record, by whom, from where."""

    at = serializers.DateTimeField(source="timestamp")
    action = serializers.SerializerMethodField()
    kind = serializers.SerializerMethodField()
    object = serializers.CharField(source="object_repr")
    who = serializers.CharField(source="actor.username", default=None, allow_null=True)
    who_name = serializers.CharField(source="actor_name")
    address = serializers.IPAddressField(source="remote_addr", allow_null=True)
    note = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField()

    class Meta:
        model = AuditEntry
        fields = list(EXAMPLE)
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=ACTIONS))
    def get_action(self, entry: AuditEntry) -> str:
        """A word."""
        return str(entry.get_action_display()).lower()

    def get_kind(self, entry: AuditEntry) -> str:
        """The model."""
        kind = ContentType.objects.get_for_id(entry.content_type_id)
        return f"{kind.app_label}.{kind.model}"

    def get_note(self, entry: AuditEntry) -> str:
        """What was noted beside changes."""
        return reading.note_of(entry)

    @extend_schema_field(FieldChangeSerializer(many=True))
    def get_changes(self, entry: AuditEntry) -> Any:
        """Field by field."""
        return FieldChangeSerializer(reading.changes_of(entry, whole_numbers=True), many=True).data


class AuditEntryFilter(filters.FilterSet):
    """Each served by an index."""

    action = filters.ChoiceFilter(choices=ACTIONS, method="by_action")
    place = filters.ChoiceFilter(choices=Place.choices)
    kind = filters.ChoiceFilter(choices=[(label, label) for label in AUDITED], method="by_kind")
    object_id = IdFilter()
    who = filters.CharFilter(field_name="actor__username")
    since = MomentFilter(field_name="timestamp", lookup_expr="gte")
    until = MomentFilter(field_name="timestamp", lookup_expr="lt")

    class Meta:
        model = AuditEntry
        fields: list[str] = []

    def by_action(self, entries: QuerySet, _name: str, word: str) -> QuerySet:
        """By its word."""
        return entries.filter(action=[value for value, _ in ACTIONS].index(word))

    def by_kind(self, entries: QuerySet, _name: str, label: str) -> QuerySet:
        """By model."""
        return entries.filter(content_type=ContentType.objects.get_for_model(apps.get_model(label)))


class NewestFirst(CursorPagination):
    """Keyset paging by moment."""

    ordering = ("-timestamp", "-id")
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Any:
        """Where to go on; a cursor that is not ours is not found (its position would go into the query)."""
        cursor = super().decode_cursor(request)
        if cursor and cursor.position is not None and not _is_moment(str(cursor.position)):
            raise NotFound(self.invalid_cursor_message)
        return cursor


def _is_moment(text: str) -> bool:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return False
    # The first and the last years overflow in other zones.
    return moment is not None and 1970 <= moment.year <= 9000


@extend_schema_view(
    list=extend_schema(examples=[OpenApiExample("A queue's priority was changed", value=EXAMPLE)]),
    retrieve=extend_schema(examples=[OpenApiExample("A queue's priority was changed", value=EXAMPLE)]),
)
class AuditEntryViewSet(viewsets.ReadOnlyModelViewSet):
    """Who did what, newest first. Read-only, for administrators."""

    queryset = AuditEntry.objects.select_related("actor")
    serializer_class = AuditEntrySerializer
    filterset_class = AuditEntryFilter
    pagination_class = NewestFirst
    lookup_value_regex = ID
