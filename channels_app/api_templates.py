"""Content templates over the API: what WhatsApp has approved, and bringing our copies up to date."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels_app import templates
from channels_app.models import Number
from channels_app.models_whatsapp import ContentTemplate
from omnichannel.lib.rest import ID, ChangePermission, IdFilter
from routing.models import Channel

# Asking takes a while each; what is left is asked by itself within half an hour.
ASKED_AT_ONCE = 2


class ContentTemplateSerializer(serializers.ModelSerializer):
    """A text that WhatsApp has approved, or not yet, in one language."""

    approval = serializers.ChoiceField(choices=ContentTemplate.Approval.choices, read_only=True)
    variables = serializers.SerializerMethodField()

    class Meta:
        model = ContentTemplate
        fields = [
            *("id", "account", "external_id", "name", "language", "kind", "body", "variables", "approval"),
            *("rejection_reason", "unsupported", "category", "synced_at", "gone_at"),
        ]
        read_only_fields = fields

    def get_variables(self, template: ContentTemplate) -> list[dict[str, str]]:
        """In the order in which they are read."""
        return [
            {"name": name, "example": template.variables.get(name, "")} for name in templates.names(template)
        ]


class ContentTemplateFilter(filters.FilterSet):
    """By account, approval and language; `number` (digits): those that can be sent from it now."""

    account = IdFilter()
    approval = filters.ChoiceFilter(choices=ContentTemplate.Approval.choices)
    language = filters.CharFilter()
    number = filters.CharFilter(method="of_number")

    class Meta:
        model = ContentTemplate
        fields: list[str] = []

    def of_number(self, rows: QuerySet, _name: str, text: str) -> QuerySet:
        """None for what is no WhatsApp number of ours."""
        live = Number.objects.filter(channel=Channel.WHATSAPP, deleted_at=None)
        number = live.filter(value=text.strip(" +")[:20]).first()
        return rows.filter(pk__in=templates.usable(number).order_by().values("pk")) if number else rows.none()


class SyncedSerializer(serializers.Serializer):
    """What asking the provider about one account came to; `problem` says why nothing was changed."""

    account = serializers.IntegerField()
    detail = serializers.CharField()
    count = serializers.IntegerField()
    approved = serializers.IntegerField()
    problem = serializers.CharField(allow_blank=True)


SYNCED = [
    {"account": 1, "detail": "3 content templates, 2 approved.", "count": 3, "approved": 2, "problem": ""}
]


class ContentTemplateViewSet(viewsets.ReadOnlyModelViewSet):
    """Content templates, newest first. They are made at the provider."""

    queryset = ContentTemplate.objects.all()
    serializer_class = ContentTemplateSerializer
    filterset_class = ContentTemplateFilter
    lookup_value_regex = ID

    @extend_schema(
        request=None,
        responses=SyncedSerializer(many=True),
        examples=[OpenApiExample("One account", value=SYNCED, response_only=True)],
        filters=False,
    )
    @action(
        detail=False,
        methods=["post"],
        permission_classes=[ChangePermission],
        pagination_class=None,
        filter_backends=[],
    )
    def sync(self, request: Request) -> Response:
        """Ask the providers now, which may take half a minute; it also happens by itself twice an hour."""
        done = templates.sync_now(most=ASKED_AT_ONCE, now=timezone.now())
        return Response([SyncedSerializer(_row(account.pk, result)).data for account, result in done])


def _row(account_id: int, result: templates.Synced) -> dict[str, Any]:
    return {
        "account": account_id,
        "detail": result.sentence,
        "count": result.count,
        "approved": result.approved,
        "problem": result.problem,
    }
