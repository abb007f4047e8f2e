"""Addresses and blocks over the API."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import api, services
from contacts.masks import MaskedInLists
from contacts.models import FOR_EVER, Address, Contact
from contacts.services import wrong_end
from conversations import linking
from omnichannel.customers.exports import RIGHT, exported
from omnichannel.lib import phones
from omnichannel.lib.rest import ID, ChangePermission, IdFilter


class AddressSerializer(serializers.ModelSerializer):
    """Where texts come from, whose it is, and whether it is blocked."""

    contact = serializers.PrimaryKeyRelatedField(
        queryset=Contact.objects.all(), allow_null=True, required=False
    )
    is_blocked = serializers.SerializerMethodField()
    blocked_until = serializers.SerializerMethodField(help_text="Empty while blocked: for ever.")

    class Meta:
        model = Address
        fields = [
            "id",
            "kind",
            "value",
            "profile_name",
            "contact",
            "is_blocked",
            "blocked_until",
            "block_reason",
            "blocked_by",
            "blocked_texts",
            "created_at",
        ]
        read_only_fields = ["kind", "value", "profile_name", "block_reason", "blocked_by", "blocked_texts"]

    def get_is_blocked(self, address: Address) -> bool:
        """Whether texts are held back now. A block that is over is none."""
        return address.is_blocked(timezone.now())

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_blocked_until(self, address: Address) -> Any:
        """The moment; empty for one that never comes."""
        return None if address.blocked_until in (None, FOR_EVER) else address.blocked_until


@extend_schema_serializer(
    examples=[
        OpenApiExample("For a week", value={"until": "2026-12-01T00:00:00Z", "reason": "Insults"}),
        OpenApiExample("For ever", value={"reason": "Advertising"}),
    ]
)
class BlockSerializer(serializers.Serializer):
    """Until when; without a moment for ever."""

    until = serializers.DateTimeField(required=False, allow_null=True)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")

    def validate_until(self, until: Any) -> Any:
        """A block ends in the future, or never."""
        if wrong := wrong_end(until, now=timezone.now()):
            raise serializers.ValidationError(wrong)
        return until


@extend_schema_serializer(
    examples=[
        OpenApiExample("A number that was somebody else's", value={"number": "(425) 555-0100", "move": True})
    ]
)
class NumberSerializer(serializers.Serializer):
    """A number of a contact, in any written form; `move` takes it from another contact."""

    number = api.PhoneSerializerField(required=True, allow_blank=False)
    move = serializers.BooleanField(required=False, default=False)


class AddressFilter(filters.FilterSet):
    """By value in any written form, and by contact."""

    value = filters.CharFilter(method="by_value")
    contact = IdFilter()

    class Meta:
        model = Address
        fields: list[str] = []

    def by_value(self, addresses: QuerySet, _name: str, text: str) -> QuerySet:
        """Exactly this address. A + that the query string has made a blank is forgiven."""
        found = phones.wire_address(text)
        return addresses.filter(kind=found.kind, value=found.value) if found else addresses.none()


class AddressViewSet(
    MaskedInLists,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet,
):
    """Addresses that texts came from. `contact` says whose one is, from its next conversation on."""

    number_fields = ("value",)
    queryset = Address.objects.exclude(kind=Address.Kind.ERASED)
    serializer_class = AddressSerializer
    filterset_class = AddressFilter
    lookup_value_regex = ID
    http_method_names = ["get", "patch", "post", "head", "options"]

    def perform_update(self, serializer: Any) -> None:
        """Link it, or say that it is nobody's."""
        if "contact" in serializer.validated_data:
            try:
                services.link(address=serializer.instance, contact=serializer.validated_data["contact"])
            except ValidationError as error:
                raise serializers.ValidationError({"contact": error.messages}) from error

    @extend_schema(request=BlockSerializer, responses=AddressSerializer)
    @action(detail=True, methods=["post"], permission_classes=[ChangePermission])
    def block(self, request: Request, pk: str) -> Response:
        """Hold its texts back; what has not left yet is cancelled."""
        address = self.get_object()
        given = BlockSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        until, reason = given.validated_data.get("until"), given.validated_data["reason"]
        user: Any = request.user
        linking.block(address_id=address.pk, user=user, until=until, reason=reason, now=timezone.now())
        address.refresh_from_db()
        return Response(AddressSerializer(address).data)

    @extend_schema(request=None, responses=AddressSerializer)
    @action(detail=True, methods=["post"], permission_classes=[ChangePermission])
    def unblock(self, request: Request, pk: str) -> Response:
        """Let texts through again, from the next one on."""
        address = self.get_object()
        user: Any = request.user
        linking.unblock(address_id=address.pk, user=user, now=timezone.now())
        address.refresh_from_db()
        return Response(AddressSerializer(address).data)


class ExportPermission(BasePermission):
    """Who may take contacts out."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """By the right of its own."""
        return bool(request.user.has_perm(RIGHT))


class ContactViewSet(api.ContactViewSet):
    """Contacts; customers are identified by their mobile phone and by the addresses linked to them."""

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    @action(detail=False, pagination_class=None, permission_classes=[ExportPermission])
    def export(self, request: Request) -> Any:
        """The contacts that the same filters list, as CSV. Logged; numbers are masked without the right."""
        told = request.META.get("QUERY_STRING", "")[:200]
        return exported(request, self.filter_queryset(self.get_queryset()), what=f"Filters: {told or 'none'}")

    @extend_schema(methods=["GET"], responses=AddressSerializer(many=True))
    @extend_schema(methods=["POST"], request=NumberSerializer, responses={201: AddressSerializer})
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    def addresses(self, request: Request, pk: str) -> Response:
        """The addresses that are surely this contact's, or one more (409 `taken`: another's)."""
        contact = self.get_object()
        if request.method == "GET":
            return Response(AddressSerializer(contact.addresses.order_by("id")[:100], many=True).data)
        given = NumberSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            address = services.add_address(contact=contact, **given.validated_data)
        except services.Taken as error:
            return Response({"code": error.code, "detail": str(error)}, status=409)
        except ValidationError as error:
            raise serializers.ValidationError({"number": error.messages}) from error
        return Response(AddressSerializer(address).data, status=201)
