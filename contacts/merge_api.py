"""Merges over the API."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import merging
from contacts.models import Merge
from omnichannel.lib.rest import ID, ChangePermission


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Keep 12, with the e-mail of 40",
            value={"contacts": [12, 40], "values": {"email": 40}},
            request_only=True,
        )
    ]
)
class MergeRequestSerializer(serializers.Serializer):
    """Contacts to merge into the first; `values` names whose value of a field stays."""

    contacts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=10**18), min_length=2, max_length=10
    )
    values = serializers.DictField(
        child=serializers.IntegerField(min_value=1, max_value=10**18), required=False, default=dict
    )

    def validate_values(self, values: dict[str, int]) -> dict[str, int]:
        """Fields of a contact."""
        if wrong := set(values) - set(merging.FIELDS):
            raise serializers.ValidationError(f"No such field: {', '.join(sorted(wrong))[:200]}.")
        return values


class MergeSerializer(serializers.ModelSerializer):
    """Contacts that became one; `undo` takes them apart for thirty days."""

    contact = serializers.IntegerField(source="winner_id", read_only=True, allow_null=True)
    merged = serializers.SerializerMethodField(help_text="Ids of the contacts that are gone.")

    class Meta:
        model = Merge
        fields = ["id", "contact", "merged", "merged_by", "merged_at", "undone_by", "undone_at"]
        read_only_fields = fields

    def get_merged(self, merge: Merge) -> list[int]:
        """Who was merged into it."""
        return [row["id"] for row in merge.kept.get("losers", [])]


class MergeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Merged contacts: merge, look before, undo."""

    queryset = Merge.objects.all()
    serializer_class = MergeSerializer
    filterset_class = None
    lookup_value_regex = ID

    @extend_schema(request=MergeRequestSerializer, responses={201: MergeSerializer})
    def create(self, request: Request) -> Response:
        """Merge contacts into the first. 409 when one is gone or a value is missing."""
        given = self._given(request)
        made = merging.merge(
            ids=given["contacts"],
            chosen=given["values"],
            by=request.user.get_username(),
            now=timezone.now(),
        )
        return Response(MergeSerializer(made).data, status=201)

    @extend_schema(request=MergeRequestSerializer, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """What each field would be, and how much would move; writes nothing."""
        contacts = merging.together(self._given(request)["contacts"])
        fields = {
            choice.name: {"stays": choice.chosen, "values": dict(choice.values)}
            for choice in merging.choices(contacts)
        }
        return Response({"fields": fields, "moves": dict(merging.what_moves(contacts[1:]))})

    @extend_schema(request=None, responses=MergeSerializer)
    @action(detail=True, methods=["post"], permission_classes=[ChangePermission])
    def undo(self, request: Request, pk: str) -> Response:
        """Take it apart. 409 with the reason when that is not possible."""
        merge = self.get_object()
        merging.undo(merge, by=request.user.get_username(), now=timezone.now())
        return Response(MergeSerializer(merge).data)

    def _given(self, request: Request) -> Any:
        given = MergeRequestSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return given.validated_data
