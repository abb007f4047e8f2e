"""Quick replies over the API: everybody's, and one's own."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request

from agents.api import HasRole
from conversations import quick_replies
from conversations.models_quick_replies import QuickReply
from omnichannel.lib.ids import whole_number
from omnichannel.lib.rest import ID
from routing.api import WorkStreamField

ACTIONS = {"POST": "add", "PUT": "change", "PATCH": "change", "DELETE": "delete"}


@extend_schema_field(serializers.ListField(child=serializers.CharField()))
class TagsField(serializers.Field):
    """Tags by name. They are kept without #, in lower case, with hyphens for blanks."""

    default_error_messages = {"wrong": "Give a list of words."}

    def to_internal_value(self, data: Any) -> list[str]:
        """The names; fails for what is no list of texts."""
        if not isinstance(data, list) or not all(
            isinstance(word, str) and "\x00" not in word for word in data
        ):
            self.fail("wrong")
        try:
            return quick_replies.tag_names(data)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error

    def to_representation(self, value: Any) -> list[str]:
        """The names."""
        return sorted(tag.name for tag in value.all())


class QuickReplySerializer(serializers.ModelSerializer):
    """A message that agents insert. Slugs in it are filled in when that is done.

    `work_streams`: names (ids are understood as well); none: offered in all. `is_personal`: the user's own,
    said when it is made.
    """

    tags = TagsField(required=False)
    work_streams = WorkStreamField(many=True, required=False)
    is_personal = serializers.BooleanField(required=False, default=False)

    class Meta:
        model = QuickReply
        fields = [
            "id",
            "title",
            "locale",
            "message",
            "tags",
            "work_streams",
            "is_personal",
            "created_at",
            "modified_at",
        ]
        # See validate: said at the title.
        validators: list[Any] = []

    def to_representation(self, instance: QuickReply) -> dict[str, Any]:
        """Whether it is somebody's own is told by its owner."""
        instance.is_personal = instance.owner_id is not None  # type: ignore[attr-defined]
        shown: dict[str, Any] = super().to_representation(instance)
        return shown

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Nobody has two of a title in a locale; whose it is stays as it was made."""
        known = self.instance if isinstance(self.instance, QuickReply) else None
        is_personal = attrs.pop("is_personal", False)
        if known is None:
            attrs["owner"] = self.context["request"].user if is_personal else None
        owner = known.owner if known else attrs["owner"]
        try:
            quick_replies.check_free(
                title=attrs.get("title", known.title if known else ""),
                locale=attrs.get("locale", known.locale if known else "en"),
                owner=owner,
                but=known.pk if known else None,
            )
        except ValidationError as error:
            raise serializers.ValidationError(error.message_dict) from error
        return attrs

    def create(self, validated_data: dict[str, Any]) -> QuickReply:
        """With its tags and work streams."""
        return self.update(QuickReply(), validated_data)

    def update(self, instance: QuickReply, validated_data: dict[str, Any]) -> QuickReply:
        """What is given."""
        lists = {name: validated_data.pop(name, None) for name in ("tags", "work_streams")}
        for name, value in validated_data.items():
            setattr(instance, name, value)
        try:
            return quick_replies.save(instance, **lists)
        except ValidationError as error:
            raise serializers.ValidationError(error.message_dict) from error


class QuickReplyFilter(filters.FilterSet):
    """By words (`#tag` finds a tag), by locale, by work stream (name or id: what is offered there)."""

    search = filters.CharFilter(method="by_words")
    locale = filters.CharFilter()
    work_stream = filters.CharFilter(method="by_stream")
    is_personal = filters.BooleanFilter(field_name="owner", lookup_expr="isnull", exclude=True)

    class Meta:
        model = QuickReply
        fields: list[str] = []

    def by_words(self, replies: QuerySet[QuickReply], _name: str, words: str) -> QuerySet[QuickReply]:
        """All of the words."""
        return quick_replies.matching(replies, words)

    def by_stream(self, replies: QuerySet[QuickReply], _name: str, text: str) -> QuerySet[QuickReply]:
        """Those of this stream, and those of all."""
        named = Q(work_streams__name=text)
        if (pk := whole_number(text)) is not None:
            named |= Q(work_streams=pk)
        return replies.filter(Q(work_streams=None) | named).distinct()


class MayWrite(BasePermission):
    """Everybody's: by the role. One's own: when that is allowed to agents."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether this could be allowed at all."""
        return (
            request.method in SAFE_METHODS
            or may(request, request.method)
            or quick_replies.are_personal_allowed()
        )

    def has_object_permission(self, request: Request, view: Any, obj: QuickReply) -> bool:
        """Those that are not one's own are by the queryset everybody's."""
        if request.method in SAFE_METHODS:
            return True
        return quick_replies.are_personal_allowed() if obj.owner_id else may(request, request.method)


def may(request: Request, method: str | None) -> bool:
    """Whether the person's role manages everybody's. A method that there is not is for others to refuse."""
    action = ACTIONS.get(method or "")
    return action is None or bool(request.user.has_perm(f"conversations.{action}_quickreply"))


class QuickReplyViewSet(viewsets.ModelViewSet):
    """Everybody's quick replies, and the user's own."""

    queryset = QuickReply.objects.none()
    serializer_class = QuickReplySerializer
    permission_classes = [IsAuthenticated, HasRole, MayWrite]
    filterset_class = QuickReplyFilter
    lookup_value_regex = ID

    def get_queryset(self) -> QuerySet[QuickReply]:
        """Nobody else's."""
        if getattr(self, "swagger_fake_view", False):
            return QuickReply.objects.none()
        user: Any = self.request.user
        mine = QuickReply.objects.filter(Q(owner=None) | Q(owner=user))
        return mine.select_related("owner").prefetch_related("tags", "work_streams")

    def perform_create(self, serializer: serializers.BaseSerializer) -> None:
        """Raises PermissionDenied for what is not one's to make."""
        is_own = serializer.validated_data["owner"] is not None
        if is_own and not quick_replies.are_personal_allowed():
            raise PermissionDenied("Personal quick replies are switched off.")
        if not is_own and not may(self.request, "POST"):
            raise PermissionDenied("Your role makes personal quick replies only.")
        serializer.save()
