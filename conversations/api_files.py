"""Pictures and files over the API: what came, what goes out, and fetching again what failed."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api import HasRole
from channels_app import media
from channels_app.media_types import Kind
from channels_app.models_media import Media
from conversations import access, files
from conversations.models import Message
from omnichannel.lib.rest import ID, IdFilter


class FileSerializer(serializers.Serializer):
    """A picture or file. `url` is empty until it is ready, and takes the API token as well; `reason` says why
    it is refused or failed.
    """

    id = serializers.IntegerField(read_only=True)
    state = serializers.ChoiceField(choices=Media.State.choices, read_only=True)
    kind = serializers.ChoiceField(choices=[(kind.value, kind.value) for kind in Kind], read_only=True)
    content_type = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    size = serializers.IntegerField(read_only=True, allow_null=True)
    reason = serializers.CharField(read_only=True)
    url = serializers.CharField(read_only=True)
    thumbnail_url = serializers.CharField(read_only=True)
    width = serializers.IntegerField(read_only=True, allow_null=True)
    height = serializers.IntegerField(read_only=True, allow_null=True)
    may_fetch_again = serializers.BooleanField(read_only=True)

    def to_representation(self, instance: Any) -> Any:
        """A row, or what is shown of it."""
        return super().to_representation(media.shown(instance) if isinstance(instance, Media) else instance)


class MediaFilter(filters.FilterSet):
    """By state, and by conversation."""

    state = filters.ChoiceFilter(choices=Media.State.choices)
    conversation = IdFilter(method="by_conversation")

    class Meta:
        model = Media
        fields: list[str] = []

    def by_conversation(self, found: QuerySet, _name: str, conversation_id: int) -> QuerySet:
        """Those of its texts, in and out."""
        messages = Message.objects.filter(conversation_id=conversation_id)
        return found.filter(
            Q(inbound_text__in=messages.values("inbound_text")) | Q(delivery__in=messages.values("delivery"))
        )


class MediaViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Pictures and files of the conversations that the user may see."""

    queryset = Media.objects.none()
    serializer_class = FileSerializer
    permission_classes = [IsAuthenticated, HasRole]
    filterset_class = MediaFilter
    lookup_value_regex = ID

    def get_queryset(self) -> QuerySet[Media]:
        """The funnel."""
        if getattr(self, "swagger_fake_view", False):
            return Media.objects.none()
        return access.files(self.request.user)  # type: ignore[arg-type]

    @extend_schema(request=None, responses=FileSerializer)
    @action(detail=True, methods=["post"], url_path="fetch-again")
    def fetch_again(self, request: Request, pk: str) -> Response:
        """Ask the provider once more for a file that failed, or was refused."""
        file = self.get_object()
        user: Any = request.user
        files.fetch_again(user=user, file=file, now=timezone.now())
        file.refresh_from_db()
        return Response(FileSerializer(file).data)
