"""The sections of a file: how each record is described, found by its natural key, and stored.

Values are checked and stored by the API's own serializers. Whatever is wrong is raised as their
ValidationError, with one entry per field.
"""

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rest_framework.serializers import BaseSerializer, ValidationError

from agents.api import AgentSerializer
from agents.models import Agent
from channels_app import accounts, numbers
from channels_app.api import SmsNumberSerializer, SmsSettingsSerializer
from channels_app.models import SmsNumber, SmsSettings
from channels_app.providers import REGISTRY
from channels_app.providers.base import Words
from routing.api import QueueSerializer, WorkStreamSerializer
from routing.api_channels import ChannelSerializer
from routing.api_rules import RoutingRuleSerializer
from routing.models import ChannelSetting, Queue, RoutingRule, WorkStream
from routing.services import delete_rule, members_of

# (account SID, or what else the provider calls it) -> the secret typed for an account that is new here.
Tokens = dict[str, str]
Record = dict[str, Any]
# "never stored: it comes when the file is applied", in a form that every provider's secrets may have.
PLACEHOLDER = base64.b64encode(b"never stored: it comes when the file is applied").decode()


@dataclass(frozen=True)
class Section:
    """One kind of record. `describe` gives all there are; `store` makes one as the file says.

    `key` is what a record is known by; with `also`, by both together.
    """

    name: str
    called: str
    key: str
    describe: Callable[[], Iterable[Record]]
    store: Callable[[Record, Tokens], None]
    also: str = ""

    @property
    def keys(self) -> list[str]:
        """The fields that a record is known by."""
        return [self.key, self.also] if self.also else [self.key]

    def name_of(self, record: Record) -> str:
        """What a record is known by, as a text."""
        return ", ".join(str(record[key]) for key in self.keys)


def saved(serializer: BaseSerializer) -> Any:
    """What a serializer stores; raises ValidationError."""
    serializer.is_valid(raise_exception=True)
    return serializer.save()


def only(record: Record, *allowed: str) -> None:
    """Raise ValidationError for a key that means nothing: a misspelt one must not be passed over."""
    unknown = [str(key) for key in record if key not in allowed]
    if unknown:
        raise ValidationError({key: [f"Not known here. Known: {', '.join(allowed)}."] for key in unknown})


def part_of(record: Record, key: str) -> Any:
    """A part of a record that is a record itself; raises ValidationError when it is something else."""
    part = record[key]
    if not isinstance(part, dict):
        raise ValidationError({key: ["Write its fields below it, each with its value."]})
    return part


# --- channels -------------------------------------------------------------------------------------


def describe_channels() -> Iterable[Record]:
    """Whether each is used, and the limits of its states."""
    for setting in ChannelSetting.objects.order_by("channel"):
        yield dict(ChannelSerializer(setting).data)


def store_channel(record: Record, _tokens: Tokens) -> None:
    """Channels come with the product: none is added."""
    only(record, *ChannelSerializer.Meta.fields)
    setting = ChannelSetting.objects.filter(channel=record["channel"]).first()
    if setting is None:
        raise ValidationError({"channel": ["There is no such channel."]})
    saved(ChannelSerializer(setting, data=record, partial=True))


# --- queues ---------------------------------------------------------------------------------------

QUEUE = ("name", "priority", "is_default", "members")


def describe_queues() -> Iterable[Record]:
    """Queues with the usernames of their members; everybody is a member of the Default queue."""
    for queue in Queue.objects.order_by("name"):
        record: Record = {"name": queue.name, "priority": queue.priority}
        if queue.is_default:
            yield record | {"is_default": True}
        else:
            yield record | {"members": [agent.user.get_username() for agent in members_of(queue)]}


def store_queue(record: Record, _tokens: Tokens) -> None:
    """The Default queue is known by being it, so that it can be called otherwise."""
    only(record, *QUEUE)
    is_default = record.pop("is_default", False)
    if not isinstance(is_default, bool):
        raise ValidationError({"is_default": ["Write true or false."]})
    known = Queue.objects.filter(is_default=True) if is_default else Queue.objects.filter(name=record["name"])
    saved(QueueSerializer(known.first(), data=record, partial=known.exists()))


# --- agents ---------------------------------------------------------------------------------------


def describe_agents() -> Iterable[Record]:
    """Seats at the desk, by username."""
    for agent in Agent.objects.select_related("user").order_by("user__username"):
        yield {"username": agent.user.get_username(), "capacity": agent.capacity}


def store_agent(record: Record, _tokens: Tokens) -> None:
    """People are invited, not imported: only what they can carry is configuration."""
    only(record, "username", "capacity")
    agent = Agent.objects.filter(user__username=record["username"]).first()
    if agent is None:
        raise ValidationError(
            {"username": ["Nobody here is called so: invite them first, or leave them out."]}
        )
    saved(AgentSerializer(agent, data={"capacity": record.get("capacity", agent.capacity)}, partial=True))


# --- work streams ---------------------------------------------------------------------------------

NUMBER = ("number", "type", "description", "messages_per_second")
RULE = ("name", "description", "queue", "match", "conditions")


def plain_stream_fields() -> list[str]:
    """The fields of a work stream's own row."""
    return [name for name in WorkStreamSerializer.Meta.fields if name != "id"]


def describe_streams() -> Iterable[Record]:
    """Work streams in use, each with its settings, its number and its rules in order."""
    queues = dict(Queue.objects.values_list("pk", "name"))
    rules = RoutingRule.objects.order_by("position", "id")
    for stream in WorkStream.objects.filter(deleted_at=None).order_by("name"):
        shown = WorkStreamSerializer(stream).data
        record: Record = {name: shown[name] for name in plain_stream_fields()}
        record |= _described_settings(stream) | _described_number(stream)
        mine = RoutingRuleSerializer(rules.filter(work_stream=stream), many=True).data
        yield record | {"routing_rules": [_described_rule(rule, queues) for rule in mine]}


def _described_settings(stream: WorkStream) -> Record:
    found = SmsSettings.objects.select_related("account").filter(work_stream=stream).first()
    if found is None:
        return {}
    account = found.account
    described = {
        "provider": account.provider,
        account.words.field("external_id"): account.external_id,
        "base_url": account.base_url,
    }
    return {"sms_settings": described}


def _described_number(stream: WorkStream) -> Record:
    found = SmsNumber.objects.select_related("number").filter(work_stream=stream).first()
    if found is None:
        return {}
    values = (found.number.value, found.type, found.description, found.number.messages_per_second)
    return {"sms_number": dict(zip(NUMBER, values, strict=True))}


def _described_rule(rule: Record, queues: dict[int, str]) -> Record:
    # Through JSON's own types: the file must hold plain values only.
    return {name: _plain(queues[rule["queue"]] if name == "queue" else rule[name]) for name in RULE}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def store_stream(record: Record, tokens: Tokens) -> None:
    """The stream, then what hangs on it: settings, number (null takes it away), rules."""
    only(record, *plain_stream_fields(), "sms_settings", "sms_number", "routing_rules")
    known = WorkStream.objects.filter(name=record["name"], deleted_at=None).first()
    own = {name: record[name] for name in plain_stream_fields() if name in record}
    stream = saved(WorkStreamSerializer(known, data=own, partial=known is not None))
    for part, store in PARTS.items():
        if part in record:
            try:
                store(stream, record, tokens)
            except ValidationError as error:
                raise ValidationError({part: error.detail}) from error


def _store_settings(stream: WorkStream, record: Record, tokens: Tokens) -> None:
    part = part_of(record, "sms_settings")
    only(part, "provider", "base_url", id_field(part))
    known = SmsSettings.objects.select_related("account", "inbound_url").filter(work_stream=stream).first()
    given = {name: str(value) for name, value in part.items() if value is not None}
    data = {**given, "work_stream": stream.pk}
    if (sid := needed_token(part)) and tokens.get(sid):
        data[words_of(part).field("secret")] = tokens[sid]
    saved(SmsSettingsSerializer(known, data=data, partial=known is not None))


def needed_token(part: Record) -> str:
    """The account SID whose secret an installation lacks to take these settings; empty when it has it."""
    base_url = accounts.tidy_base_url(str(part.get("base_url") or _usual_url(part)))
    provider, sid = str(part.get("provider", "")), str(part.get(id_field(part), ""))
    known = accounts.known_account(provider=provider, external_id=sid, base_url=base_url)
    return "" if known else sid


def secret_called(external_id: str) -> str:
    """What the secret of an account is called, by the provider whose ids have this form."""
    fits = (one.words.secret for one in REGISTRY.values() if not one.check_external_id(external_id))
    return next(fits, "secret")


def words_of(part: Record) -> Words:
    """What the provider of these settings calls its things; of an unknown one, the first one's."""
    provider = str(part.get("provider", ""))
    return REGISTRY[provider if provider in REGISTRY else next(iter(REGISTRY))].words


def id_field(part: Record) -> str:
    """What the provider of these settings calls an account's id."""
    return words_of(part).field("external_id")


def _usual_url(part: Record) -> str:
    provider = str(part.get("provider", ""))
    return accounts.usual_base_url(provider) if provider in REGISTRY else ""


def _store_number(stream: WorkStream, record: Record, _tokens: Tokens) -> None:
    known = SmsNumber.objects.select_related("number").filter(work_stream=stream).first()
    if record["sms_number"] is None:
        if known is not None:
            numbers.remove_sms_number(sms_number=known)
        return
    part = part_of(record, "sms_number")
    only(part, *NUMBER)
    saved(SmsNumberSerializer(known, data={**part, "work_stream": stream.pk}, partial=known is not None))


def _store_rules(stream: WorkStream, record: Record, _tokens: Tokens) -> None:
    """In place of those there were. A rule of the same name stays the same row: decisions refer to it."""
    parts = record["routing_rules"]
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise ValidationError(["Write a list of rules, each with its fields."])
    spare: dict[str, list[RoutingRule]] = {}
    for rule in RoutingRule.objects.filter(work_stream=stream).order_by("position", "id"):
        spare.setdefault(rule.name, []).append(rule)
    problems = {}
    for position, part in enumerate(parts, start=1):
        same = spare.get(str(part.get("name")), [])
        try:
            _store_rule(stream, part, position, same.pop(0) if same else None)
        except ValidationError as error:
            problems[str(part.get("name") or position)] = error.detail
    if problems:
        raise ValidationError(problems)
    for rules in spare.values():
        for rule in rules:
            delete_rule(rule)


def _store_rule(stream: WorkStream, part: Record, position: int, known: RoutingRule | None) -> None:
    only(part, *RULE)
    queue = Queue.objects.filter(name=str(part.get("queue", ""))).first()
    if queue is None:
        raise ValidationError({"queue": ["There is no queue of this name, here or in the file."]})
    data = {**part, "queue": queue.pk, "work_stream": stream.pk, "position": position}
    saved(RoutingRuleSerializer(known, data={"conditions": [], **data}))


# In the order in which they are stored: a number needs its settings.
PARTS: dict[str, Callable[[WorkStream, Record, Tokens], None]] = {
    "sms_settings": _store_settings,
    "sms_number": _store_number,
    "routing_rules": _store_rules,
}
# In the order in which they are stored: rules need their queues. See `applying` for all there are.
OF_ROUTING = (
    Section("channels", "Channel", "channel", describe_channels, store_channel),
    Section("queues", "Queue", "name", describe_queues, store_queue),
    Section("agents", "Agent", "username", describe_agents, store_agent),
    Section("work_streams", "Work stream", "name", describe_streams, store_stream),
)
