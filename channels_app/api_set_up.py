"""Setting up at the provider, over the API: numbers, inbound URLs, tokens. The same services as on the pages.

These calls wait for the provider; when it does not do what it is asked, the answer is 409 with the outcome.
"""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels_app import accounts, destinations, inbound_urls, set_up, tokens
from channels_app.api_health import FetchMissedAction
from channels_app.forms import LONGEST_SECRET
from channels_app.models import InboundUrl, Number, ProviderAccount, SmsSettings
from channels_app.providers.number_setup import Webhook
from omnichannel.lib.rest import ID, ChangePermission

INSIST = "Keep the token although the provider could not be asked. A token that it refuses is never kept."


class WebhookSerializer(serializers.Serializer):
    """Where a number's texts are posted to; passwords in addresses are left out."""

    url = serializers.CharField(allow_blank=True)
    method = serializers.CharField()
    fallback_url = serializers.CharField(allow_blank=True)


class OwnNumberSerializer(serializers.Serializer):
    """A number of the account, or one of ours that the account does not have (`is_in_account` false)."""

    number = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    is_in_account = serializers.BooleanField()
    can_text = serializers.BooleanField()
    can_send_media = serializers.BooleanField()
    can_call = serializers.BooleanField()
    work_stream = serializers.CharField(allow_blank=True, help_text="Who uses it here.")
    webhook = WebhookSerializer()
    expected_url = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(
        choices=[one.value for one in destinations.State],
        allow_blank=True,
        help_text="Empty: used by nobody here.",
    )
    explanation = serializers.CharField(allow_blank=True)
    can_be_fixed = serializers.BooleanField()


class OwnNumbersSerializer(serializers.Serializer):
    """What the account has."""

    numbers = OwnNumberSerializer(many=True)


class UrlSerializer(serializers.Serializer):
    """An inbound URL of the account that still works."""

    id = serializers.IntegerField()
    url = serializers.CharField()
    work_stream = serializers.CharField(allow_blank=True, help_text="Empty: it was replaced.")
    last_used_at = serializers.DateTimeField(allow_null=True)
    retires_at = serializers.DateTimeField(allow_null=True, help_text="If nothing more comes to it.")


class InboundUrlSerializer(serializers.Serializer):
    """The inbound URL of SMS settings, and every URL of the account that still works."""

    inbound_url = serializers.CharField()
    with_retries = serializers.CharField(help_text="With connection overrides: never sent, never signed.")
    method = serializers.CharField()
    urls = UrlSerializer(many=True)


class NumberOfAccountSerializer(serializers.Serializer):
    """Which number; left out: the work stream's own."""

    number = serializers.CharField(required=False, max_length=20)


class RetireSerializer(serializers.Serializer):
    """Which URL, by its id."""

    url = serializers.IntegerField(min_value=1, max_value=10**18)


class ChangedSerializer(serializers.Serializer):
    """A webhook that was set at the provider: as it was, as it is."""

    number = serializers.CharField()
    before = WebhookSerializer()
    after = WebhookSerializer()
    state = serializers.CharField()
    explanation = serializers.CharField()


class PromoteSerializer(serializers.Serializer):
    """How sure it must be."""

    keep_unvalidated = serializers.BooleanField(default=False, help_text=INSIST)


class TokensSerializer(serializers.Serializer):
    """Other tokens for an account and all that use it."""

    auth_token = serializers.CharField(
        required=False, allow_blank=True, max_length=LONGEST_SECRET, default="", write_only=True
    )
    secondary_auth_token = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_SECRET,
        write_only=True,
        help_text="Missing keeps the known one, empty removes it.",
    )
    keep_unvalidated = serializers.BooleanField(default=False, help_text=INSIST)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something to do."""
        if not attrs["auth_token"] and "secondary_auth_token" not in attrs:
            raise serializers.ValidationError({"auth_token": ["Give the new token."]})
        return attrs


class ProviderAccountSerializer(serializers.ModelSerializer):
    """An account at a provider. SMS settings make it; its tokens go in and never come out."""

    account_sid = serializers.CharField(source="external_id")
    used_by = serializers.SerializerMethodField()
    has_secondary_auth_token = serializers.SerializerMethodField()

    class Meta:
        model = ProviderAccount
        fields = [
            "id",
            "provider",
            "account_sid",
            "base_url",
            "used_by",
            "has_secondary_auth_token",
            "last_validated_at",
            "last_validation_status",
            "last_validation_outcome",
        ]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_used_by(self, account: ProviderAccount) -> list[str]:
        """The work streams whose texts go through it."""
        live = [used.work_stream for used in account.sms_settings.all()]
        return sorted(stream.name for stream in live if stream.deleted_at is None)

    def get_has_secondary_auth_token(self, account: ProviderAccount) -> bool:
        """Whether one is stored."""
        return bool(account.secondary_secret)


def webhook_json(hook: Webhook) -> dict[str, str]:
    """Without user names and passwords."""
    return {
        "url": destinations.without_password(hook.url),
        "method": hook.method,
        "fallback_url": destinations.without_password(hook.fallback_url),
    }


def row_json(row: set_up.Row) -> dict[str, Any]:
    """A number as OwnNumberSerializer tells it."""
    present, finding = row.present, row.finding
    return {
        "number": row.value,
        "name": present.name if present else "",
        "is_in_account": present is not None,
        "can_text": bool(present and present.can_text),
        "can_send_media": bool(present and present.can_send_media),
        "can_call": bool(present and present.can_call),
        "work_stream": row.work_stream,
        "webhook": webhook_json(present.webhook if present else Webhook()),
        "expected_url": row.expected,
        "state": finding.state.value if finding else "",
        "explanation": finding.sentence if finding else "",
        "can_be_fixed": bool(finding and finding.is_fixable),
    }


def inbound_url_json(sms_settings: SmsSettings) -> dict[str, Any]:
    """As InboundUrlSerializer tells it."""
    url = accounts.inbound_address(sms_settings.inbound_url)
    listed = inbound_urls.working(sms_settings.account).select_related("sms_settings__work_stream")
    return {
        "inbound_url": url,
        "with_retries": url + destinations.RETRIES,
        "method": destinations.METHOD,
        "urls": [url_json(each) for each in listed],
    }


def url_json(url: InboundUrl) -> dict[str, Any]:
    """As UrlSerializer tells it."""
    held = getattr(url, "sms_settings", None)
    return {
        "id": url.pk,
        "url": accounts.inbound_address(url),
        "work_stream": held.work_stream.name if held else "",
        "last_used_at": url.last_used_at,
        "retires_at": inbound_urls.silent_until(url),
    }


def changed_json(changed: set_up.Changed) -> dict[str, Any]:
    """As ChangedSerializer tells it."""
    finding = set_up.finding_of(changed.number)
    return {
        "number": changed.number.value,
        "before": webhook_json(changed.before),
        "after": webhook_json(changed.after),
        "state": finding.state.value if finding else "",
        "explanation": finding.sentence if finding else "",
    }


def number_for(sms_settings: SmsSettings, data: Any) -> Number:
    """The number that is meant. Raises a validation error at its field."""
    given = NumberOfAccountSerializer(data=data)
    given.is_valid(raise_exception=True)
    value = given.validated_data.get("number", "").removeprefix("+")
    if not value:
        found = set_up.number_of(sms_settings)
    else:
        found = set_up.claimed(sms_settings.account).filter(value=value).first()
    if found is None:
        said = (
            "No work stream has this number on the account."
            if value
            else "The work stream has no number yet."
        )
        raise serializers.ValidationError({"number": [said]})
    return found


EXAMPLE_HOOK = {
    "url": "https://desk.example.com/hooks/3q2-7wAAAAAAAAAAAAAAAAAAAAAA/",
    "method": "POST",
    "fallback_url": "https://desk.example.com/hooks/3q2-7wAAAAAAAAAAAAAAAAAAAAAA/",
}
CHANGED_EXAMPLE = OpenApiExample(
    "Set",
    value={
        "number": "14252306549",
        "before": {"url": "https://demo.twilio.com/welcome/sms/reply", "method": "POST", "fallback_url": ""},
        "after": EXAMPLE_HOOK,
        "state": "in_place",
        "explanation": "Its texts come here.",
    },
    response_only=True,
)
NUMBERS_EXAMPLE = OpenApiExample(
    "Two numbers",
    value={
        "numbers": [
            {
                "number": "14252306549",
                "name": "Main line",
                "is_in_account": True,
                "can_text": True,
                "can_send_media": True,
                "can_call": True,
                "work_stream": "Support by SMS",
                "webhook": EXAMPLE_HOOK,
                "expected_url": EXAMPLE_HOOK["url"],
                "state": "in_place",
                "explanation": "Its texts come here.",
                "can_be_fixed": False,
            }
        ]
    },
    response_only=True,
)


class SetUpActions(viewsets.GenericViewSet):
    """What SMS settings can do at the provider."""

    @extend_schema(responses=OwnNumbersSerializer, examples=[NUMBERS_EXAMPLE])
    @action(detail=True, methods=["get"], permission_classes=[ChangePermission])
    def numbers(self, request: Request, pk: str | None = None) -> Response:
        """The account's own numbers, where their texts go and where they should; asks the provider."""
        rows = set_up.look(self.get_object().account)
        return Response(OwnNumbersSerializer({"numbers": [row_json(row) for row in rows]}).data)

    @extend_schema(responses=InboundUrlSerializer)
    @action(detail=True, methods=["get"], url_path="inbound-url", permission_classes=[ChangePermission])
    def inbound_url(self, request: Request, pk: str | None = None) -> Response:
        """The inbound URL, and every URL of the account that still works."""
        return self._urls(self.get_object())

    @extend_schema(request=NumberOfAccountSerializer, responses=ChangedSerializer, examples=[CHANGED_EXAMPLE])
    @action(detail=True, methods=["post"], url_path="inbound-url/set", permission_classes=[ChangePermission])
    def set_inbound_url(self, request: Request, pk: str | None = None) -> Response:
        """Set the inbound URL, POST and the fallback URL of a number at the provider."""
        changed = set_up.set_inbound_url(number_for(self.get_object(), request.data))
        return Response(ChangedSerializer(changed_json(changed)).data)

    @extend_schema(request=NumberOfAccountSerializer, responses=ChangedSerializer)
    @action(
        detail=True, methods=["post"], url_path="inbound-url/put-back", permission_classes=[ChangePermission]
    )
    def put_back(self, request: Request, pk: str | None = None) -> Response:
        """Set what was at the provider before it was set from here."""
        changed = set_up.put_back(number_for(self.get_object(), request.data))
        return Response(ChangedSerializer(changed_json(changed)).data)

    @extend_schema(request=None, responses=InboundUrlSerializer)
    @action(detail=True, methods=["post"], url_path="inbound-url/new", permission_classes=[ChangePermission])
    def new_inbound_url(self, request: Request, pk: str | None = None) -> Response:
        """Issue a new inbound URL. The old one keeps working until it is retired."""
        sms_settings = self.get_object()
        inbound_urls.issue(sms_settings=sms_settings, now=timezone.now())
        return self._urls(sms_settings)

    @extend_schema(request=RetireSerializer, responses=InboundUrlSerializer)
    @action(
        detail=True, methods=["post"], url_path="inbound-url/retire", permission_classes=[ChangePermission]
    )
    def retire_inbound_url(self, request: Request, pk: str | None = None) -> Response:
        """Retire a replaced URL: what still comes to it is answered with 404."""
        sms_settings = self.get_object()
        given = RetireSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        url = inbound_urls.working(sms_settings.account).filter(pk=given.validated_data["url"]).first()
        if url is None:
            raise serializers.ValidationError({"url": ["This account has no such URL that still works."]})
        inbound_urls.retire(url=url, now=timezone.now())
        return self._urls(sms_settings)

    @extend_schema(request=PromoteSerializer, responses=ProviderAccountSerializer)
    @action(detail=True, methods=["post"], permission_classes=[ChangePermission])
    def promote(self, request: Request, pk: str | None = None) -> Response:
        """Make the account's secondary token the primary, and the other way round; for all that use it.

        The provider is asked first, as when tokens are replaced.
        """
        account = self.get_object().account
        given = PromoteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        tokens.promote(account=account, keep_unproven=given.validated_data["keep_unvalidated"])
        return Response(ProviderAccountSerializer(account).data)

    def _urls(self, sms_settings: SmsSettings) -> Response:
        return Response(InboundUrlSerializer(inbound_url_json(sms_settings)).data)


class ProviderAccountViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FetchMissedAction):
    """Accounts at providers. SMS settings make them."""

    queryset = ProviderAccount.objects.prefetch_related("sms_settings__work_stream")
    serializer_class = ProviderAccountSerializer
    lookup_value_regex = ID

    @extend_schema(
        request=TokensSerializer,
        responses=ProviderAccountSerializer,
        examples=[
            OpenApiExample(
                "Rotate", value={"auth_token": "the new one, 32 hexadecimal digits"}, request_only=True
            )
        ],
    )
    @action(detail=True, methods=["post"], url_path="tokens", permission_classes=[ChangePermission])
    def replace_tokens(self, request: Request, pk: str | None = None) -> Response:
        """Replace the tokens for all that use the account. The provider is asked first: a token that it
        refuses is not kept (400), one that it cannot be asked about only with `keep_unvalidated`.
        """
        account = get_object_or_404(self.get_queryset(), pk=pk)
        given = TokensSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        tokens.replace_token(
            account=account,
            secret=given.validated_data["auth_token"],
            secondary_secret=given.validated_data.get("secondary_auth_token"),
            keep_unproven=given.validated_data["keep_unvalidated"],
        )
        return Response(ProviderAccountSerializer(account).data)
