"""Receipts, refusals, deliveries and provider calls over the API: read only, and masked."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agents.roles import sees_numbers
from channels_app import accounts, journal, receipts, reports
from channels_app.models import Number
from channels_app.models_deliveries import Delivery, DeliveryEvent, ProviderCall
from channels_app.models_receipts import InboundText, Refusal, WebhookReceipt
from channels_app.narrowing import ANSWERS, of_channel, of_numbers
from omnichannel.lib import phones, redact
from omnichannel.lib.audit import note_read
from omnichannel.lib.rest import ID, ChangePermission, IdFilter, MomentFilter
from routing.models import Channel


class OfNumberFilter(filters.CharFilter):
    """By our number, in digits; one that is not ours has nothing."""

    def filter(self, records: QuerySet, value: str) -> QuerySet:
        """Those of the number."""
        if not value:
            return records
        return of_numbers(records, Number.objects.filter(value=value.removeprefix("+")[:20]))


# --- receipts -------------------------------------------------------------------------------------


class ReceiptSerializer(serializers.ModelSerializer):
    """A request of a provider, kept as it came. The path is shown without token and query."""

    path = serializers.SerializerMethodField()
    number = serializers.CharField(source="number.value", read_only=True, default=None)
    next_step = serializers.SerializerMethodField()

    class Meta:
        model = WebhookReceipt
        fields = [
            "id",
            "account",
            "channel",
            "number",
            "state",
            "reason",
            "next_step",
            "method",
            "path",
            "content_type",
            "attempts",
            "next_attempt_at",
            "received_at",
            "processed_at",
        ]

    def get_path(self, receipt: WebhookReceipt) -> str:
        """Without the token of the inbound URL."""
        return journal.shown_path(receipt)

    def get_next_step(self, receipt: WebhookReceipt) -> str:
        """What a person should do."""
        return journal.next_step(receipt)


class PairSerializer(serializers.Serializer):
    """A name and its value."""

    name = serializers.CharField()
    value = serializers.CharField()


class RawRequestSerializer(serializers.Serializer):
    """The request without secrets; without the customer's number and text for who may not see numbers."""

    line = serializers.CharField()
    parameters = PairSerializer(many=True)
    body = serializers.CharField()
    headers = PairSerializer(many=True)


class WholeReceiptSerializer(ReceiptSerializer):
    """A receipt with its request, and what it was: a text, or a report on a delivery."""

    request = serializers.SerializerMethodField()
    inbound_text = serializers.SerializerMethodField()
    delivery = serializers.SerializerMethodField()

    class Meta(ReceiptSerializer.Meta):
        fields = [*ReceiptSerializer.Meta.fields, "inbound_text", "delivery", "request"]

    def get_inbound_text(self, receipt: WebhookReceipt) -> int | None:
        """The text that was taken out of it."""
        return InboundText.objects.filter(receipt=receipt).values_list("pk", flat=True).first()

    def get_delivery(self, receipt: WebhookReceipt) -> int | None:
        """The delivery that it reported on."""
        delivery = reports.reported_by(receipt)
        return delivery.pk if delivery else None

    @extend_schema_field(RawRequestSerializer)
    def get_request(self, receipt: WebhookReceipt) -> Any:
        """As the person asking may read it."""
        whole = sees_numbers(self.context["request"].user)
        shown = journal.shown(receipt, secrets=accounts.secrets_of(receipt.account), whole=whole)
        return {
            "line": shown.line,
            "parameters": [{"name": name, "value": value} for name, value in shown.parameters],
            "body": shown.body,
            "headers": [{"name": name, "value": value} for name, value in shown.headers],
        }


class ReceiptFilter(filters.FilterSet):
    """By state, channel, our number, account and time; each is served by an index."""

    state = filters.ChoiceFilter(choices=WebhookReceipt.State.choices)
    channel = filters.ChoiceFilter(choices=Channel.choices)
    number = OfNumberFilter()
    account = IdFilter()
    received_after = MomentFilter(field_name="received_at", lookup_expr="gte")
    received_before = MomentFilter(field_name="received_at", lookup_expr="lt")

    class Meta:
        model = WebhookReceipt
        fields: list[str] = []


class ReceiptViewSet(viewsets.ReadOnlyModelViewSet):
    """Webhook receipts: the journal. A failed one can be replayed."""

    queryset = WebhookReceipt.objects.select_related("number", "account")
    serializer_class = ReceiptSerializer
    filterset_class = ReceiptFilter
    lookup_value_regex = ID

    def get_queryset(self) -> QuerySet:
        """Bodies only for the one that is read."""
        found = super().get_queryset()
        return found if self.action == "retrieve" else found.defer("body", "headers")

    @extend_schema(responses=WholeReceiptSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One receipt with its request; reading it whole is noted in the audit log."""
        receipt = self.get_object()
        body = WholeReceiptSerializer(receipt, context=self.get_serializer_context()).data
        if sees_numbers(request.user):
            note_read(receipt, what="raw request")
        return Response(body)

    @extend_schema(request=None, responses=ReceiptSerializer)
    @action(detail=True, methods=["post"], permission_classes=[ChangePermission])
    def replay(self, request: Request, pk: str | None = None) -> Response:
        """Take a failed receipt again; 409 for any other."""
        receipt = self.get_object()
        if not receipts.replay(
            WebhookReceipt.objects.filter(pk=receipt.pk), by=request.user, now=timezone.now()
        ):
            return Response(
                {"code": "not_failed", "detail": "Only a failed receipt can be replayed."}, status=409
            )
        return Response(self.get_serializer(self.get_object()).data)


# --- refusals -------------------------------------------------------------------------------------

REFUSED = {
    "id": 7,
    "account": 1,
    "at": "2026-11-21T10:00:00Z",
    "reason": "The signature fits neither Auth Token: wrong token, or another URL was signed.",
    "verdict": "Signed for http://texts.example.com/hooks/••••/, we expected "
    "https://texts.example.com/hooks/••••/: set PUBLIC_BASE_URL to http://texts.example.com, or correct the "
    "URL at Twilio.",
    "computed_url": "https://texts.example.com/hooks/••••/",
    "signed_for": "http://texts.example.com/hooks/••••/",
    "headers_present": ["content-type", "host", "x-twilio-signature"],
}


class RefusalSerializer(serializers.ModelSerializer):
    """A webhook that was refused, and what is probably wrong. No body was kept."""

    class Meta:
        model = Refusal
        fields = [
            *("id", "account", "at", "reason", "verdict", "computed_url", "signed_for", "headers_present")
        ]


class RefusalFilter(filters.FilterSet):
    """By account and time."""

    account = IdFilter()
    after = MomentFilter(field_name="at", lookup_expr="gte")
    before = MomentFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = Refusal
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(examples=[OpenApiExample("Signed for http", value=REFUSED, response_only=True)])
)
class RefusalViewSet(viewsets.ReadOnlyModelViewSet):
    """Refused webhooks: the last fifty of each account."""

    queryset = Refusal.objects.all()
    serializer_class = RefusalSerializer
    filterset_class = RefusalFilter
    lookup_value_regex = ID


# --- deliveries -----------------------------------------------------------------------------------


class DeliveryEventSerializer(serializers.ModelSerializer):
    """One thing that happened to a delivery."""

    class Meta:
        model = DeliveryEvent
        fields = ["word", "provider_code", "detail", "at"]


class DeliverySerializer(serializers.ModelSerializer):
    """A text on its way out. The customer's number is masked for who may not see it."""

    number = serializers.CharField(source="number.value", read_only=True)
    customer_address = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()
    events = DeliveryEventSerializer(many=True, read_only=True)

    class Meta:
        model = Delivery
        fields = [
            "id",
            "number",
            "customer_address",
            "text",
            "state",
            "external_id",
            "error",
            "provider_code",
            "explanation",
            "attempts",
            "retry_of",
            "created_at",
            "state_changed_at",
            "events",
        ]

    def get_customer_address(self, delivery: Delivery) -> str:
        """Whole, or masked."""
        value = delivery.address.value
        return value if sees_numbers(self.context["request"].user) else phones.masked(value)

    def get_text(self, delivery: Delivery) -> str:
        """Without telephone numbers in it for who may not see them."""
        return delivery.text if sees_numbers(self.context["request"].user) else redact.numbers(delivery.text)


class DeliveryFilter(filters.FilterSet):
    """By state, channel, our number, the provider's id, and time."""

    state = filters.ChoiceFilter(choices=Delivery.State.choices)
    channel = filters.ChoiceFilter(choices=Channel.choices, method="by_channel")
    number = OfNumberFilter()
    external_id = filters.CharFilter()
    retry_of = IdFilter()
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Delivery
        fields: list[str] = []

    def by_channel(self, records: QuerySet, name: str, value: str) -> QuerySet:
        """Those of the channel's numbers."""
        return of_channel(records, value)


class DeliveryViewSet(viewsets.ReadOnlyModelViewSet):
    """Deliveries: what became of each text that was sent."""

    queryset = Delivery.objects.select_related("number", "address").prefetch_related(
        Prefetch("events", DeliveryEvent.objects.order_by("id"))
    )
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    lookup_value_regex = ID


# --- provider calls -------------------------------------------------------------------------------


class ProviderCallSerializer(serializers.ModelSerializer):
    """A request of ours to a provider, without secrets."""

    url = serializers.SerializerMethodField()
    answer = serializers.SerializerMethodField()

    class Meta:
        model = ProviderCall
        fields = [
            *("id", "account", "delivery", "method", "url", "status", "duration_ms", "answer", "error", "at")
        ]

    def get_url(self, call: ProviderCall) -> str:
        """Without telephone numbers for who may not see them."""
        return self._read(call.url)

    def get_answer(self, call: ProviderCall) -> str:
        """For who may see customers' numbers: it repeats the text and the number."""
        if sees_numbers(self.context["request"].user) or not call.answer:
            return call.answer
        return journal.HIDDEN

    def _read(self, text: str) -> str:
        return text if sees_numbers(self.context["request"].user) else redact.numbers(text)


class ProviderCallFilter(filters.FilterSet):
    """By account, delivery, what the call came to, and time."""

    account = IdFilter()
    delivery = IdFilter()
    answer = filters.ChoiceFilter(
        choices=[(value, words) for value, (words, _) in ANSWERS.items()], method="by_class"
    )
    after = MomentFilter(field_name="at", lookup_expr="gte")
    before = MomentFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = ProviderCall
        fields: list[str] = []

    def by_class(self, records: QuerySet, name: str, value: str) -> QuerySet:
        """2xx and 3xx, 4xx, 5xx, or no answer."""
        return records.filter(**ANSWERS[value][1])


class ProviderCallViewSet(viewsets.ReadOnlyModelViewSet):
    """Our requests to providers: what to read when something does not work."""

    queryset = ProviderCall.objects.all()
    serializer_class = ProviderCallSerializer
    filterset_class = ProviderCallFilter
    lookup_value_regex = ID
