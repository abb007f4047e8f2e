"""Erasures over the API, for administrators."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import erasing
from contacts.models import Address, Contact, Erasure
from omnichannel.lib.personal import Subject
from omnichannel.lib.rest import ID


class WhoSerializer(serializers.Serializer):
    """A contact, or an address that is nobody's."""

    contact = serializers.PrimaryKeyRelatedField(
        queryset=Contact.objects.all(), required=False, allow_null=True
    )
    address = serializers.PrimaryKeyRelatedField(
        queryset=Address.objects.filter(contact=None).exclude(kind=Address.Kind.ERASED),
        required=False,
        allow_null=True,
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two."""
        if bool(attrs.get("contact")) == bool(attrs.get("address")):
            raise serializers.ValidationError("Give a contact, or an address without a contact.")
        return attrs

    def subject(self) -> Subject:
        """Who it is."""
        data = self.validated_data
        return erasing.subject_of(contact=data.get("contact"), address=data.get("address"))


@extend_schema_serializer(
    examples=[
        OpenApiExample("By name", value={"contact": 12, "confirm": "Maria Rossi"}, request_only=True),
        OpenApiExample("By number", value={"address": 7, "confirm": "+14255550100"}, request_only=True),
    ]
)
class ErasureRequestSerializer(WhoSerializer):
    """Whom to erase; `confirm` is their name or number."""

    confirm = serializers.CharField(max_length=200)


class ErasureSerializer(serializers.ModelSerializer):
    """The certificate: without personal data once `state` is done."""

    counts = serializers.DictField(child=serializers.IntegerField(), read_only=True)

    is_stuck = serializers.BooleanField(read_only=True, help_text="It fails again and again.")

    class Meta:
        model = Erasure
        fields = [
            *("id", "reference", "state", "is_stuck", "counts", "requested_by", "requested_at", "finished_at")
        ]
        read_only_fields = fields


class ErasureViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """People who were, or are being, erased."""

    queryset = Erasure.objects.all()
    serializer_class = ErasureSerializer
    filterset_class = None
    lookup_value_regex = ID

    @extend_schema(request=ErasureRequestSerializer, responses={202: ErasureSerializer})
    def create(self, request: Request) -> Response:
        """Have a person erased in the background. 400 when `confirm` is not their name or number."""
        given = ErasureRequestSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        typed, by = given.validated_data["confirm"], request.user.get_username()
        try:
            made = erasing.request(subject=given.subject(), typed=typed, by=by, now=timezone.now())
        except erasing.CannotErase as error:
            raise serializers.ValidationError({"confirm": [str(error)]}) from error
        return Response(ErasureSerializer(made).data, status=202)

    @extend_schema(request=WhoSerializer, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """How many rows per kind would go; null for what is searched through. Writes nothing."""
        given = WhoSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(dict(erasing.preview(given.subject())))
