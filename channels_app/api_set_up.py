"""Setting up at the provider, over the API: numbers, inbound URLs, tokens. The same services as on the pages.

These calls wait for the provider; when it does not do what it is asked, the answer is 409 with the outcome.
"""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels_app import inbound_urls, set_up, tokens
from channels_app.accounts import Connection
from channels_app.api_health import FetchMissedAction
from channels_app.api_set_up_shapes import (
    CHANGED_EXAMPLE,
    NUMBERS_EXAMPLE,
    ChangedSerializer,
    InboundUrlSerializer,
    NumberOfAccountSerializer,
    OwnNumbersSerializer,
    PromoteSerializer,
    ProviderAccountSerializer,
    RetireSerializer,
    TokensSerializer,
    changed_json,
    inbound_url_json,
    row_json,
)
from channels_app.models import Number, ProviderAccount
from omnichannel.lib.rest import ID, ChangePermission


def number_for(connection: Connection, data: Any) -> Number:
    """The number that is meant. Raises a validation error at its field."""
    given = NumberOfAccountSerializer(data=data)
    given.is_valid(raise_exception=True)
    value = given.validated_data.get("number", "").removeprefix("+")
    if value:
        channel = set_up.channel_of(connection)
        found = list(set_up.claimed(connection.account, channel).filter(value=value))
        problem = "Nobody has this number on the account."
    else:
        found = list(set_up.numbers_of(connection)[:2])
        problem = "Name the number: there are several." if found else "There is no number yet."
    if len(found) != 1:
        raise serializers.ValidationError({"number": [problem]})
    return found[0]


class SetUpActions(viewsets.GenericViewSet):
    """What SMS Settings and WhatsApp accounts can do at the provider."""

    @extend_schema(responses=OwnNumbersSerializer, examples=[NUMBERS_EXAMPLE])
    @action(detail=True, methods=["get"], permission_classes=[ChangePermission])
    def numbers(self, request: Request, pk: str | None = None) -> Response:
        """The account's own numbers, where their texts go and where they should; asks the provider."""
        connection = self.get_object()
        rows = set_up.look(connection.account, set_up.channel_of(connection))
        return Response(OwnNumbersSerializer({"numbers": [row_json(row) for row in rows]}).data)

    @extend_schema(responses=InboundUrlSerializer)
    @action(detail=True, methods=["get"], url_path="inbound-url", permission_classes=[ChangePermission])
    def inbound_url(self, request: Request, pk: str | None = None) -> Response:
        """The inbound URL, and every URL of the account that still works."""
        return self._urls(self.get_object())

    @extend_schema(request=NumberOfAccountSerializer, responses=ChangedSerializer, examples=[CHANGED_EXAMPLE])
    @action(detail=True, methods=["post"], url_path="inbound-url/set", permission_classes=[ChangePermission])
    def set_inbound_url(self, request: Request, pk: str | None = None) -> Response:
        """Set the inbound URL, POST and the fallback URL of a number (of WhatsApp: of its sender)."""
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
        connection = self.get_object()
        inbound_urls.issue(connection=connection, now=timezone.now())
        return self._urls(connection)

    @extend_schema(request=RetireSerializer, responses=InboundUrlSerializer)
    @action(
        detail=True, methods=["post"], url_path="inbound-url/retire", permission_classes=[ChangePermission]
    )
    def retire_inbound_url(self, request: Request, pk: str | None = None) -> Response:
        """Retire a replaced URL: what still comes to it is answered with 404."""
        connection = self.get_object()
        given = RetireSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        url = inbound_urls.working(connection.account).filter(pk=given.validated_data["url"]).first()
        if url is None:
            raise serializers.ValidationError({"url": ["This account has no such URL that still works."]})
        inbound_urls.retire(url=url, now=timezone.now())
        return self._urls(connection)

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

    def _urls(self, connection: Connection) -> Response:
        return Response(InboundUrlSerializer(inbound_url_json(connection)).data)


class ProviderAccountViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FetchMissedAction):
    """Accounts at providers. SMS settings make them."""

    queryset = ProviderAccount.objects.prefetch_related("sms_settings__work_stream", "whatsapp_accounts")
    serializer_class = ProviderAccountSerializer
    lookup_value_regex = ID

    @extend_schema(
        request=TokensSerializer,
        responses=ProviderAccountSerializer,
        examples=[
            OpenApiExample("TeleSign", value={"api_key": "the new one, base64"}, request_only=True),
            OpenApiExample(
                "Twilio", value={"auth_token": "the new one, 32 hexadecimal digits"}, request_only=True
            ),
        ],
    )
    @action(detail=True, methods=["post"], url_path="tokens", permission_classes=[ChangePermission])
    def replace_tokens(self, request: Request, pk: str | None = None) -> Response:
        """Replace the tokens for all that use the account. The provider is asked first: a token that it
        refuses is not kept (400), one that it cannot be asked about only with `keep_unvalidated`.
        """
        account = get_object_or_404(self.get_queryset(), pk=pk)
        given = TokensSerializer(data=request.data, context={"account": account})
        given.is_valid(raise_exception=True)
        words = account.words
        tokens.replace_token(
            account=account,
            secret=given.validated_data.get(words.field("secret"), ""),
            secondary_secret=given.validated_data.get(words.field("secondary_secret")),
            keep_unproven=given.validated_data["keep_unvalidated"],
        )
        return Response(ProviderAccountSerializer(account).data)
