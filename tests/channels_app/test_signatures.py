"""Who may come in: each form of a signature, through the front door."""

from typing import Any

import pytest
from django.test import Client

from channels_app import accounts, doors
from channels_app.models import ProviderAccount
from channels_app.models_receipts import Refusal, WebhookReceipt
from channels_app.providers.base import Credentials
from channels_app.providers.twilio_signature import is_valid
from tests.channels_app.support import (
    FORM,
    encoded,
    hmac_signature,
    ids,
    library_signature,
    path_of,
    sha256,
    table,
)
from tests.world import AUTH_TOKEN


def raw(value: str) -> bytes:
    return value[6:].encode("latin-1") if value.startswith("bytes:") else value.encode()


def signature_for(case: dict[str, Any], url: str, pairs: list[tuple[str, str]]) -> str | None:
    """The signature that the case comes with."""
    if "signature" in case:
        return case["signature"]
    token, by = case.get("token", AUTH_TOKEN), case.get("by", "library")
    if by == "library" and token:
        made = library_signature(url, dict(pairs), token)
    else:
        values = [(name.encode(), raw(value)) for name, value in pairs]
        if by == "readable":
            values = [(name, value.decode("utf-8", "replace").encode()) for name, value in values]
        joined = b"".join(name + value for name, value in sorted(set(values)))
        made = hmac_signature(url, joined, token, "sha256" if by == "sha256" else "sha1")
    return case.get("pad", "") + made[: len(made) - case.get("cut", 0)]


def query_of(case: dict[str, Any]) -> str:
    query = case.get("query", "")
    if "hash" not in case or case["hash"] == "none":
        return query
    digest = sha256(case["json"].encode())
    digest = {"ok": digest, "upper": digest.upper(), "cut": digest[:-1], "other": "0" * 64}[case["hash"]]
    return f"{query}&bodySHA256={digest}" if query else f"bodySHA256={digest}"


@pytest.mark.parametrize("case", table("signatures"), ids=ids)
def test_a_request_is_taken_or_refused(case, world, settings):
    settings.PUBLIC_BASE_URL = base = case.get("base", "https://desk.example.test")
    account = ProviderAccount.objects.get()
    account.secondary_secret = case.get("secondary", "")
    account.secret = case.get("secret", AUTH_TOKEN)
    account.save()
    path = f"/hooks/{world.sms_settings.inbound_url.token}/"
    path += f"status/{case['status']}/" if "status" in case else ""
    path = path if case.get("slash", True) else path[:-1]
    query = query_of(case)
    sent_path = f"{path}?{query}" if query else path
    url = case.get("signed_url", "{base}{path}").format(base=base, path=path, bare=path.rstrip("/"))
    if "signed_url" not in case and query:
        url += f"?{query}"
    pairs = case.get("pairs", [])
    body = case.get("sent", case.get("json", "")) if "json" in case else encoded(pairs)
    content_type = case.get("content_type", "application/json" if "json" in case else FORM)
    signature = signature_for(case, url, case.get("signed_pairs", pairs))
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    is_get = case.get("method") == "GET"

    answer = Client().generic(
        case.get("method", "POST"),
        sent_path,
        b"" if is_get else body,
        content_type="" if is_get else content_type,
        headers=headers | case.get("headers", {}),
        HTTP_HOST=case.get("host", "testserver"),
    )

    assert answer.status_code == case["expect"], answer.content
    assert WebhookReceipt.objects.count() == (1 if case["expect"] == 200 else 0)
    assert Refusal.objects.count() == (0 if case["expect"] == 200 else 1)


def test_the_library_and_the_hand_made_signature_agree():
    """So that the hand-made ones may be trusted where the library cannot follow."""
    params = {"b": "2", "a": "1 ü"}
    assert library_signature("https://x.example/y?z=1", params) == hmac_signature(
        "https://x.example/y?z=1", "a1 üb2".encode()
    )


# --- rotation -------------------------------------------------------------------------------------


def knock(world, token: str) -> int:
    params = {"MessageSid": "SM1", "From": "+14255550142", "To": "+14252306549", "Body": token}
    url = world.inbound_url
    answer = Client().post(
        path_of(url),
        data=encoded(params),
        content_type=FORM,
        headers={"X-Twilio-Signature": library_signature(url, params, token)},
    )
    return answer.status_code


def rotate(secret: str, secondary: str = "") -> None:
    """Another process changes the token: this one's memory stays as it is."""
    accounts.replace_secrets(account=ProviderAccount.objects.get(), secret=secret, secondary_secret=secondary)


def test_a_new_token_works_at_once_in_a_process_that_remembers_the_old_one(world):
    assert knock(world, AUTH_TOKEN) == 200
    rotate("brand-new-token")
    assert knock(world, "brand-new-token") == 200
    assert knock(world, AUTH_TOKEN) == 403


def test_the_old_token_ends_with_the_memory(world, monkeypatch):
    assert knock(world, AUTH_TOKEN) == 200
    rotate("brand-new-token")
    later = doors.time.monotonic() + doors.REMEMBERED_S + 1
    monkeypatch.setattr(doors.time, "monotonic", lambda: later)
    assert knock(world, AUTH_TOKEN) == 403
    assert knock(world, "brand-new-token") == 200


def test_both_tokens_work_while_one_is_promoted(world):
    rotate("brand-new-token", AUTH_TOKEN)
    assert [knock(world, token) for token in ("brand-new-token", AUTH_TOKEN, "third")] == [200, 200, 403]


# --- the empty token, each defence by itself ------------------------------------------------------


@pytest.mark.parametrize(("primary", "secondary"), [("", ""), ("a", ""), ("", "b"), ("a", "b")])
def test_an_account_never_offers_an_empty_token(primary, secondary):
    account = Credentials(external_id="AC1", secret=primary, secondary_secret=secondary, base_url="")
    assert account.secrets == tuple(token for token in (primary, secondary) if token)
    assert "secret" not in repr(account)


def test_a_signature_made_with_the_empty_token_is_not_valid():
    url = "https://x.example/"
    made = hmac_signature(url, token="")
    assert not is_valid(signature=made, secrets=[""], urls=[url], pairs_variants=[[]])
    assert is_valid(signature=hmac_signature(url), secrets=["", AUTH_TOKEN], urls=[url], pairs_variants=[[]])
