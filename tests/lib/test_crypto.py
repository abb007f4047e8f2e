"""Secrets: encrypted at rest, rotatable, and never shown."""

import copy
import logging
import pprint

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection
from django.template import Context, Template

from channels_app.models import ProviderAccount
from omnichannel.lib.crypto import MASK, Secret, WrongKey, decrypt, encrypt

TEXT = "zürich-4711-secret"
OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))


def test_what_is_encrypted_is_read_again(settings):
    settings.FIELD_KEYS = [OLD]
    token = encrypt(TEXT)
    assert TEXT not in token
    assert decrypt(token) == TEXT
    assert encrypt(TEXT) != token  # no two alike, so equal secrets cannot be told


def test_an_empty_secret_stays_empty():
    assert encrypt("") == ""
    assert decrypt("") == ""
    assert not Secret("")


def test_after_a_rotation_the_old_key_still_reads(settings):
    settings.FIELD_KEYS = [OLD]
    token = encrypt(TEXT)
    settings.FIELD_KEYS = [NEW, OLD]
    assert decrypt(token) == TEXT
    fresh = encrypt(TEXT)
    settings.FIELD_KEYS = [NEW]
    assert decrypt(fresh) == TEXT


@pytest.mark.parametrize("damage", ["other key", "cut", "plain text"])
def test_what_cannot_be_read_raises_and_never_returns_ciphertext(settings, damage):
    settings.FIELD_KEYS = [OLD]
    token = encrypt(TEXT)
    if damage == "other key":
        settings.FIELD_KEYS = [OTHER]
    bad = {"other key": token, "cut": token[:-8], "plain text": TEXT}[damage]
    with pytest.raises(WrongKey) as error:
        decrypt(bad)
    assert token not in str(error.value)


@pytest.mark.parametrize(
    "show",
    [
        str,
        repr,
        pprint.pformat,
        "{}".format,
        "{!r}".format,
        "%s".__mod__,
        lambda s: f"{s}",
        lambda s: repr([s, {"a": s}]),
        lambda s: Template("{{ s }} {{ s|pprint }}").render(Context({"s": s})),
        lambda s: logging.LogRecord("a", 10, "b", 1, "token %s", (s,), None).getMessage(),
        lambda s: repr(copy.copy(s)),
    ],
    ids=lambda f: getattr(f, "__name__", "show"),
)
def test_a_secret_never_shows_itself(show):
    shown = show(Secret(TEXT))
    assert TEXT not in shown
    assert MASK in shown


def test_a_secret_is_given_only_when_asked_for():
    secret = Secret(TEXT)
    assert secret.reveal() == TEXT
    assert secret == Secret(TEXT)
    assert secret != Secret("other")
    assert secret != TEXT
    assert not hasattr(secret, "__dict__")


def _stored() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret, secondary_secret FROM channels_app_provideraccount")
        return cursor.fetchone()


@pytest.mark.django_db
def test_the_database_holds_no_clear_text_and_an_instance_shows_none(settings):
    settings.FIELD_KEYS = [OLD]
    made = ProviderAccount.objects.create(
        provider="twilio", external_id="AC1", base_url="https://x.example", secret=TEXT
    )
    assert TEXT not in "".join(_stored())
    assert _stored()[1] == ""
    read = ProviderAccount.objects.get(pk=made.pk)
    assert read.secret.reveal() == TEXT
    assert TEXT not in repr(read.__dict__)
    assert not read.secondary_secret


@pytest.mark.django_db
def test_a_missing_key_is_told_when_the_row_is_read(settings):
    settings.FIELD_KEYS = [OLD]
    ProviderAccount.objects.create(
        provider="twilio", external_id="AC1", base_url="https://x.example", secret=TEXT
    )
    settings.FIELD_KEYS = [OTHER]
    with pytest.raises(WrongKey):
        ProviderAccount.objects.get()


@pytest.mark.django_db
def test_the_command_moves_every_secret_to_the_newest_key(settings, capsys):
    settings.FIELD_KEYS = [OLD]
    ProviderAccount.objects.create(
        provider="twilio", external_id="AC1", base_url="https://x.example", secret=TEXT
    )
    settings.FIELD_KEYS = [NEW, OLD]
    call_command("rotate_field_keys")
    settings.FIELD_KEYS = [NEW]
    assert ProviderAccount.objects.get().secret.reveal() == TEXT
