"""WhatsApp over the API: accounts and their numbers. The same services as on the pages."""

import math
from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels_app import accounts, validation, whatsapp
from channels_app.api import ValidationSerializer
from channels_app.api_credentials import CredentialsSerializer, conflict
from channels_app.api_set_up import SetUpActions
from channels_app.forms import FASTEST
from channels_app.models_whatsapp import WhatsAppAccount, WhatsAppNumber
from omnichannel.lib.rest import ID, ChangePermission
from routing.models import Channel

ACCOUNT_EXAMPLE = OpenApiExample(
    "New",
    value={
        "name": "WhatsApp channel",
        "account_sid": "AC9a805fb460119c9baabb9b726ce8fc90",
        "auth_token": "32 hexadecimal digits",
    },
    request_only=True,
)
NUMBER_EXAMPLE = OpenApiExample(
    "New",
    value={
        "name": "WhatsApp phone number",
        "whatsapp_account": 1,
        "number": "14155238886",
        "work_stream": 2,
    },
    request_only=True,
)
VALIDATED_EXAMPLE = OpenApiExample(
    "One number is offline",
    value={
        "checks": [
            {
                "level": "success",
                "text": "Account SID and Auth Token are valid.",
                "outcome": "good",
                "number": "",
            },
            {
                "level": "error",
                "text": "The WhatsApp number 14155238887 is offline at Twilio.",
                "outcome": "offline",
                "number": "14155238887",
            },
        ],
        "valid": False,
    },
    response_only=True,
)


class WhatsAppAccountSerializer(CredentialsSerializer):
    """A WhatsApp account, with the account's id and secrets under the names of its provider.

    Secrets go in and never come out; an empty or missing one keeps the known one.
    """

    channel = Channel.WHATSAPP

    name = serializers.CharField(max_length=100)
    provider = serializers.ChoiceField(
        source="account.provider", choices=whatsapp.provider_choices(), required=False
    )

    class Meta:
        model = WhatsAppAccount
        fields = [
            "id",
            "name",
            "provider",
            "replace_for_all",
            "keep_unvalidated",
            "base_url",
            "inbound_url",
            "last_validation_on",
            "last_validation_status",
            "last_validation_outcome",
        ]
        read_only_fields = ["last_validation_on", "last_validation_status", "last_validation_outcome"]
        # The service tells of a name that is taken: of accounts in use alone.
        validators: list[Any] = []

    def record(self, attrs: dict[str, Any]) -> WhatsAppAccount:
        """The account, or a new one."""
        return self.instance if isinstance(self.instance, WhatsAppAccount) else WhatsAppAccount()

    def values(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """With the name; what is not given stays as it is."""
        if not isinstance(self.instance, WhatsAppAccount):
            attrs.setdefault("account", {}).setdefault("provider", whatsapp.usual_provider())
        return super().values(attrs) | {"name": attrs.get("name") or self.record(attrs).name}

    def check(self, record: WhatsAppAccount, values: dict[str, Any]) -> None:
        """See CredentialsSerializer."""
        whatsapp.check_account(whatsapp_account=record, **values)

    def store(self, record: WhatsAppAccount, values: dict[str, Any]) -> WhatsAppAccount:
        """See CredentialsSerializer."""
        return whatsapp.save_account(whatsapp_account=record, **values)


@extend_schema_view(create=extend_schema(examples=[ACCOUNT_EXAMPLE]))
class WhatsAppAccountViewSet(SetUpActions, viewsets.ModelViewSet):
    """WhatsApp accounts. Deleting one keeps its history; what comes to its numbers is kept as unrouted."""

    queryset = WhatsAppAccount.objects.filter(deleted_at=None).select_related(
        "account", "inbound_url__account"
    )
    serializer_class = WhatsAppAccountSerializer
    lookup_value_regex = ID

    @extend_schema(request=None, responses=ValidationSerializer, examples=[VALIDATED_EXAMPLE])
    @action(detail=True, methods=["post"], permission_classes=[ChangePermission])
    def validate(self, request: Request, pk: str | None = None) -> Response:
        """Validate: asks the provider about the account and every number, which may take half a minute; the
        result is kept as well.
        """
        checks = validation.validate_whatsapp(whatsapp_account=self.get_object())
        body = {
            "checks": [asdict(check) for check in checks],
            "valid": all(check.level != "error" for check in checks),
        }
        return Response(ValidationSerializer(body).data)

    def perform_destroy(self, instance: WhatsAppAccount) -> None:
        """Softly, with its numbers."""
        whatsapp.delete_account(whatsapp_account=instance)


class WhatsAppNumberSerializer(serializers.ModelSerializer):
    """A WhatsApp number of an account."""

    whatsapp_account = serializers.PrimaryKeyRelatedField(
        queryset=WhatsAppAccount.objects.filter(deleted_at=None)
    )
    number = serializers.CharField(source="number.value", max_length=40)
    work_stream = serializers.PrimaryKeyRelatedField(queryset=whatsapp.streams_in_use())
    attachments_from_customers = serializers.BooleanField(
        source="number.attachments_from_customers", default=True
    )
    attachments_from_agents = serializers.BooleanField(source="number.attachments_from_agents", default=True)
    messages_per_second = serializers.FloatField(
        source="number.messages_per_second",
        allow_null=True,
        required=False,
        max_value=FASTEST,
        default=whatsapp.MESSAGES_PER_SECOND,
    )
    inbound_url = serializers.SerializerMethodField()

    class Meta:
        model = WhatsAppNumber
        fields = [
            "id",
            "name",
            "whatsapp_account",
            "number",
            "work_stream",
            *whatsapp.SWITCHES,
            "messages_per_second",
            "inbound_url",
            *whatsapp.VALIDATION,
        ]
        read_only_fields = whatsapp.VALIDATION

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_inbound_url(self, whatsapp_number: WhatsAppNumber) -> str | None:
        """For those who may see WhatsApp accounts."""
        if not self.context["request"].user.has_perm("channels_app.view_whatsappaccount"):
            return None
        return accounts.inbound_address(whatsapp_number.whatsapp_account.inbound_url)

    def validate_number(self, text: str) -> str:
        """Digits."""
        try:
            return whatsapp.digits_of(text)
        except whatsapp.NotANumber as error:
            raise serializers.ValidationError(str(error)) from error

    def validate_messages_per_second(self, rate: float | None) -> float | None:
        """More than nothing, and a number."""
        if rate is not None and not (math.isfinite(rate) and rate > 0):
            raise serializers.ValidationError("Enter a number above 0, or null for no limit.")
        return rate

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask whether saving would contradict what is there."""
        values = self._values(attrs)
        try:
            whatsapp.check_number(
                whatsapp_number=self._record(),
                **{name: values[name] for name in ("whatsapp_account", "value", "work_stream")},
            )
        except accounts.Conflict as error:
            raise conflict(error) from error
        return attrs

    def create(self, validated_data: dict[str, Any]) -> WhatsAppNumber:
        """Give the account its number."""
        return whatsapp.save_number(whatsapp_number=WhatsAppNumber(), **self._values(validated_data))

    def update(self, instance: WhatsAppNumber, validated_data: dict[str, Any]) -> WhatsAppNumber:
        """The same with what is given."""
        return whatsapp.save_number(whatsapp_number=instance, **self._values(validated_data))

    def _record(self) -> WhatsAppNumber:
        return self.instance if isinstance(self.instance, WhatsAppNumber) else WhatsAppNumber()

    def _values(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What whatsapp.save_number takes; what is not given stays as it is."""
        record, values = self._record(), {}
        for name in ("name", "whatsapp_account", "work_stream"):
            values[name] = attrs[name] if name in attrs else getattr(record, name)
        given = attrs.get("number", {})
        for name in ("value", *whatsapp.SWITCHES, "messages_per_second"):
            values[name] = given[name] if name in given else getattr(record.number, name)
        return values


@extend_schema_view(create=extend_schema(examples=[NUMBER_EXAMPLE]))
class WhatsAppNumberViewSet(viewsets.ModelViewSet):
    """WhatsApp numbers. Deleting one keeps its history; what comes to it is kept as unrouted."""

    queryset = WhatsAppNumber.objects.select_related(
        "number", "work_stream", "whatsapp_account__inbound_url", "whatsapp_account__account"
    )
    serializer_class = WhatsAppNumberSerializer
    lookup_value_regex = ID

    def perform_destroy(self, instance: WhatsAppNumber) -> None:
        """Softly."""
        whatsapp.delete_number(whatsapp_number=instance)
