"""A wrong value in the environment refuses to start, with a sentence that names it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from omnichannel.lib import environment

ROOT = Path(__file__).resolve().parents[2]


def start(tmp_path: Path, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of its own."""
    env = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "x" * 50,
        "FIELD_KEYS": Fernet.generate_key().decode(),
        "VAR_DIR": str(tmp_path),
        **variables,
    }
    return subprocess.run(
        [sys.executable, "-c", "import omnichannel.settings as s; print(s.PUBLIC_BASE_URL, s.IS_SQLITE)"],
        env={name: value for name, value in env.items() if value is not None},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_starts_with_right_values(tmp_path):
    done = start(tmp_path, PUBLIC_BASE_URL="https://desk.example.net/", ALLOWED_HOSTS="desk.example.net")
    assert done.stdout.split() == ["https://desk.example.net", "True"], done.stderr


WRONG = {
    "no SECRET_KEY": ({"SECRET_KEY": None}, "SECRET_KEY"),
    "no FIELD_KEYS": ({"FIELD_KEYS": None}, "FIELD_KEYS"),
    "short FIELD_KEYS": ({"FIELD_KEYS": "abc"}, "FIELD_KEYS"),
    "DEBUG": ({"DEBUG": "perhaps"}, "DEBUG"),
    "plain http": ({"PUBLIC_BASE_URL": "http://desk.example.net"}, "PUBLIC_BASE_URL"),
    "database": ({"DATABASE_URL": "mysql://u@h/db"}, "DATABASE_URL"),
    "redis": ({"REDIS_URL": "amqp://broker"}, "REDIS_URL"),
    "time-out": ({"TASK_TIMEOUT_S": "-1"}, "TASK_TIMEOUT_S"),
}


@pytest.mark.parametrize("case", WRONG)
def test_it_refuses_to_start(tmp_path, case):
    variables, named = WRONG[case]
    done = start(tmp_path, **variables)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("django.core.exceptions.ImproperlyConfigured")
    assert named in last


@pytest.mark.parametrize("text", ["1", "true", "TRUE", " Yes ", "on"])
def test_words_for_true(text):
    assert environment.strict_bool("X", text) is True


@pytest.mark.parametrize("text", ["0", "false", "No", "off", "", "  "])
def test_words_for_false(text):
    assert environment.strict_bool("X", text) is False


@pytest.mark.parametrize("text", ["ture", "2", "-", "yes please", "None"])
def test_other_words_are_neither(text):
    with pytest.raises(ImproperlyConfigured, match="X="):
        environment.strict_bool("X", text)


@pytest.mark.parametrize("text", ["0", "-1", "", " 5", "1.5", "1e3", "٣", "ten"])
def test_only_whole_numbers_above_zero(text):
    assert environment.positive_int("X", "17") == 17
    with pytest.raises(ImproperlyConfigured, match="X="):
        environment.positive_int("X", text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://desk.example.net", "https://desk.example.net"),
        (" https://desk.example.net/ ", "https://desk.example.net"),
        ("https://desk.example.net:8443", "https://desk.example.net:8443"),
        ("https://hook:pass@desk.example.net", "https://hook:pass@desk.example.net"),
        ("https://example.net/desk/", "https://example.net/desk"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_addresses_that_can_be_used(text, url):
    assert environment.base_url("U", text, allow_http=False) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "desk.example.net",
        "ftp://desk.example.net",
        "https://",
        "https:///desk",
        "//desk.example.net",
        "https://desk.example.net?x=1",
        "https://desk.example.net#top",
        "http://desk.example.net",
        "https://[::1",
        "https://desk.example.net:port",
        "https://desk.example.net:99999",
    ],
)
def test_addresses_that_cannot(text):
    with pytest.raises(ImproperlyConfigured, match="U="):
        environment.base_url("U", text, allow_http=False)


def test_plain_http_only_where_it_is_allowed():
    assert environment.base_url("U", "http://desk.example.net", allow_http=True) == "http://desk.example.net"


def test_kept_secrets_are_made_once_and_for_the_owner_only(tmp_path):
    path = tmp_path / "deep" / "secrets.json"
    first = environment.kept_secrets(path)
    assert environment.kept_secrets(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert environment.fernet_keys("K", [first["FIELD_KEYS"]])
    assert [p.name for p in path.parent.iterdir()] == ["secrets.json"]
