"""The second factor: setting it up, asking for it, losing it, requiring it."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from agents.authenticators import Authenticator, RecoveryCode, SignInPolicy
from agents.models import User
from agents.roles import ROLES, role_of

CODES = 10
PREPARED_FOR = timedelta(hours=1)
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without what looks alike
REQUIRED, REQUIRED_FOR_S = "agents.required_roles", 5


def authenticator_of(user: User) -> Authenticator | None:
    """The app whose codes count; None without a second factor."""
    found: Authenticator | None = Authenticator.objects.filter(user=user, confirmed=True).first()
    return found


# --- asking ---------------------------------------------------------------------------------------


@transaction.atomic
def accepts(*, user: User, code: str) -> bool:
    """Whether a code of the app, or a recovery code (then used up), proves that it is this person."""
    text = "".join(code.split()).replace("-", "").lower()
    if not text.isdigit():
        used, _ = RecoveryCode.objects.filter(user=user, digest=_digest(user, text)).delete()
        return used == 1
    device = Authenticator.objects.select_for_update().filter(user=user, confirmed=True).first()
    return device is not None and device.verify_token(text)


def waits_until(user: User) -> datetime | None:
    """When the app's next code is looked at, after wrong ones; None for now."""
    device = authenticator_of(user)
    reason = device.verify_is_allowed()[1] if device else None
    return reason["locked_until"] if reason else None


# --- setting up -----------------------------------------------------------------------------------


def prepare(user: User) -> Authenticator:
    """An app to be confirmed: the same for an hour, so that a reload shows the same QR code."""
    Authenticator.objects.filter(
        user=user, confirmed=False, created_at__lt=timezone.now() - PREPARED_FOR
    ).delete()
    made: Authenticator = Authenticator.objects.get_or_create(
        user=user, confirmed=False, defaults={"name": "app"}
    )[0]
    return made


@transaction.atomic
def confirm(*, user: User, code: str) -> list[str] | None:
    """Make the prepared app the second factor, in place of any other, when `code` is one of its codes.

    Returns the recovery codes, to be shown once; None when the code is wrong.
    """
    device = Authenticator.objects.select_for_update().filter(user=user, confirmed=False).first()
    if device is None or not device.verify_token("".join(code.split())):
        return None
    Authenticator.objects.filter(user=user, confirmed=True).delete()
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    return new_codes(user=user)


@transaction.atomic
def new_codes(*, user: User) -> list[str]:
    """Ten recovery codes in place of all before; only their hashes are kept."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(16)) for _ in range(CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(user, code)) for code in codes)
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]


@transaction.atomic
def remove(*, user: User) -> bool:
    """Leave a person without a second factor; returns whether they had one."""
    RecoveryCode.objects.filter(user=user).delete()
    _, per_model = Authenticator.objects.filter(user=user).delete()
    return bool(per_model)


def _digest(user: User, code: str) -> str:
    return hashlib.sha256(f"{user.pk}:{code}".encode()).hexdigest()


# --- requiring ------------------------------------------------------------------------------------


def policy() -> SignInPolicy:
    """What the installation asks; nothing until somebody says so."""
    return SignInPolicy.objects.first() or SignInPolicy(pk=1)


def count_by_role() -> list[tuple[str, int, int]]:
    """Per role: how many active people have it, and how many of them a second factor."""
    with_one = Authenticator.objects.filter(confirmed=True).values("user")
    counts = []
    for role in ROLES:
        people = User.objects.filter(is_active=True, groups__name=role)
        counts.append((role, people.count(), people.filter(pk__in=with_one).count()))
    return counts


def required_roles() -> list[str]:
    """The roles that need a second factor; a process remembers them for five seconds."""
    found: list[str] | None = cache.get(REQUIRED)
    if found is None:
        found = list(policy().required_roles)
        cache.set(REQUIRED, found, REQUIRED_FOR_S)
    return found


def require_for(*, roles: list[str]) -> SignInPolicy:
    """Require a second factor of everybody with one of `roles`; raises ValueError for what is none."""
    if not set(roles) <= set(ROLES):
        raise ValueError("There is no such role.")
    changed = policy()
    changed.required_roles = [role for role in ROLES if role in roles]
    changed.save()
    transaction.on_commit(lambda: cache.delete(REQUIRED))
    return changed


def is_required_of(user: User) -> bool:
    """Whether this person needs a second factor to do anything."""
    roles = required_roles()
    return bool(roles) and role_of(user) in roles


def is_lacking(user: User) -> bool:
    """Whether this person needs a second factor and has none."""
    return is_required_of(user) and authenticator_of(user) is None
