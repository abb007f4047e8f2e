"""No secret leaves: planted everywhere it may lie, looked for everywhere something is shown, sent or logged.

The walk takes its addresses from the URL map, so a new page is looked at without anybody thinking of it.
"""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from agents.backends import UserBackend
from agents.models import ApiToken, User
from channels_app.models import ProviderAccount
from omnichannel.models import AuditEntry
from tests.agents.conftest import with_second_factor
from tests.rights.canaries import (
    INBOUND,
    PASSWORD,
    PRIMARY,
    SECRET_KEY,
    TYPED,
    Planted,
    encodings,
    plant_tokens,
)
from tests.rights.objects import furnish, values_for
from tests.rights.routes import all_routes
from tests.rights.test_matrix import PEOPLE, Undo
from tests.world import World, post_webhook, text_params


@pytest.fixture
def planted(settings: Any, db: None, drain: Any, request: pytest.FixtureRequest) -> Planted:
    """Everything there is, with every secret known."""
    settings.SECRET_KEY = SECRET_KEY
    world: World = request.getfixturevalue("world")
    found = {"SECRET_KEY": SECRET_KEY, "FIELD_KEYS": settings.FIELD_KEYS[0], **plant_tokens(world)}
    world.sms_settings.inbound_url.refresh_from_db()
    echoed = {"AuthToken": PRIMARY, "Authorization": PRIMARY}
    post_webhook(
        world.inbound_url, text_params("Hi", number=9, **echoed), token=PRIMARY, Authorization=PRIMARY
    )
    world.users["nora"] = User.objects.create_user("nora")
    world.users["root"] = User.objects.create_superuser("root")
    bob = world.users["bob"]
    bob.set_password(PASSWORD)
    bob.save()
    device, codes = with_second_factor(bob)
    token, raw = ApiToken.objects.create(bob, name="nightly")
    client = Client()
    client.force_login(bob)
    furnish(world, drain)
    found |= {
        "password": PASSWORD,
        "password's hash": bob.password,
        "second factor": device.key.reveal(),
        "recovery code": codes[0],
        "API token": raw,
        "API token's hash": token.digest,
        "session": client.cookies["omnichannel_session"].value,
    }
    planted = Planted(found)
    planted.world = world  # type: ignore[attr-defined]
    return planted


def shown(client: Client, token: str, world: World) -> Iterator[tuple[str, str]]:
    """Everything that a person can be shown: each address, read and sent empty; nothing stays written."""
    for route in all_routes():
        url = route.filled(values_for(route, world))
        for method in route.methods:
            if url.startswith("/hooks/") or "logout" in url:
                continue
            try:
                with transaction.atomic():
                    headers = {"Authorization": f"Token {token}"} if url.startswith("/api/") else {}
                    kind = {"content_type": "application/json"} if url.startswith("/api/") else {}
                    sent = kind if method not in {"GET", "DELETE"} else {}
                    answer = getattr(client, method.lower())(url, headers=headers, **sent)
                    yield f"{method} {route.path}", whole(answer)
                    raise Undo
            except Undo:
                pass


def whole(answer: Any) -> str:
    """Headers and body; not the cookie that is one's own session."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return f"{dict(answer.headers)}\n{body.decode('utf-8', 'replace')}"


def found_at(planted: Planted, shown_to: Iterator[tuple[str, str]]) -> list[str]:
    """Where which secret stands."""
    return [f"{where}: {name}" for where, text in shown_to for name in planted.found_in(text)]


@pytest.mark.parametrize("role", ["no role", "agent", "supervisor", "administrator", "superuser"])
def test_no_page_and_no_answer_shows_a_secret(
    planted: Planted, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    world: World = planted.world  # type: ignore[attr-defined]
    user, client = world.users[PEOPLE[role]], Client(raise_request_exception=False)
    client.force_login(user)
    token = ApiToken.objects.create(user)[1]
    planted.secrets |= {"own session": client.cookies["omnichannel_session"].value, "own token": token}
    if role in {"no role", "agent"}:
        planted.secrets["inbound URL"] = INBOUND
    caplog.set_level(logging.DEBUG)

    assert found_at(planted, shown(client, token, world)) == []
    assert found_at(planted, iter([("logs", caplog.text)])) == []


def test_records_of_every_kind_show_none(planted: Planted) -> None:
    """Not only the oldest of each kind, as the walk does, but every one that a list holds."""
    world: World = planted.world  # type: ignore[attr-defined]
    client, seen = Client(), []
    client.force_login(world.users["ada"])
    for route in all_routes():
        parts = route.path.split("/")
        if parts[0] != "admin" or parts[3:] != ["<object_id>", "change", ""]:
            continue
        listed = client.get(reverse(f"admin:{parts[1]}_{parts[2]}_changelist"))
        if listed.status_code == 302:  # settings of one row have no list
            seen.append((listed.url, whole(client.get(listed.url))))
            continue
        for row in listed.context["cl"].result_list[:30]:
            for view in ("change", "history"):
                url = f"/admin/{parts[1]}/{parts[2]}/{row.pk}/{view}/"
                seen.append((url, whole(client.get(url))))

    assert len(seen) > 40
    assert found_at(planted, iter(seen)) == []


def test_the_audit_log_keeps_none(planted: Planted) -> None:
    planted.secrets["inbound URL"] = INBOUND

    assert found_at(planted, iter([("audit log", str(list(AuditEntry.objects.values())))])) == []


def test_stored_rows_hold_none_in_clear(planted: Planted) -> None:
    """A copy of the database opens nothing: secrets are encrypted or hashed there."""
    from django.apps import apps
    from django.db import connection

    not_secret = {"password's hash", "API token's hash"}  # what is kept instead
    kept = {name: secret for name, secret in planted.secrets.items() if name not in not_secret}
    rows = []
    for model in apps.get_models():
        # What a provider sent stays as it came: it is the proof, and it is shown without secrets.
        if model._meta.managed and model._meta.label != "channels_app.WebhookReceipt":
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
                rows.append((model._meta.label, str(cursor.fetchall())))

    assert found_at(Planted(kept), iter(rows)) == []


# --- what is typed --------------------------------------------------------------------------------

TYPED_AT = [
    ("/login/", {"username": "bob", "password": TYPED}),
    ("/login/", {"username": TYPED, "password": TYPED}),
    ("/admin/channels_app/smssettings/add/", {"auth_token": TYPED, "secondary_auth_token": TYPED}),
    ("/admin/channels_app/provideraccount/{account}/change/", {"auth_token": TYPED + "\x00"}),
    ("/admin/agents/user/add/", {"username": "two words", "password1": TYPED, "password2": TYPED + "2"}),
    ("/account/password/", {"old_password": TYPED, "new_password1": TYPED, "new_password2": "x"}),
    ("/account/security/two-factor/", {"code": TYPED}),
    ("/api/v1/token/", {"username": "bob", "password": TYPED}),
    ("/api/v1/token/", {"username": "bob", "password": [TYPED]}),
    ("/api/v1/sms-settings/", {"auth_token": TYPED, "account_sid": "wrong"}),
    ("/api/v1/sms-settings/", {"auth_token": [TYPED], "secondary_auth_token": {"a": TYPED}}),
]


@pytest.mark.parametrize(("url", "form"), TYPED_AT)
def test_what_is_typed_as_a_secret_does_not_come_back(
    planted: Planted, url: str, form: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    world: World = planted.world  # type: ignore[attr-defined]
    caplog.set_level(logging.DEBUG)
    client = Client()
    client.force_login(world.users["ada"])
    url = url.format(account=world.sms_settings.account_id, user=world.users["alice"].pk)
    kind = {"content_type": "application/json"} if url.startswith("/api/") else {}
    headers = {"Authorization": f"Token {ApiToken.objects.create(world.users['ada'])[1]}"} if kind else {}

    answer = client.post(url, form, headers=headers, **kind)

    # A username is shown again; that somebody typed their password there cannot be known.
    form_again = whole(answer).replace(f'value="{next(iter(set(encodings(TYPED))))}"', "")
    typed = Planted({"typed": TYPED})
    where = [("page", form_again if form.get("username") != TYPED else ""), ("logs", caplog.text)]
    assert found_at(typed, iter([*where, ("audit log", str(list(AuditEntry.objects.values())))])) == []


@pytest.mark.parametrize("debug", [False, True])
def test_an_error_page_shows_none(
    planted: Planted, debug: bool, settings: Any, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """The page breaks where the secrets are at hand: in the frames, in what was posted, in the settings."""
    world: World = planted.world  # type: ignore[attr-defined]
    settings.DEBUG = debug
    caplog.set_level(logging.DEBUG)

    def broken(self: Any, request: Any, username: str = "", password: str = "", **_: Any) -> None:
        secret = ProviderAccount.objects.get(pk=world.sms_settings.account_id).secret.reveal()
        raise RuntimeError(f"broken with {len(secret)} and {len(password)}")

    monkeypatch.setattr(UserBackend, "authenticate", broken)
    client = Client(raise_request_exception=False)
    client.force_login(world.users["ada"])

    answers = [
        client.post("/login/", {"username": "ada", "password": TYPED, "auth_token": TYPED}),
        client.post(
            "/api/v1/token/", {"username": "ada", "password": TYPED}, content_type="application/json"
        ),
    ]

    assert [answer.status_code for answer in answers] == [500, 500]
    assert [("RuntimeError" in answer.content.decode()) for answer in answers] == [debug, debug]
    planted.secrets |= {"typed": TYPED, "own session": client.cookies["omnichannel_session"].value}
    shown_there = [("error page", whole(answer)) for answer in answers]
    assert found_at(planted, iter([*shown_there, ("logs", caplog.text)])) == []


# --- the test of the test -------------------------------------------------------------------------


@pytest.mark.parametrize("written", sorted(set(encodings(PRIMARY))))
def test_a_secret_is_found_in_every_encoding(written: str) -> None:
    assert Planted({"it": PRIMARY}).found_in(f"<td>{written}</td>") == ["it"]
