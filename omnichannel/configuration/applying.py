"""Comparing this installation with a file, and making it so."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from rest_framework.serializers import ValidationError

from channels_app import whatsapp
from channels_app.accounts import Conflict
from omnichannel.configuration import reading
from omnichannel.configuration.differences import Change, Description, differences
from omnichannel.configuration.quick_replies import QUICK_REPLIES
from omnichannel.configuration.reading import BadFile
from omnichannel.configuration.sections import (
    OF_ROUTING,
    PLACEHOLDER,
    Record,
    Section,
    Tokens,
    needed_token,
    secret_called,
)
from omnichannel.configuration.whatsapp import WHATSAPP_ACCOUNTS
from omnichannel.lib import audit
from routing.models import WorkStream
from routing.services import Protected

# In the order in which they are stored: WhatsApp numbers and quick replies name work streams.
SECTIONS = (*OF_ROUTING, WHATSAPP_ACCOUNTS, QUICK_REPLIES)
MOST_RECORDS = 500
# Lists of records below a record.
BELOW = ("routing_rules", "numbers")


class Refused(ValueError):
    """The file cannot be applied; `problems` says where and why, one sentence each. Nothing was changed."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class Stale(ValueError):
    """The installation is no longer what the file was compared with. Nothing was changed."""


@dataclass(frozen=True)
class Preview:
    """What applying a file would change; `tokens` are the accounts whose secret has to be given for it."""

    changes: list[Change]
    tokens: list[str]
    fingerprint: str


def present() -> Description:
    """The installation's configuration, without secrets."""
    return {s.name: {s.name_of(record): record for record in s.describe()} for s in SECTIONS}


def export() -> str:
    """The text of the file that describes this installation."""
    return _text(present())


def hand_out() -> str:
    """The file, for somebody who takes it away: the audit log tells who."""
    described = present()
    count = sum(len(records) for records in described.values())
    audit.note_export(WorkStream, what="Configuration as a file", count=count)
    return _text(described)


def _text(described: Description) -> str:
    return reading.write({name: list(records.values()) for name, records in described.items()})


def fingerprint(described: Description) -> str:
    """Changes with whatever is described."""
    return hashlib.sha256(json.dumps(described, default=str).encode()).hexdigest()


def preview(text: str) -> Preview:
    """What applying the file would change: it is applied and taken back. Raises BadFile and Refused."""
    wanted = _sections(text)
    tokens = _tokens_needed(wanted)
    with transaction.atomic():
        before = present()
        _store_all(wanted, dict.fromkeys(tokens, PLACEHOLDER))
        after = present()
        transaction.set_rollback(True)
    return Preview(differences(before, after), tokens, fingerprint(before))


def apply(text: str, *, tokens: Tokens, expected: str | None = None) -> list[Change]:
    """Make the installation as the file says, all of it or nothing; returns what was changed.

    `expected` is the fingerprint of the preview that somebody agreed to. Raises BadFile, Refused and Stale.
    """
    wanted = _sections(text)
    with transaction.atomic():
        before = present()
        if expected is not None and fingerprint(before) != expected:
            raise Stale("Something was changed meanwhile: look at the differences again.")
        missing = [sid for sid in _tokens_needed(wanted) if not tokens.get(sid)]
        if missing:
            raise Refused(
                [f"Enter the {secret_called(sid)} of account {sid}, which is new here." for sid in missing]
            )
        _store_all(wanted, tokens)
        after = present()
    return differences(before, after)


def _sections(text: str) -> dict[str, list[Record]]:
    found = reading.read(text)
    known = [section.name for section in SECTIONS]
    if unknown := [str(name) for name in found if name not in known]:
        raise BadFile(f"Unknown section {', '.join(unknown)}. Known: {', '.join(known)}.")
    _check_size(found)
    for section in SECTIONS:
        _check_keys(section, found.setdefault(section.name, []))
    return found


def _check_size(found: dict[str, Any]) -> None:
    """All is stored in one transaction, while webhooks may have to wait."""
    records = [record for part in found.values() if isinstance(part, list) for record in part]
    parts = [record.get(key) for record in records if isinstance(record, dict) for key in BELOW]
    count = len(records) + sum(len(part) for part in parts if isinstance(part, list))
    if count > MOST_RECORDS:
        raise BadFile(
            f"The file holds {count} records, routing rules included; at most {MOST_RECORDS} are applied at "
            "once. Leave out what stays as it is, or make several files of it."
        )


def _check_keys(section: Section, records: Any) -> None:
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise BadFile(f"{section.name}: write a list of records, each with its fields.")
    given = [record.get(key) for record in records for key in section.keys]
    if any(not isinstance(name, str) or not name for name in given):
        keys = " and its ".join(section.keys)
        raise BadFile(f"{section.name}: each record needs its {keys}, a text (in quotes when in doubt).")
    names = [section.name_of(record) for record in records]
    if twice := {name for name in names if names.count(name) > 1}:
        raise BadFile(f"{section.name}: {', '.join(sorted(twice))} stands there twice.")


def _tokens_needed(wanted: dict[str, list[Record]]) -> list[str]:
    parts = [record.get("sms_settings") for record in wanted["work_streams"]]
    usual = {"provider": whatsapp.usual_provider()}
    parts += [usual | record for record in wanted[WHATSAPP_ACCOUNTS.name]]
    sids = {needed_token(part) for part in parts if isinstance(part, dict)}
    return sorted(sid for sid in sids if sid)


def _store_all(wanted: dict[str, list[Record]], tokens: Tokens) -> None:
    """Raises Refused with all that is wrong; the caller's transaction takes back what was stored."""
    problems: list[str] = []
    for section in SECTIONS:
        for record in wanted[section.name]:
            problems += _problems_of_storing(section, record, tokens)
    if problems:
        raise Refused(problems)


def _problems_of_storing(section: Section, record: Record, tokens: Tokens) -> list[str]:
    where = f"{section.called} {section.name_of(record)}"
    try:
        with transaction.atomic():
            section.store(dict(record), tokens)
    except ValidationError as error:
        return [f"{where}{path}: {said}" for path, said in _flat(error.detail)]
    except Conflict as error:
        return [f"{where}, {error.field}: {error}"]
    except Protected as error:
        return [f"{where}: {error}"]
    return []


def _flat(detail: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(detail, dict):
        return [
            line
            for key, part in detail.items()
            for line in _flat(part, path if key == "non_field_errors" else f"{path}, {key}")
        ]
    if isinstance(detail, list):
        return [line for part in detail for line in _flat(part, path)]
    return [(path, str(detail))]
