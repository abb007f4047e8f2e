"""Content templates: which can be sent, what the customer reads, and our copies of what the provider has.

WhatsApp has approved them; they are what can be written when the 24 hours are over.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from channels_app.accounts import credentials, provider_of
from channels_app.calls import recorder
from channels_app.missed import watch_of
from channels_app.models import Number, ProviderAccount
from channels_app.models_health import AccountWatch
from channels_app.models_whatsapp import ContentTemplate
from channels_app.providers import REGISTRY
from channels_app.providers.base import Trouble
from channels_app.providers.templates import ProvidedTemplate, TemplateListing, has_templates
from routing.models import Channel

Approval = ContentTemplate.Approval
EVERY = timedelta(minutes=30)
PLACEHOLDER = re.compile(r"\{\{\s*(\w{1,64})\s*\}\}", re.ASCII)
# WhatsApp refuses these in a variable (developers.facebook.com, error 132000 and following, read 2026-11).
ODD_SPACE = re.compile(r"[\r\n\t]| {5,}")


class WrongVariables(ValueError):
    """A template cannot be filled in like this; the message says what is wrong. `names` are the variables."""

    def __init__(self, message: str, names: list[str]) -> None:
        super().__init__(message)
        self.names = names


class Missing(WrongVariables):
    """Some variables have no value."""


# --- sending --------------------------------------------------------------------------------------


def usable(number: Number) -> QuerySet[ContentTemplate]:
    """The templates that can be sent from a number, by name and language."""
    if number.channel != Channel.WHATSAPP:
        return ContentTemplate.objects.none()
    ready = ContentTemplate.objects.filter(
        account_id=number.account_id, approval=Approval.APPROVED, gone_at=None, unsupported=""
    )
    return ready.order_by("name", "language", "id")


def problem(template: ContentTemplate, number: Number) -> str:
    """Why a template cannot be sent from a number, in a sentence; empty when it can. Asks nothing."""
    if number.channel != Channel.WHATSAPP:
        return "Content templates can be sent by WhatsApp only."
    if template.account_id != number.account_id:
        return "This content template is of another account than the number."
    if template.gone_at is not None:
        return "This content template is no longer there at the provider."
    if template.approval != Approval.APPROVED:
        return f"WhatsApp has not approved this content template: it is {_approval(template)}."
    return template.unsupported


def _approval(template: ContentTemplate) -> str:
    return Approval(template.approval).label.lower()


def names(template: ContentTemplate) -> list[str]:
    """Its variables, in the order in which they are read."""
    read = PLACEHOLDER.findall(template.body)
    return list(dict.fromkeys([*read, *sorted(template.variables)]))


def filled(template: ContentTemplate, variables: Mapping[str, str]) -> str:
    """What the customer will read. Raises Missing, or WrongVariables for what WhatsApp would refuse."""
    wanted = names(template)
    missing = [name for name in wanted if not variables.get(name, "").strip()]
    if missing:
        raise Missing(f"Fill in {_listed(missing)}.", missing)
    unknown = [name for name in variables if name not in wanted]
    if unknown:
        raise WrongVariables(f"This content template has no variable {_listed(unknown)}.", unknown)
    odd = [name for name in wanted if ODD_SPACE.search(variables[name])]
    if odd:
        said = f"WhatsApp takes no new lines, tabs or rows of blanks in {_listed(odd)}."
        raise WrongVariables(said, odd)
    return PLACEHOLDER.sub(lambda found: variables[found[1]], template.body)


def _listed(found: list[str]) -> str:
    told = [f"{{{{{name[:64]}}}}}" for name in found[:10]]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"


# --- in step with the provider --------------------------------------------------------------------


@dataclass(frozen=True)
class Synced:
    """What asking the provider came to. `problem` says why nothing was changed."""

    count: int = 0
    approved: int = 0
    is_whole: bool = True
    problem: str = ""

    @property
    def sentence(self) -> str:
        """For people."""
        if self.problem:
            return self.problem
        if not self.count:
            return "The provider has no content templates of this account."
        what = "1 content template" if self.count == 1 else f"{self.count} content templates"
        rest = "" if self.is_whole else " There are more than are looked at."
        return f"{what}, {self.approved} approved.{rest}"


def accounts_with_templates() -> QuerySet[ProviderAccount]:
    """Accounts with WhatsApp whose provider tells its content templates."""
    providers = [key for key, provider in REGISTRY.items() if has_templates(provider)]
    numbered = Q(numbers__channel=Channel.WHATSAPP, numbers__deleted_at=None)
    named = Q(whatsapp_accounts__deleted_at=None, whatsapp_accounts__isnull=False)
    rows = ProviderAccount.objects.filter(numbered | named, deleted_at=None, provider__in=providers)
    return rows.distinct().order_by("id")


def sync(account: ProviderAccount, *, now: datetime) -> Synced:
    """Make our copies what the provider has. Outside any transaction.

    One that is not there any more keeps its row, with the moment when that was first seen. When the provider
    does not answer, nothing changes.
    """
    provider = provider_of(account)
    if not has_templates(provider):
        return Synced(problem="This provider has no content templates.")
    try:
        listing = provider.list_templates(credentials(account), recorder(account, keep_answers=False))
    except Trouble as trouble:
        result = Synced(problem=trouble.check.text)
    else:
        result = _keep(account, listing, now)
    watch = watch_of(account, now=now)
    watch.templates_result = result.sentence[:300]
    if not result.problem:
        watch.templates_synced_at = now
    watch.next_template_sync_at = now + EVERY
    watch.save(update_fields=["templates_result", "templates_synced_at", "next_template_sync_at"])
    return result


@transaction.atomic
def _keep(account: ProviderAccount, listing: TemplateListing, now: datetime) -> Synced:
    # In one order, whoever syncs: two at once wait for each other, and do not lock each other out.
    found = sorted(listing.templates, key=lambda template: template.external_id)
    rows = {template.external_id: _row(account, template, now) for template in found}
    fields = [field.name for field in ContentTemplate._meta.concrete_fields if not field.primary_key]
    ContentTemplate.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["account", "external_id"],
        update_fields=[name for name in fields if name not in {"account", "external_id"}],
    )
    if listing.is_whole:
        # Not those that another process has just seen.
        left = ContentTemplate.objects.filter(account=account, gone_at=None, synced_at__lt=now)
        left.exclude(external_id__in=rows).update(gone_at=now)
    approved = sum(row.approval == Approval.APPROVED for row in rows.values())
    return Synced(len(rows), approved, listing.is_whole)


def _row(account: ProviderAccount, template: ProvidedTemplate, now: datetime) -> ContentTemplate:
    return ContentTemplate(
        account=account,
        external_id=template.external_id[:64],
        name=template.name[:200],
        language=template.language[:16],
        kind=template.kind[:40],
        body=template.body,
        variables=dict(template.variables),
        approval=template.approval,
        unsupported=template.unsupported[:200],
        rejection_reason=template.rejection_reason[:500],
        category=template.category[:40],
        synced_at=now,
        gone_at=None,
    )


def sync_now(*, most: int, now: datetime) -> list[tuple[ProviderAccount, Synced]]:
    """Sync because a person asks, at most so many accounts: those first that were asked longest ago.

    The others' turn comes at once by itself.
    """
    rows = accounts_with_templates().order_by(F("watch__templates_synced_at").asc(nulls_first=True), "id")
    wanted = list(rows)
    AccountWatch.objects.filter(account__in=wanted[most:]).update(next_template_sync_at=None)
    return [(account, sync(account, now=now)) for account in wanted[:most]]


def claim_due(*, now: datetime) -> ProviderAccount | None:
    """An account whose turn it is; the next turn is set at once, so that one worker asks."""
    for account in accounts_with_templates():
        due = AccountWatch.objects.filter(pk=watch_of(account, now=now).pk).filter(
            Q(next_template_sync_at=None) | Q(next_template_sync_at__lte=now)
        )
        if due.update(next_template_sync_at=now + EVERY):
            return account
    return None


def sync_one() -> bool:
    """Sync one account whose turn it is; False when it is nobody's."""
    account = claim_due(now=timezone.now())
    if account is None:
        return False
    sync(account, now=timezone.now())
    return True
