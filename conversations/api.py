"""Conversations and messages over the API. What the user may see is decided in conversations.access."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from agents.api import HasRole
from agents.models import Agent
from agents.roles import sees_everything
from channels_app import window
from channels_app.attachments import taken
from channels_app.models import Number
from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import InboundText
from channels_app.providers import REGISTRY
from conversations import (
    access,
    later,
    linking,
    search_query,
    search_results,
    services,
    supervising,
    writing,
)
from conversations.api_customer import LinkSerializer, UnlinkSerializer
from conversations.api_fields import QueueField
from conversations.api_files import FileSerializer
from conversations.api_replies import LONGEST_TEXT, FilesReplySerializer, ReplySerializer
from conversations.api_supervisor import AssignSerializer
from conversations.files import files_of
from conversations.models import Conversation, Message, State
from conversations.transitions import NotAllowed
from conversations.worklists import Seat
from omnichannel.lib import phones
from omnichannel.lib.ids import whole_number
from omnichannel.lib.rest import ID, IdFilter

CLOSING_FIRST = "window_closes_at"
SAME_ID_AT_MOST = 10
REPLY_PARSERS = [*api_settings.DEFAULT_PARSER_CLASSES, MultiPartParser]


class ConversationSerializer(serializers.ModelSerializer):
    """What one customer address and one number of ours say to each other until it is closed."""

    state = serializers.ChoiceField(choices=State.choices, read_only=True)
    work_stream = serializers.CharField(source="work_stream.name", read_only=True)
    work_stream_id = serializers.IntegerField(read_only=True)
    queue = serializers.CharField(source="queue.name", read_only=True)
    queue_id = serializers.IntegerField(read_only=True)
    agent = serializers.SerializerMethodField()
    contact = serializers.IntegerField(source="contact_id", read_only=True, allow_null=True)
    customer_address = serializers.CharField(source="address.value", read_only=True)
    number = serializers.CharField(source="number.value", read_only=True)

    class Meta:
        model = Conversation
        fields = [
            "id",
            "title",
            "state",
            "work_stream",
            "work_stream_id",
            "queue",
            "queue_id",
            "agent",
            "contact",
            "customer_address",
            "number",
            "transfer_count",
            "last_text",
            "created_at",
            "state_changed_at",
            "last_message_at",
            "last_inbound_at",
            "window_closes_at",
            "closed_at",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_agent(self, conversation: Conversation) -> str | None:
        """The primary agent's username."""
        return conversation.agent.user.get_username() if conversation.agent else None


class MessageSerializer(serializers.ModelSerializer):
    """One entry of a conversation's thread."""

    external_id = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    explanation = serializers.SerializerMethodField()
    author = serializers.SerializerMethodField()
    in_reply_to = serializers.IntegerField(source="in_reply_to_id", read_only=True, allow_null=True)
    extras = serializers.SerializerMethodField()
    media_count = serializers.SerializerMethodField()
    files = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = [
            "id",
            "conversation",
            "seq",
            "direction",
            "text",
            "external_id",
            "status",
            "explanation",
            "author",
            "in_reply_to",
            "extras",
            "media_count",
            "files",
            "created_at",
        ]
        read_only_fields = fields

    def get_external_id(self, message: Message) -> str:
        """The provider's id, empty while there is none."""
        found = message.inbound_text or message.delivery
        return found.external_id if found else ""

    def get_status(self, message: Message) -> str:
        """received, or the state of its delivery; empty for what nobody delivers."""
        if message.delivery:
            return message.delivery.state
        return "received" if message.inbound_text_id else ""

    def get_explanation(self, message: Message) -> str:
        """Why it did not arrive."""
        return message.delivery.explanation if message.delivery else ""

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_author(self, message: Message) -> str | None:
        """The username of whoever wrote it."""
        return message.author.get_username() if message.author else None

    @extend_schema_field(serializers.DictField())
    def get_extras(self, message: Message) -> dict[str, Any]:
        """What a customer's message is besides words: location, button, choice, forwarded …"""
        return message.inbound_text.extras if message.inbound_text else {}

    def get_media_count(self, message: Message) -> int:
        """Pictures and files that came or go with it."""
        found = message.inbound_text or message.delivery
        return found.media_count if found else 0

    @extend_schema_field(FileSerializer(many=True))
    def get_files(self, message: Message) -> list[dict[str, Any]]:
        """Each picture and file, in order."""
        return [dict(FileSerializer(file).data) for file in files_of(message)]


class TextSerializer(serializers.Serializer):
    """A text to the customer, or a note."""

    text = serializers.CharField(max_length=LONGEST_TEXT, trim_whitespace=False)


class NoteSerializer(TextSerializer):
    """An internal message."""

    def validate_text(self, text: str) -> str:
        """Kept as it was typed, but not blank."""
        if not text.strip():
            raise serializers.ValidationError("Write something first.")
        return text


class TransferSerializer(serializers.Serializer):
    """Where a conversation goes."""

    queue = QueueField()


class ConversationFilter(filters.FilterSet):
    """By state, work stream and queue (name or id), agent (username), customer address, number, contact.

    `closes_soon`: WhatsApp's 24 hours end within the next four. `ordering` leaves out what has no such end.
    """

    state = filters.ChoiceFilter(choices=State.choices)
    work_stream = filters.CharFilter(method="by_name_or_id")
    queue = filters.CharFilter(method="by_name_or_id")
    agent = filters.CharFilter(field_name="agent__user__username")
    customer_address = filters.CharFilter(method="by_address")
    number = filters.CharFilter(method="by_number")
    contact = IdFilter()
    search = filters.CharFilter(
        method="by_search",
        label="What was said in it lately, or its customer's name or number; operators as on the desk.",
    )
    closes_soon = filters.BooleanFilter(method="by_window", label="Its 24 hours end within the next four.")
    ordering = filters.ChoiceFilter(choices=[(CLOSING_FIRST, "What closes first")], method="by_ordering")

    class Meta:
        model = Conversation
        fields: list[str] = []

    def by_name_or_id(self, conversations: QuerySet, name: str, text: str) -> QuerySet:
        """The name, or the id when it is a number."""
        wanted = Q(**{f"{name}__name": text})
        if (pk := whole_number(text)) is not None:
            wanted |= Q(**{f"{name}_id": pk})
        return conversations.filter(wanted)

    def by_address(self, conversations: QuerySet, _name: str, text: str) -> QuerySet:
        """As the provider writes it. A + that the query string has made a blank is forgiven."""
        found = phones.wire_address(text)
        if found is None:
            return conversations.none()
        return conversations.filter(address__kind=found.kind, address__value=found.value)

    def by_search(self, conversations: QuerySet, _name: str, typed: str) -> QuerySet:
        """As the desk's search; what is not understood is told."""
        agent = access.agent_of(self.request.user)
        if agent is None:
            return conversations.none()
        try:
            seat = Seat(self.request.user, agent)
            ids = search_results.conversation_ids(search_query.read(typed), seat=seat)
        except search_results.NotUnderstood as error:
            raise serializers.ValidationError({"search": [str(error)]}) from error
        return conversations.filter(pk__in=ids)

    def by_window(self, conversations: QuerySet, _name: str, wanted: bool) -> QuerySet:
        """Those that are open and closing soon, or all others."""
        now = timezone.now()
        soon = Q(window_closes_at__gte=now, window_closes_at__lte=now + window.SOON) & ~Q(state=State.CLOSED)
        return conversations.filter(soon) if wanted else conversations.exclude(soon)

    def by_ordering(self, conversations: QuerySet, _name: str, _wanted: str) -> QuerySet:
        """What is ordered by its window has one, and is not closed; the order is the pages' (see Pages)."""
        return conversations.filter(window_closes_at__isnull=False).exclude(state=State.CLOSED)

    def by_number(self, conversations: QuerySet, _name: str, text: str) -> QuerySet:
        """Digits; a + is forgiven."""
        return conversations.filter(number__value=text.strip(" +"))


class ConversationViewSet(viewsets.ReadOnlyModelViewSet):
    """Conversations that the user may see; any other is not found."""

    queryset = Conversation.objects.none()
    serializer_class = ConversationSerializer
    permission_classes = [IsAuthenticated, HasRole]
    filterset_class = ConversationFilter
    orderings = (CLOSING_FIRST,)
    lookup_value_regex = ID

    def get_queryset(self) -> QuerySet[Conversation]:
        """The funnel."""
        if getattr(self, "swagger_fake_view", False):
            return Conversation.objects.none()
        return access.visible(self.request.user).select_related(  # type: ignore[arg-type]
            "work_stream", "queue", "agent__user", "address", "number"
        )

    @extend_schema(request=None, responses=ConversationSerializer)
    @action(detail=True, methods=["post"])
    def pick(self, request: Request, pk: str) -> Response:
        """Take an Open conversation, or reopen one's own Waiting one."""
        return self._change(services.pick, pk)

    @extend_schema(request=None, responses=ConversationSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """Mark it as resolved: Active to Wrap-up."""
        return self._change(services.end, pk)

    @extend_schema(request=None, responses=ConversationSerializer)
    @action(detail=True, methods=["post"], url_path="close-session")
    def close_session(self, request: Request, pk: str) -> Response:
        """Leave it: Active to Waiting, Wrap-up to Closed."""
        return self._change(services.close_session, pk)

    @extend_schema(request=None, responses=ConversationSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        """Give it back to its queue."""
        return self._change(services.release, pk)

    @extend_schema(request=TransferSerializer, responses=ConversationSerializer)
    @action(detail=True, methods=["post"])
    def transfer(self, request: Request, pk: str) -> Response:
        """Hand it to a queue, where it is Open again."""
        _agent_for(request, int(pk))
        values = _validated(TransferSerializer(data=request.data))
        return self._change(services.transfer_to_queue, pk, **values)

    @extend_schema(request=AssignSerializer, responses=ConversationSerializer)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        """Supervisors: give an Open conversation to an agent of its queue, or move it to another queue."""
        supervisor = _agent_for(request, int(pk))
        values = _validated(AssignSerializer(data=request.data))
        what: dict[str, Any] = {"conversation_id": int(pk), "supervisor": supervisor, "now": timezone.now()}
        if "queue" in values:
            changed = supervising.assign_to_queue(queue=values["queue"], **what)
        else:
            changed = supervising.assign(to=values["agent"], beyond=values["beyond_capacity"], **what)
        return Response(ConversationSerializer(changed).data)

    @extend_schema(request=None, responses=ConversationSerializer)
    @action(detail=True, methods=["post"], url_path="take-over")
    def take_over(self, request: Request, pk: str) -> Response:
        """Supervisors: take a conversation from its agent."""
        supervisor = _agent_for(request, int(pk))
        changed = supervising.take_over(conversation_id=int(pk), supervisor=supervisor, now=timezone.now())
        return Response(ConversationSerializer(changed).data)

    @extend_schema(
        request={"application/json": ReplySerializer, "multipart/form-data": FilesReplySerializer},
        responses={201: MessageSerializer},
    )
    @action(detail=True, methods=["post"], parser_classes=REPLY_PARSERS)
    def reply(self, request: Request, pk: str) -> Response:
        """Write to the customer, with pictures and files; it leaves at once, or not before `not_before`.

        Where a channel carries one file per message, there are several messages; the first is answered.
        """
        agent = _agent_for(request, int(pk))
        values = _validated(FilesReplySerializer(data=request.data))
        values["seen"] = values.pop("last_seen_seq", None)
        number = Number.objects.select_related("account").get(conversations=int(pk))
        with taken(values.pop("files", []), number=number) as files:
            message = writing.reply(
                conversation_id=int(pk), agent=agent, files=files, now=timezone.now(), **values
            )
        return Response(MessageSerializer(message).data, status=201)

    @extend_schema(request=NoteSerializer, responses={201: MessageSerializer})
    @action(detail=True, methods=["post"])
    def note(self, request: Request, pk: str) -> Response:
        """Write to colleagues; it never reaches a provider."""
        author = _agent_for(request, int(pk)).user
        values = _validated(NoteSerializer(data=request.data))
        message = writing.write_internal(conversation_id=int(pk), author=author, now=timezone.now(), **values)
        return Response(MessageSerializer(message).data, status=201)

    @extend_schema(request=LinkSerializer, responses=ConversationSerializer)
    @action(detail=True, methods=["post"])
    def link(self, request: Request, pk: str) -> Response:
        """Say that one's own conversation is this contact's."""
        _agent_for(request, int(pk))
        values = _validated(LinkSerializer(data=request.data))
        return self._change(linking.link, pk, contact_id=values["contact"].pk, remember=values["remember"])

    @extend_schema(request=UnlinkSerializer, responses=ConversationSerializer)
    @action(detail=True, methods=["post"])
    def unlink(self, request: Request, pk: str) -> Response:
        """Take one's own conversation from its contact."""
        _agent_for(request, int(pk))
        return self._change(linking.unlink, pk, **_validated(UnlinkSerializer(data=request.data)))

    def _change(self, service: Any, pk: str, **values: Any) -> Response:
        agent = _agent_for(self.request, int(pk))
        changed = service(conversation_id=int(pk), agent=agent, now=timezone.now(), **values)
        return Response(ConversationSerializer(changed).data)


def _agent_for(request: Request, conversation_id: int) -> Agent:
    """The user's seat, if they may see the conversation (NotFound) and act on it (NotAllowed)."""
    user = request.user
    conversation = access.find(user, conversation_id)  # type: ignore[arg-type]
    agent = access.agent_of(user)  # type: ignore[arg-type]
    if agent is None or not access.may_act(user, conversation, agent):  # type: ignore[arg-type]
        raise NotAllowed("You may read this conversation, and no more.")
    return agent


def _validated(serializer: serializers.Serializer) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values


class MessageFilter(filters.FilterSet):
    """By conversation, by the provider's id, by direction, by a part of the text."""

    conversation = IdFilter()
    direction = filters.ChoiceFilter(choices=Message.Direction.choices)
    external_id = filters.CharFilter(method="by_external_id")
    search = filters.CharFilter(field_name="text", lookup_expr="icontains")

    class Meta:
        model = Message
        fields: list[str] = []

    def by_external_id(self, messages: QuerySet, _name: str, text: str) -> QuerySet:
        """Looked up where it is indexed, first what came in and then what went out."""
        came = InboundText.objects.filter(provider__in=REGISTRY, external_id=text)
        went = Delivery.objects.filter(external_id=text)
        return messages.filter(
            Q(inbound_text_id__in=list(came.values_list("id", flat=True)[:SAME_ID_AT_MOST]))
            | Q(delivery_id__in=list(went.values_list("id", flat=True)[:SAME_ID_AT_MOST]))
        )


class MessageViewSet(viewsets.ReadOnlyModelViewSet):
    """Messages of the conversations that the user may see."""

    queryset = Message.objects.none()
    serializer_class = MessageSerializer
    permission_classes = [IsAuthenticated, HasRole]
    filterset_class = MessageFilter
    lookup_value_regex = ID

    def get_queryset(self) -> QuerySet[Message]:
        """The funnel."""
        if getattr(self, "swagger_fake_view", False):
            return Message.objects.none()
        messages = Message.objects.select_related("inbound_text", "delivery", "author").prefetch_related(
            "inbound_text__media", "delivery__media"
        )
        user: Any = self.request.user
        # For those who see everything, a subquery over all conversations would be in the way.
        return messages if sees_everything(user) else messages.filter(conversation__in=access.visible(user))

    @extend_schema(request=None, responses={201: MessageSerializer})
    @action(detail=True, methods=["post"], url_path="try-again")
    def try_again(self, request: Request, pk: str) -> Response:
        """Send a failed, undelivered or unknown text once more."""
        message = self.get_object()
        agent = _agent_for(request, message.conversation_id)
        sent = writing.try_again(message=message, agent=agent, now=timezone.now())
        return Response(MessageSerializer(sent).data, status=201)

    @extend_schema(request=None, responses=MessageSerializer)
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, pk: str) -> Response:
        """Take back a text that has not left yet, with all parts of its reply; 409 when it has."""
        return self._change(later.take_back, request)

    @extend_schema(request=None, responses=MessageSerializer)
    @action(detail=True, methods=["post"], url_path="send-now")
    def send_now(self, request: Request, pk: str) -> Response:
        """Send a text now that was meant for later; 409 when it has left."""
        return self._change(later.send_now, request)

    def _change(self, service: Any, request: Request) -> Response:
        message = self.get_object()
        agent = _agent_for(request, message.conversation_id)
        service(message=message, agent=agent, now=timezone.now())
        return Response(MessageSerializer(self.get_object()).data)
