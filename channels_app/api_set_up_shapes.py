"""How setting up at the provider is told and asked for over the API: serializers and examples."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers

from channels_app import accounts, destinations, inbound_urls, set_up
from channels_app.accounts import Connection
from channels_app.api_credentials import (
    INSIST,
    after,
    check_names,
    has_secondary_fields,
    id_fields,
    secret_fields,
)
from channels_app.letters import letter_for
from channels_app.models import InboundUrl, ProviderAccount
from channels_app.providers import REGISTRY
from channels_app.providers.number_setup import Webhook


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
    work_stream = serializers.CharField(
        allow_blank=True,
        help_text="Who uses it: a work stream or WhatsApp account. Empty: it was replaced.",
    )
    last_used_at = serializers.DateTimeField(allow_null=True)
    retires_at = serializers.DateTimeField(allow_null=True, help_text="If nothing more comes to it.")


class LetterSerializer(serializers.Serializer):
    """An e-mail that is ready to be sent by a person."""

    to = serializers.CharField()
    subject = serializers.CharField()
    body = serializers.CharField()


class InboundUrlSerializer(serializers.Serializer):
    """The inbound URL of SMS Settings or of a WhatsApp account, and all of the account that still work."""

    inbound_url = serializers.CharField()
    with_retries = serializers.CharField(help_text="With connection overrides: never sent, never signed.")
    method = serializers.CharField()
    letter = LetterSerializer(
        allow_null=True, help_text="For a provider that is told of the URL by e-mail; null: it is not."
    )
    urls = UrlSerializer(many=True)


class NumberOfAccountSerializer(serializers.Serializer):
    """Which number; left out: the only one there is."""

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
    """Other secrets for an account and all that use it, under the names of its provider."""

    keep_unvalidated = serializers.BooleanField(default=False, help_text=INSIST)

    def get_fields(self) -> dict[str, Any]:
        """With the secrets of each provider."""
        made: dict[str, Any] = {}
        for provider in REGISTRY.values():
            made |= secret_fields(provider.words)
        return made | super().get_fields()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something to do."""
        words = self.context["account"].words
        check_names(words, attrs)
        if not attrs.get(words.field("secret")) and words.field("secondary_secret") not in attrs:
            raise serializers.ValidationError({words.field("secret"): [f"Give the new {words.secret}."]})
        return attrs


class ProviderAccountSerializer(serializers.ModelSerializer):
    """An account at a provider, its id under its provider's name. Its secrets go in and never come out."""

    used_by = serializers.SerializerMethodField()

    class Meta:
        model = ProviderAccount
        fields = [
            "id",
            "provider",
            "base_url",
            "used_by",
            "last_validated_at",
            "last_validation_status",
            "last_validation_outcome",
        ]

    def get_fields(self) -> dict[str, Any]:
        """With the id, and whether a second secret is stored."""
        ids: dict[str, Any] = {}
        for provider in REGISTRY.values():
            ids |= id_fields(provider.words)
        return after(after(super().get_fields(), "provider", ids), "used_by", has_secondary_fields())

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_used_by(self, account: ProviderAccount) -> list[str]:
        """The work streams and WhatsApp accounts whose texts go through it."""
        streams = [used.work_stream for used in account.sms_settings.all()]
        whatsapp = [used for used in account.whatsapp_accounts.all() if used.deleted_at is None]
        names = sorted(stream.name for stream in streams if stream.deleted_at is None)
        return [*names, *sorted(f"WhatsApp account {used.name}" for used in whatsapp)]


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
        "work_stream": row.holder,
        "webhook": webhook_json(present.webhook if present else Webhook()),
        "expected_url": row.expected,
        "state": finding.state.value if finding else "",
        "explanation": finding.sentence if finding else "",
        "can_be_fixed": bool(finding and finding.is_fixable),
    }


def inbound_url_json(connection: Connection) -> dict[str, Any]:
    """As InboundUrlSerializer tells it."""
    url = accounts.inbound_address(connection.inbound_url)
    letter = letter_for(connection.account, url)
    listed = inbound_urls.working(connection.account)
    return {
        "inbound_url": url,
        "with_retries": url + accounts.provider_of(connection.account).guide.retries,
        "method": destinations.METHOD,
        "letter": asdict(letter) if letter else None,
        "urls": [url_json(each) for each in listed],
    }


def url_json(url: InboundUrl) -> dict[str, Any]:
    """As UrlSerializer tells it."""
    return {
        "id": url.pk,
        "url": accounts.inbound_address(url),
        "work_stream": inbound_urls.holder_of(url),
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
