"""A test SMS over the API: confirmed, and never sent twice for one key."""

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels_app import trial
from omnichannel.lib import phones
from omnichannel.lib.rest import ChangePermission


class SmsTrialRequestSerializer(serializers.Serializer):
    """Whom to text. The same key never sends a second text."""

    to = serializers.CharField(max_length=40)
    key = serializers.UUIDField()
    confirm = serializers.BooleanField(help_text="Must be true: a text costs money.")

    def validate_to(self, text: str) -> str:
        """E.164."""
        try:
            return phones.to_e164(text, region=settings.DEFAULT_PHONE_REGION)
        except phones.NotANumber as error:
            raise serializers.ValidationError(str(error)) from error

    def validate_confirm(self, value: bool) -> bool:
        """It is meant."""
        if not value:
            raise serializers.ValidationError("Confirm that one text message is sent: it costs money.")
        return value


class SmsTrialSerializer(serializers.Serializer):
    """What a test SMS came to; `is_new` is false when this key had sent one already."""

    level = serializers.ChoiceField(choices=["success", "warning", "error"])
    text = serializers.CharField()
    outcome = serializers.CharField(allow_blank=True)
    is_new = serializers.BooleanField()


class SmsTrialAction(viewsets.GenericViewSet):
    """What sends it."""

    @extend_schema(request=SmsTrialRequestSerializer, responses=SmsTrialSerializer)
    @action(detail=True, methods=["post"], url_path="test-sms", permission_classes=[ChangePermission])
    def test_sms(self, request: Request, pk: str | None = None) -> Response:
        """Send one test SMS from the work stream's number; waits for the provider, and is kept."""
        given = SmsTrialRequestSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        asked, is_new = trial.send_once(
            sms_settings=self.get_object(),
            to=given.validated_data["to"],
            key=given.validated_data["key"],
            user=request.user,
            now=timezone.now(),
        )
        level, sentence = trial.said(asked)
        body = {"level": level, "text": sentence, "outcome": asked.outcome, "is_new": is_new}
        return Response(SmsTrialSerializer(body).data)
