"""The section of WhatsApp accounts: each with its provider account and, below it, its numbers."""

from collections.abc import Iterable

from rest_framework.serializers import ValidationError

from channels_app import whatsapp
from channels_app.api_whatsapp import WhatsAppAccountSerializer, WhatsAppNumberSerializer
from channels_app.models_whatsapp import WhatsAppAccount, WhatsAppNumber
from omnichannel.configuration.sections import (
    Record,
    Section,
    Tokens,
    id_field,
    needed_token,
    only,
    saved,
    words_of,
)
from routing.models import WorkStream

ACCOUNT = ("name", "provider", "base_url", "numbers")
NUMBER = ("name", "number", "work_stream", *whatsapp.SWITCHES, "messages_per_second")


def describe_accounts() -> Iterable[Record]:
    """WhatsApp accounts in use, each with its numbers."""
    for one in whatsapp.accounts_in_use().select_related("account").order_by("name"):
        account = one.account
        numbers = one.numbers.select_related("number", "work_stream").order_by("number__value")
        yield {
            "name": one.name,
            "provider": account.provider,
            account.words.field("external_id"): account.external_id,
            "base_url": account.base_url,
            "numbers": [_described(number) for number in numbers],
        }


def _described(role: WhatsAppNumber) -> Record:
    switches = {name: getattr(role.number, name) for name in whatsapp.SWITCHES}
    return {
        "name": role.name,
        "number": role.number.value,
        "work_stream": role.work_stream.name,
        **switches,
        "messages_per_second": role.number.messages_per_second,
    }


def store_account(record: Record, tokens: Tokens) -> None:
    """The account, then its numbers in place of those it had; without `numbers`, those stay."""
    record.setdefault("provider", whatsapp.usual_provider())
    only(record, *ACCOUNT, id_field(record))
    known = whatsapp.accounts_in_use().select_related("account").filter(name=record["name"]).first()
    given = {name: str(value) for name, value in record.items() if name != "numbers" and value is not None}
    if (sid := needed_token(record)) and tokens.get(sid):
        given[words_of(record).field("secret")] = tokens[sid]
    account = saved(WhatsAppAccountSerializer(known, data=given, partial=known is not None))
    if "numbers" in record:
        try:
            _store_numbers(account, record["numbers"])
        except ValidationError as error:
            raise ValidationError({"numbers": error.detail}) from error


def _store_numbers(account: WhatsAppAccount, parts: object) -> None:
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise ValidationError(["Write a list of numbers, each with its fields."])
    spare = {role.number.value: role for role in account.numbers.select_related("number")}
    problems = {}
    for part in parts:
        try:
            value = _digits(part)
            _store_number(account, {**part, "number": value}, spare.pop(value, None))
        except ValidationError as error:
            problems[str(part.get("number"))] = error.detail
    if problems:
        raise ValidationError(problems)
    for role in spare.values():
        whatsapp.delete_number(whatsapp_number=role)


def _digits(part: Record) -> str:
    try:
        return whatsapp.digits_of(str(part.get("number", "")))
    except whatsapp.NotANumber as error:
        raise ValidationError({"number": [str(error)]}) from error


def _store_number(account: WhatsAppAccount, part: Record, known: WhatsAppNumber | None) -> None:
    only(part, *NUMBER)
    data = {**part, "whatsapp_account": account.pk}
    if "work_stream" in part:
        name = str(part["work_stream"])
        stream = WorkStream.objects.filter(name=name, deleted_at=None).first()
        if stream is None:
            raise ValidationError(
                {"work_stream": ["There is no work stream of this name, here or in the file."]}
            )
        data["work_stream"] = stream.pk
    saved(WhatsAppNumberSerializer(known, data=data, partial=known is not None))


WHATSAPP_ACCOUNTS = Section("whatsapp_accounts", "WhatsApp account", "name", describe_accounts, store_account)
