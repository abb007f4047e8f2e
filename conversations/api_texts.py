"""Texts in over the API: what customers wrote and what became of it; unrouted ones can be routed again."""

from typing import Any

from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agents.roles import sees_numbers
from channels_app.api_records import OfNumberFilter
from channels_app.models_receipts import InboundText
from conversations.routing_again import route_again
from omnichannel.lib import phones, redact
from omnichannel.lib.rest import ID, ChangePermission

TEXT = {
    "id": 7,
    "external_id": "SM00000000000000000000000000000007",
    "number": "14252306549",
    "customer_address": "+1 ••• ••• 31",
    "text": "Hello",
    "disposition": "unrouted",
    "reason": "The work stream Support by SMS is Inactive: it starts no conversation.",
    "receipt": 12,
    "conversation": None,
    "received_at": "2026-11-21T10:00:00Z",
}


class InboundTextSerializer(serializers.ModelSerializer):
    """A customer's text. Their number is masked for who may not see it."""

    number = serializers.CharField(source="number.value", default=None, read_only=True, allow_null=True)
    customer_address = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    conversation = serializers.IntegerField(
        source="message.conversation_id", default=None, read_only=True, allow_null=True
    )

    class Meta:
        model = InboundText
        fields = [
            *("id", "external_id", "number", "customer_address", "text", "disposition", "reason", "receipt"),
            *("conversation", "received_at"),
        ]
        read_only_fields = fields

    def get_customer_address(self, text: InboundText) -> str:
        """Whole, or masked."""
        value = text.address.value
        return value if sees_numbers(self.context["request"].user) else phones.masked(value)

    def get_text(self, text: InboundText) -> str:
        """Without telephone numbers in it for who may not see them."""
        return text.text if sees_numbers(self.context["request"].user) else redact.numbers(text.text)

    def get_reason(self, text: InboundText) -> str:
        """Why it is in no conversation, as long as its receipt is kept."""
        return text.receipt.reason if text.receipt else ""


class InboundTextFilter(filters.FilterSet):
    """By what became of it, and our number; each is served by an index."""

    disposition = filters.ChoiceFilter(choices=InboundText.Disposition.choices)
    number = OfNumberFilter()

    class Meta:
        model = InboundText
        fields: list[str] = []


@extend_schema_view(list=extend_schema(examples=[OpenApiExample("Unrouted", value=TEXT, response_only=True)]))
class InboundTextViewSet(viewsets.ReadOnlyModelViewSet):
    """Customers' texts, each once, whatever became of them."""

    queryset = InboundText.objects.select_related("number", "address", "receipt", "message").defer(
        "receipt__body", "receipt__headers"
    )
    serializer_class = InboundTextSerializer
    filterset_class = InboundTextFilter
    lookup_value_regex = ID

    @extend_schema(request=None, responses=InboundTextSerializer)
    @action(detail=True, methods=["post"], url_path="route-again", permission_classes=[ChangePermission])
    def route_again(self, request: Request, **_: Any) -> Response:
        """Route an unrouted text; 409 for any other, and when still nothing takes it."""
        text = self.get_object()
        outcome = route_again(InboundText.objects.filter(pk=text.pk), by=request.user, now=timezone.now())
        if not outcome.asked:
            return Response(
                {"code": "not_unrouted", "detail": "Only an unrouted text can be routed again."}, status=409
            )
        if outcome.kept:
            return Response({"code": "not_routed", "detail": next(iter(outcome.kept))}, status=409)
        return Response(self.get_serializer(self.get_object()).data)
