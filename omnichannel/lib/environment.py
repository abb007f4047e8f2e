"""Reading the environment strictly: a wrong value refuses to start, with a sentence that says why."""

import json
import secrets
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def strict_bool(name: str, text: str) -> bool:
    """True or False for the usual words; raises ImproperlyConfigured for anything else."""
    word = text.strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name}={text!r} is neither true nor false.")


def positive_int(name: str, text: str) -> int:
    """A whole number above zero; raises ImproperlyConfigured otherwise."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ImproperlyConfigured(f"{name}={text!r} is not a whole number above zero.")
    return int(text)


def base_url(name: str, text: str, *, allow_http: bool) -> str:
    """The URL without its trailing slash; raises ImproperlyConfigured when providers could not use it.

    With `allow_http` false, plain http is accepted for loopback hosts only.
    """
    try:
        parts = urlsplit(text.strip())
        _ = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={text!r} is no address: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{name}={text!r} must look like https://desk.example.com")
    if parts.scheme == "http" and not allow_http and parts.hostname not in LOOPBACK_HOSTS:
        raise ImproperlyConfigured(f"{name}={text!r} must use https: providers post customers' texts to it.")
    return text.strip().rstrip("/")


def origin(url: str) -> str:
    """Scheme, host and port of a URL, without log-in and path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def one_of_schemes(name: str, url: str, schemes: Sequence[str]) -> str:
    """The URL itself; raises ImproperlyConfigured when its scheme is none of `schemes`."""
    if urlsplit(url).scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must start with one of: {', '.join(s + '://' for s in schemes)}")
    return url


# Parameter of MEDIA_STORAGE -> django-storages' option of the S3 backend.
S3_OPTIONS = {"endpoint": "endpoint_url", "region": "region_name", "addressing": "addressing_style"}


def media_storage(name: str, url: str, *, folder: Path) -> dict[str, Any]:
    """The entry of STORAGES for customers' files: a folder, or s3://[key:secret@]bucket[/prefix][?endpoint=…].

    Without key and secret, what the machine gives (AWS_ACCESS_KEY_ID …, a role) is used. Raises
    ImproperlyConfigured, without repeating the secret.
    """
    if not url:
        options = {"location": folder, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must look like s3://bucket/prefix?region=eu-central-1")
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(asked.keys() - S3_OPTIONS):
        known = ", ".join(S3_OPTIONS)
        raise ImproperlyConfigured(f"{name} has the parameter {unknown[0]}; known are: {known}.")
    if asked.get("addressing", "auto") not in {"auto", "path", "virtual"}:
        raise ImproperlyConfigured(f"{name} has an addressing other than path, virtual or auto.")
    if "endpoint" in asked:
        asked["endpoint"] = base_url(f"{name} endpoint", asked["endpoint"], allow_http=False)
    if bool(parts.username) != bool(parts.password):
        raise ImproperlyConfigured(f"{name} has a key without its secret, or a secret without its key.")
    if find_spec("storages") is None or find_spec("boto3") is None:
        raise ImproperlyConfigured(f"{name} needs: pip install -r requirements-s3.txt")
    options = {S3_OPTIONS[key]: value for key, value in asked.items()} | {
        "bucket_name": parts.netloc.rpartition("@")[2],
        "location": unquote(parts.path.strip("/")),
        "default_acl": None,  # private, as the bucket says
        "querystring_auth": True,
        "file_overwrite": True,  # names are random: nothing is looked up before writing
    }
    if parts.username:
        options |= {"access_key": unquote(parts.username), "secret_key": unquote(parts.password or "")}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def fernet_keys(name: str, keys: Sequence[str]) -> list[str]:
    """The keys, newest first; raises ImproperlyConfigured when one is not 32 url-safe base64 bytes."""
    if not keys:
        raise ImproperlyConfigured(f"{name} is empty: make a key with `manage.py make_field_key`.")
    for key in keys:
        try:
            Fernet(key)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} holds a key that is not 32 url-safe base64 bytes.") from error
    return list(keys)


def kept_secrets(path: Path) -> dict[str, str]:
    """Secrets of a demo or a developer's machine: made once, kept in `path` (mode 0600), never changed."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = {"SECRET_KEY": secrets.token_urlsafe(50), "FIELD_KEYS": Fernet.generate_key().decode()}
        partial = path.with_suffix(f".{secrets.token_hex(4)}")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(made))
        try:
            # A hard link fails when another process was first: whoever is first wins, nobody overwrites.
            path.hardlink_to(partial)
        except FileExistsError:
            pass
        finally:
            partial.unlink()
    kept: dict[str, str] = json.loads(path.read_text())
    return kept
