"""The API as a whole: who may do what, what it costs, the schema, and that bad input is no error of ours."""

import base64
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from agents.models import User
from channels_app.models import ProviderAccount
from conversations.models import Conversation
from tests.administration.test_site import CANARY, populate
from tests.api.conftest import Api
from tests.world import AUTH_TOKEN, World

ROOT = "/api/v1/"
RESOURCES = [
    *("work-streams", "queues", "routing-rules", "agents", "sms-settings", "sms-numbers"),
    *("whatsapp-accounts", "whatsapp-numbers"),
    *(
        "receipts",
        "refusals",
        "deliveries",
        "provider-accounts",
        "provider-calls",
        "incidents",
        "accounts",
        "contacts",
        "addresses",
        "conversations",
        "messages",
        "audit-log",
        "quick-replies",
    ),
]
# Per role: what each resource answers to GET, POST, and PATCH and DELETE of a record that is not there.
# 404 and 400 mean "allowed to ask"; 403 means the role may not; 405 that nobody can.
ADMINISTRATOR = dict.fromkeys(RESOURCES, (200, 400, 404, 404)) | {
    **dict.fromkeys(("agents", "addresses"), (200, 405, 404, 405)),
    "sms-settings": (200, 400, 404, 405),
    **dict.fromkeys(("receipts", "deliveries", "conversations", "messages"), (200, 405, 405, 405)),
    **dict.fromkeys(("refusals", "provider-accounts", "provider-calls", "incidents"), (200, 405, 405, 405)),
    "audit-log": (200, 405, 405, 405),
}
SUPERVISOR = ADMINISTRATOR | {
    **dict.fromkeys(("work-streams", "routing-rules"), (200, 403, 403, 403)),
    "queues": (200, 403, 404, 403),
    "sms-settings": (200, 403, 403, 405),
    **dict.fromkeys(("sms-numbers", "whatsapp-accounts", "whatsapp-numbers"), (200, 403, 403, 403)),
    **dict.fromkeys(("contacts", "accounts"), (200, 400, 404, 403)),
    "audit-log": (403, 405, 405, 405),
}
AGENT = SUPERVISOR | {
    **dict.fromkeys(("routing-rules", "sms-numbers"), (403, 403, 403, 403)),
    **dict.fromkeys(("whatsapp-accounts", "whatsapp-numbers"), (403, 403, 403, 403)),
    "sms-settings": (403, 403, 403, 405),
    "queues": (200, 403, 403, 403),
    "agents": (200, 405, 403, 405),
    "quick-replies": (200, 403, 403, 403),
    **dict.fromkeys(("deliveries", "receipts"), (403, 405, 405, 405)),
    **dict.fromkeys(("refusals", "provider-accounts", "provider-calls", "incidents"), (403, 405, 405, 405)),
}
NOBODY = {name: tuple(405 if status == 405 else 403 for status in ADMINISTRATOR[name]) for name in RESOURCES}
TABLE = {"ada": ADMINISTRATOR, "sam": SUPERVISOR, "alice": AGENT, "nora": NOBODY}


@pytest.mark.parametrize("name", RESOURCES)
@pytest.mark.parametrize("username", TABLE)
def test_each_role_may_do_what_the_table_says(world: World, api: Api, username: str, name: str) -> None:
    world.users["nora"] = User.objects.create_user("nora")
    client = api(username)
    missing = f"{ROOT}{name}/987654321/"

    answers = (
        client.get(f"{ROOT}{name}/"),
        client.post(f"{ROOT}{name}/", {}),
        client.patch(missing, {}),
        client.delete(missing),
    )

    found = tuple(answer.status_code for answer in answers)
    # For who may not, 403 and 405 are both a no.
    expected = TABLE[username][name]
    assert all(f == e or {f, e} == {403, 405} for f, e in zip(found, expected, strict=True)), found


@pytest.mark.parametrize("name", RESOURCES)
def test_without_a_token_nothing_is_told(world: World, name: str) -> None:
    assert APIClient().get(f"{ROOT}{name}/").status_code == 401


def test_what_is_not_built_is_not_there(world: World, api: Api, conversation: Conversation) -> None:
    client = api("ada")

    for name in ("skills", "assistants", "campaigns", "operating-hours"):
        assert client.get(f"{ROOT}{name}/").status_code == 404
    assert client.post(f"{ROOT}conversations/{conversation.pk}/consult/", {"agent": "bob"}).status_code == 404


# --- schema ---------------------------------------------------------------------------------------


def test_the_schema_is_made_without_a_warning(tmp_path: Any) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))


def test_the_schema_is_served_and_names_what_is_built(world: World, api: Api) -> None:
    schema = json.loads(
        api("ada").get(f"{ROOT}schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").content
    )

    paths = schema["paths"]
    assert {f"{ROOT}{name}/" for name in RESOURCES} <= paths.keys()
    actions = {path.split("/")[-2] for path in paths if path.startswith(f"{ROOT}conversations/{{id}}/")}
    assert actions - {"{id}"} == {
        *("pick", "reply", "note", "transfer", "end", "close-session", "release"),
        *("link", "unlink", "assign", "take-over"),
    }
    assert f"{ROOT}sms-settings/{{id}}/validate/" in paths
    assert "auth_token" not in schema["components"]["schemas"]["SmsSettings"]["properties"]


# --- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RESOURCES)
def test_a_list_costs_the_same_with_three_rows_and_with_thirty(world: World, api: Api, name: str) -> None:
    client, costs = api("ada"), []
    for start, count in ((0, 3), (3, 27)):
        populate(world, start, count)
        with CaptureQueriesContext(connection) as statements:
            answer = client.get(f"{ROOT}{name}/")
        assert answer.status_code == 200
        assert answer.json()["results"]
        costs.append(len(statements))

    assert costs[0] == costs[1]
    assert costs[1] <= 8


@pytest.mark.parametrize("name", RESOURCES)
def test_lists_are_paged_newest_first(world: World, api: Api, name: str) -> None:
    populate(world, 0, 3)
    client, url, seen = api("ada"), f"{ROOT}{name}/?page_size=2", []

    while url:
        page = client.get(url).json()
        assert list(page) == ["next", "previous", "results"]
        assert len(page["results"]) <= 2
        seen += [row["id"] for row in page["results"]]
        url = page["next"]

    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) >= 3


def cursor(position: str) -> str:
    return base64.b64encode(f"p={position}".encode()).decode()


@pytest.mark.parametrize(
    "query",
    [
        "cursor=x",
        "cursor=%00",
        f"cursor={cursor('abc')}",
        f"cursor={cursor('9' * 40)}",
        f"cursor={cursor('-5')}",
        "cursor=w7Y=",
        "page_size=-1",
        "page_size=0",
        "page_size=9999999999999999999999",
        "page_size=abc",
        "state=%00&search=%00&conversation=%00&external_id=%00&agent=%00&customer_address=%00&number=%00&queue=%00",
        "search=%00",
        "agent=%00",
        "customer_address=%00",
        "mobile_phone=%00",
        "external_id=%00",
        "number=%00",
        "queue=%00",
        "work_stream=%00",
        "conversation=999999999999999999999999999",
        "conversation=1e400",
        "contact=-1",
        "contact=nan",
        "work_stream=99999999999999999999999",
        "queue=١٢",
        "state=nonsense",
        "unknown=1",
        "state=open&state=closed",
    ],
)
def test_nonsense_in_the_query_is_no_error_of_ours(world: World, api: Api, query: str) -> None:
    client = api("ada")
    for name in RESOURCES:
        assert client.get(f"{ROOT}{name}/?{query}").status_code in {200, 400, 404}, name


@pytest.mark.parametrize("pk", ["abc", "-1", "0", "9" * 18, "9" * 19, "9" * 400, "1.5", "%00", "١"])
def test_nonsense_instead_of_an_id_is_not_found(world: World, api: Api, pk: str) -> None:
    client = api("ada")
    for name in RESOURCES:
        assert client.get(f"{ROOT}{name}/{pk}/").status_code == 404, name


BAD_BODIES = [
    pytest.param(b"{", id="broken JSON"),
    pytest.param(b"[" * 100_000, id="a hundred thousand brackets"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b'"x"', id="a text"),
    pytest.param(b"null", id="null"),
    pytest.param(b"\xff\xfe", id="no UTF-8"),
    pytest.param(b'{"name": NaN}', id="NaN"),
    pytest.param(b'{"capacity": ' + b"9" * 5000 + b"}", id="a number of 5000 digits"),
]
WRONG_VALUES: list[Any] = [
    [],
    {},
    [[]],
    [{}],
    {"a": 1},
    True,
    -1,
    1.5,
    10**30,
    "a\x00b",
    "\ud800",
    "x" * 5000,
    "nan",
    None,
    "",
    [None],
    ["a\x00"],
    [10**30],
]
FIELDS = [
    "name",
    "channel",
    "capacity",
    "auto_close_after_inactivity",
    "priority",
    "members",
    "work_stream",
    "position",
    "queue",
    "match",
    "conditions",
    "description",
    "provider",
    "account_sid",
    "auth_token",
    "secondary_auth_token",
    "base_url",
    "number",
    "type",
    "messages_per_second",
    "first_name",
    "last_name",
    "mobile_phone",
    "email",
    "account",
    "phone",
]
WRITABLE = ["work-streams", "queues", "routing-rules", "sms-settings", "sms-numbers", "accounts", "contacts"]


@pytest.mark.parametrize("body", BAD_BODIES)
def test_a_body_that_cannot_be_read_is_a_bad_request(world: World, api: Api, body: bytes) -> None:
    client = api("ada")
    for name in [*WRITABLE, "token"]:
        answer = client.post(f"{ROOT}{name}/", body, content_type="application/json")
        assert answer.status_code == 400, name


def send(method: Any, url: str, body: Any) -> Any:
    """As ASCII: the test client's own encoder stumbles over lone surrogates."""
    return method(url, json.dumps(body), content_type="application/json")


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize("value", WRONG_VALUES, ids=lambda value: repr(value)[:20])
def test_values_of_a_wrong_kind_are_no_error_of_ours(world: World, api: Api, name: str, value: Any) -> None:
    client = api("ada")
    for body in (dict.fromkeys(FIELDS, value), *({field: value} for field in FIELDS)):
        answer = send(client.post, f"{ROOT}{name}/", body)
        assert answer.status_code in {201, 400}, (body, answer.content)


@pytest.mark.parametrize("value", WRONG_VALUES, ids=lambda value: repr(value)[:20])
def test_wrong_values_in_changes_are_no_error_of_ours(world: World, api: Api, value: Any) -> None:
    client = api("ada")
    populate(world, 0, 1)
    for name in [*WRITABLE, "agents"]:
        pk = client.get(f"{ROOT}{name}/").json()["results"][0]["id"]
        for field in FIELDS:
            answer = send(client.patch, f"{ROOT}{name}/{pk}/", {field: value})
            assert answer.status_code in {200, 400}, (name, field, answer.content)


@pytest.mark.parametrize("action", ["reply", "note", "transfer"])
@pytest.mark.parametrize("value", WRONG_VALUES, ids=lambda value: repr(value)[:20])
def test_wrong_values_in_actions_are_no_error_of_ours(
    world: World, api: Api, conversation: Conversation, action: str, value: Any
) -> None:
    client = api("alice")
    client.post(f"{ROOT}conversations/{conversation.pk}/pick/")

    for body in ({"text": value, "queue": value}, value):
        answer = send(client.post, f"{ROOT}conversations/{conversation.pk}/{action}/", body)
        assert answer.status_code in {200, 201, 400}, (body, answer.content)


# --- secrets --------------------------------------------------------------------------------------


def test_no_secret_appears_in_any_answer(world: World, api: Api) -> None:
    populate(world, 0, 2)
    ProviderAccount.objects.update()
    account = world.sms_settings.account
    account.secret, account.secondary_secret = CANARY, f"{CANARY}-second"
    account.save()
    client = api("ada")

    for name in RESOURCES:
        listed = client.get(f"{ROOT}{name}/")
        texts = [listed.content.decode()]
        texts += [
            client.get(f"{ROOT}{name}/{row['id']}/").content.decode() for row in listed.json()["results"]
        ]
        assert not [text for text in texts if CANARY in text or AUTH_TOKEN in text], name


def test_a_token_that_is_sent_does_not_come_back(world: World, api: Api) -> None:
    url = f"{ROOT}sms-settings/{world.sms_settings.pk}/"

    answers = [
        api("ada").patch(url, {"auth_token": CANARY, "base_url": "https://api.twilio.com"}),
        api("ada").patch(url, {"auth_token": CANARY, "account_sid": "wrong"}),
        api("ada").patch(url, {"auth_token": [CANARY]}, format="json"),
    ]

    assert [answer.status_code for answer in answers] == [200, 400, 400]
    assert not [answer for answer in answers if CANARY in answer.content.decode()]


@pytest.mark.parametrize("path", ["nothing/", "conversations/abc/", f"conversations/{'9' * 30}/"])
def test_what_is_not_there_is_told_in_json(world: World, api: Api, path: str) -> None:
    answer = api("ada").get(f"{ROOT}{path}")

    assert answer.status_code == 404
    assert answer.json() == {"detail": "Not found."}


def test_no_auto_close_is_so_long_that_it_stops_the_sweep(world: World, api: Api) -> None:
    body = {"name": "w", "channel": "sms", "capacity": 1, "auto_close_after_inactivity": 2147483647}

    answer = api("ada").post(f"{ROOT}work-streams/", body)

    assert answer.status_code == 400
    assert "auto_close_after_inactivity" in answer.json()


def test_rules_without_a_position_come_last_one_after_the_other(world: World, api: Api) -> None:
    for name in ("A", "B", "C"):
        body = {"name": name, "work_stream": world.stream.pk, "queue": world.billing.pk}
        assert api("ada").post(f"{ROOT}routing-rules/", body).status_code == 201

    rules = world.stream.rules.order_by("position")
    assert [(rule.name, rule.position) for rule in rules] == [("A", 1), ("B", 2), ("C", 3)]
