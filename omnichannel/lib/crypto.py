"""Secrets at rest: encrypted in the database, masked everywhere else, readable only by asking for it."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

MASK = "••••••••"


class WrongKey(Exception):
    """A stored secret cannot be read with any of FIELD_KEYS; nothing was changed."""


class Secret:
    """A secret that does not show itself in logs, templates, error pages or a debugger."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself. Ask as late as possible and keep it nowhere."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __str__(self) -> str:
        return MASK if self._text else ""

    def __repr__(self) -> str:
        return f"Secret({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    """The text under the newest of FIELD_KEYS; an empty text stays empty."""
    return _cipher(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode() if text else ""


def decrypt(token: str) -> str:
    """The text again; raises WrongKey when none of FIELD_KEYS fits (never returns ciphertext)."""
    if not token:
        return ""
    try:
        return _cipher(tuple(settings.FIELD_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise WrongKey("A stored secret cannot be read: its key is missing from FIELD_KEYS.") from error


class SecretField(models.TextField):
    """Holds a Secret. Saved encrypted; assigned as a Secret or as plain text. It cannot be searched."""

    def from_db_value(self, value: str | None, *_: Any) -> Secret:
        return Secret(decrypt(value or ""))

    def to_python(self, value: Any) -> Secret:
        return value if isinstance(value, Secret) else Secret(value or "")

    def get_prep_value(self, value: Any) -> str:
        return encrypt(self.to_python(value).reveal())

    def value_to_string(self, obj: models.Model) -> str:
        return MASK
