"""The letter that has an inbound URL set, for a provider where nobody can do it by himself."""

from dataclasses import dataclass
from urllib.parse import quote

from channels_app.accounts import provider_of
from channels_app.models import ProviderAccount


@dataclass(frozen=True)
class Letter:
    """An e-mail that is ready to be sent by a person."""

    to: str
    subject: str
    body: str

    @property
    def link(self) -> str:
        """Opens the person's own mail program with it; lines end as RFC 6068 wants."""
        body = self.body.replace("\n", "\r\n")
        return f"mailto:{quote(self.to, safe='@')}?subject={quote(self.subject)}&body={quote(body)}"


def letter_for(account: ProviderAccount, url: str) -> Letter | None:
    """The letter about an account's inbound URL; None when the provider needs none."""
    guide = provider_of(account).guide
    if not guide.letter_to:
        return None
    values = {"id": account.external_id, "url": url}
    return Letter(guide.letter_to, guide.letter_subject.format(**values), guide.letter.format(**values))
