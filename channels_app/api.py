"""The wire over the API: SMS settings and numbers. What came in and went out: api_records."""

import math
from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels_app import accounts, numbers, validation
from channels_app.api_credentials import CredentialsSerializer, conflict
from channels_app.api_set_up import SetUpActions
from channels_app.api_trial import SmsTrialAction
from channels_app.forms import FASTEST
from channels_app.models import SmsNumber, SmsSettings
from channels_app.providers import providers_of
from channels_app.providers.base import Validity
from omnichannel.lib import phones
from omnichannel.lib.rest import ID, ChangePermission
from routing.models import Channel, WorkStream


def sms_streams() -> QuerySet[WorkStream]:
    """SMS work streams in use."""
    return WorkStream.objects.filter(channel=Channel.SMS, deleted_at=None)


EXAMPLES = [
    OpenApiExample(
        "Twilio",
        value={
            "work_stream": 1,
            "provider": "twilio",
            "account_sid": "AC" + "0" * 32,
            "auth_token": "the Auth Token, 32 hexadecimal digits",
        },
        request_only=True,
    ),
    OpenApiExample(
        "TeleSign",
        value={
            "work_stream": 1,
            "provider": "telesign",
            "customer_id": "FFFFFFFF-EEEE-DDDD-1234-AB1234567890",
            "api_key": "the API key, base64",
        },
        request_only=True,
    ),
]


@extend_schema_serializer(examples=EXAMPLES)
class SmsSettingsSerializer(CredentialsSerializer):
    """SMS Settings, with the account's id and secrets under the names of its provider.

    Secrets go in and never come out; an empty or missing one keeps the known one.
    """

    channel = Channel.SMS

    work_stream = serializers.PrimaryKeyRelatedField(queryset=sms_streams())
    provider = serializers.ChoiceField(source="account.provider", choices=providers_of("sms"))

    class Meta:
        model = SmsSettings
        fields = [
            "id",
            "work_stream",
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

    def validate_work_stream(self, stream: WorkStream) -> WorkStream:
        """It stays what it was, and has one."""
        if self.instance is not None:
            if stream.pk != self.instance.work_stream_id:
                raise serializers.ValidationError("The work stream of SMS Settings cannot be changed.")
        elif SmsSettings.objects.filter(work_stream=stream).exists():
            raise serializers.ValidationError("This work stream has SMS Settings already.")
        return stream

    def record(self, attrs: dict[str, Any]) -> SmsSettings:
        """The settings, or new ones of their stream."""
        known = self.instance
        return known if isinstance(known, SmsSettings) else SmsSettings(work_stream=attrs["work_stream"])

    def check(self, record: SmsSettings, values: dict[str, Any]) -> None:
        """See CredentialsSerializer."""
        accounts.check_sms_settings(sms_settings=record, **values)

    def store(self, record: SmsSettings, values: dict[str, Any]) -> SmsSettings:
        """See CredentialsSerializer."""
        return accounts.save_sms_settings(sms_settings=record, **values)


class CheckSerializer(serializers.Serializer):
    """One line of a validation. `number` is whom it is about; empty: the account."""

    level = serializers.ChoiceField(choices=["success", "warning", "error"])
    text = serializers.CharField()
    outcome = serializers.ChoiceField(choices=[one.value for one in Validity])
    number = serializers.CharField(allow_blank=True)


class ValidationSerializer(serializers.Serializer):
    """What Validate API Key came to; `valid` means without an error."""

    checks = CheckSerializer(many=True)
    valid = serializers.BooleanField()


class SmsSettingsViewSet(
    SetUpActions,
    SmsTrialAction,
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet,
):
    """SMS settings. They go with their work stream."""

    queryset = SmsSettings.objects.filter(work_stream__deleted_at=None).select_related(
        "account", "inbound_url__account"
    )
    serializer_class = SmsSettingsSerializer
    lookup_value_regex = ID

    @extend_schema(request=None, responses=ValidationSerializer)
    @action(detail=True, methods=["post"], permission_classes=[ChangePermission])
    def validate(self, request: Request, pk: str | None = None) -> Response:
        """Validate API Key: asks the provider, which may take half a minute; the result is kept as well."""
        checks = validation.validate(sms_settings=self.get_object())
        body = {
            "checks": [asdict(check) for check in checks],
            "valid": all(check.level != "error" for check in checks),
        }
        return Response(ValidationSerializer(body).data)


class SmsNumberSerializer(serializers.ModelSerializer):
    """The support number of a work stream."""

    number = serializers.CharField(source="number.value", max_length=40)
    work_stream = serializers.PrimaryKeyRelatedField(queryset=sms_streams())
    messages_per_second = serializers.FloatField(
        source="number.messages_per_second", allow_null=True, required=False, max_value=FASTEST, default=1.0
    )
    inbound_url = serializers.SerializerMethodField()

    class Meta:
        model = SmsNumber
        fields = ["id", "number", "work_stream", "type", "description", "messages_per_second", "inbound_url"]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_inbound_url(self, sms_number: SmsNumber) -> str | None:
        """For those who may see the SMS settings."""
        if not self.context["request"].user.has_perm("channels_app.view_smssettings"):
            return None
        sms_settings = getattr(sms_number.work_stream, "sms_settings", None)
        return accounts.inbound_address(sms_settings.inbound_url) if sms_settings else None

    def validate_number(self, text: str) -> str:
        """Digits."""
        try:
            return phones.our_number(text)
        except phones.NotANumber as error:
            raise serializers.ValidationError(str(error)) from error

    def validate_messages_per_second(self, rate: float | None) -> float | None:
        """More than nothing, and a number."""
        if rate is not None and not (math.isfinite(rate) and rate > 0):
            raise serializers.ValidationError("Enter a number above 0, or null for no limit.")
        return rate

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask whether the number or the stream is taken."""
        values = self._values(attrs)
        record = self.instance if isinstance(self.instance, SmsNumber) else SmsNumber()
        try:
            numbers.check_sms_number(
                sms_number=record, work_stream=values["work_stream"], value=values["value"]
            )
        except accounts.Conflict as error:
            raise conflict(error) from error
        return attrs

    def create(self, validated_data: dict[str, Any]) -> SmsNumber:
        """Give the stream its number."""
        return self._save(SmsNumber(), validated_data)

    def update(self, instance: SmsNumber, validated_data: dict[str, Any]) -> SmsNumber:
        """The same with what is given."""
        return self._save(instance, validated_data)

    def _save(self, record: SmsNumber, attrs: dict[str, Any]) -> SmsNumber:
        values = self._values(attrs)
        record.type = attrs.get("type", record.type)
        record.description = attrs.get("description", record.description)
        return numbers.save_sms_number(sms_number=record, **values)

    def _values(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = attrs.get("number", {})
        known = self.instance if isinstance(self.instance, SmsNumber) else None
        return {
            "work_stream": attrs.get("work_stream") or (known.work_stream if known else None),
            "value": given.get("value") or (known.number.value if known else ""),
            "messages_per_second": given.get(
                "messages_per_second", known.number.messages_per_second if known else 1.0
            ),
        }


class SmsNumberViewSet(viewsets.ModelViewSet):
    """SMS numbers. Deleting one takes it away from its work stream; its history stays."""

    queryset = SmsNumber.objects.filter(work_stream__deleted_at=None).select_related(
        "number", "work_stream__sms_settings__inbound_url"
    )
    serializer_class = SmsNumberSerializer
    lookup_value_regex = ID

    def perform_destroy(self, instance: SmsNumber) -> None:
        """Take it away from its stream."""
        numbers.remove_sms_number(sms_number=instance)
