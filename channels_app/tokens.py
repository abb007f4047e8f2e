"""An account's secrets: another one is kept only if the provider takes it; the secondary can be promoted."""

from dataclasses import replace

from django.db import transaction

from channels_app.accounts import Conflict, credentials, provider_of, replace_secrets, words_of
from channels_app.calls import recorder
from channels_app.models import ProviderAccount
from channels_app.providers.base import Check, Validity, Words
from channels_app.validation import keep_for_account, worst

# The provider took the secret, whatever else it says of the account.
PROVEN = frozenset({Validity.GOOD, Validity.TRIAL, Validity.CLOSED, Validity.SUSPENDED, Validity.PRODUCT_OFF})
# Nobody knows yet: a person may insist.
UNDECIDED = frozenset(
    {
        *(Validity.THROTTLED, Validity.UNREACHABLE, Validity.SLOW, Validity.UNREADABLE),
        *(Validity.IP_REFUSED, Validity.CLOCK_OFF),
    }
)


class NotKept(Exception):
    """Another secret was not kept, and the old one stays. `may_insist`: the provider could not be asked."""

    def __init__(self, check: Check, words: Words) -> None:
        self.check, self.may_insist = check, check.outcome in UNDECIDED
        self.field = words.field("secret")
        super().__init__(f"The old {words.secret} was kept. {check.text}")


def prove(account: ProviderAccount, secret: str) -> list[Check]:
    """Ask the provider whether it takes a secret that is not stored yet. Outside any transaction."""
    asked = replace(credentials(account), secret=secret, secondary_secret="")
    return provider_of(account).check_credentials(asked, (), recorder(account, keep_answers=False))


def replace_token(
    *, account: ProviderAccount, secret: str, secondary_secret: str | None, keep_unproven: bool = False
) -> Check | None:
    """Store other secrets for all that use the account; an empty secret and a None secondary keep the old.

    A new primary secret is proved first, by a call outside any transaction. Raises NotKept when the provider
    refuses it, or cannot be asked and nobody insists. The secondary is not asked about: a provider may
    take it only once it is promoted. Returns what the provider said, None when it was not asked.
    """
    if not secret and secondary_secret is None:
        return None
    if not secret or secret == account.secret.reveal():
        replace_secrets(account=account, secret="", secondary_secret=secondary_secret)
        return None
    checks = _proved(account, secret, keep_unproven=keep_unproven)
    replace_secrets(account=account, secret=secret, secondary_secret=secondary_secret)
    keep_for_account(account, checks)
    return worst(checks)


def _proved(account: ProviderAccount, secret: str, *, keep_unproven: bool) -> list[Check]:
    """What the provider says of a secret; raises NotKept unless it takes it or somebody insists."""
    checks = prove(account, secret)
    found = worst(checks)
    is_proven = any(check.outcome in PROVEN for check in checks)
    if not is_proven and not (keep_unproven and found.outcome in UNDECIDED):
        raise NotKept(found, words_of(account))
    return checks


def promote(*, account: ProviderAccount, keep_unproven: bool = False) -> Check:
    """Make the secondary secret the primary, and the other way round; returns what the provider says of it.

    It is proved first, by a call outside any transaction. Raises NotKept as replace_token does, and Conflict
    when there is none.
    """
    words = words_of(account)
    if not account.secondary_secret:
        raise Conflict(f"No {words.secondary_secret} is stored.", field=words.field("secondary_secret"))
    secret = account.secondary_secret.reveal()
    checks = _proved(account, secret, keep_unproven=keep_unproven)
    _swap(account, secret)
    account.refresh_from_db()
    keep_for_account(account, checks)
    return worst(checks)


@transaction.atomic
def _swap(account: ProviderAccount, proved: str) -> None:
    held = ProviderAccount.objects.select_for_update().get(pk=account.pk)
    if held.secondary_secret.reveal() != proved:
        raise Conflict(
            "They were replaced meanwhile: look again.",
            field=words_of(held).field("secondary_secret"),
        )
    replace_secrets(account=held, secret=proved, secondary_secret=held.secret.reveal())


def may_promote(account: ProviderAccount) -> bool:
    """Whether the provider was last seen to take only the secondary secret."""
    return bool(account.secondary_secret) and account.last_validation_outcome == Validity.ONLY_SECONDARY
