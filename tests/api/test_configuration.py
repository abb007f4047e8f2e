"""Configuration over the API: work streams, queues, rules, SMS settings and numbers, agents, contacts."""

import json
from typing import Any

import pytest

from channels_app.models import ProviderAccount, SmsNumber, SmsSettings
from contacts.models import Account, Contact
from routing.models import Queue, RoutingRule, WorkStream
from routing.services import save_rule
from tests.answers import TABLE, answers
from tests.api.conftest import Api
from tests.world import ACCOUNT_SID, CUSTOMER, OUR_NUMBER, World, post_webhook, text_params

ROOT = "/api/v1/"
OTHER_SID = "AC" + "f" * 32


# --- work streams ---------------------------------------------------------------------------------


def test_a_stream_is_made_changed_and_retired(world: World, api: Api) -> None:
    client = api("ada")
    made = client.post(f"{ROOT}work-streams/", {"name": "Sales", "auto_close_after_inactivity": 600})
    assert made.status_code == 201
    assert made.json() == {
        "id": made.json()["id"],
        "name": "Sales",
        "channel": "sms",
        "capacity": 20,
        "auto_close_after_inactivity": 600,
        "work_distribution_mode": "pick",
        "status": "active",
    }
    url = f"{ROOT}work-streams/{made.json()['id']}/"

    assert client.patch(url, {"capacity": 50}).json()["capacity"] == 50
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert client.post(f"{ROOT}work-streams/", {"name": "Sales"}).status_code == 201
    assert WorkStream.objects.filter(name__startswith="Sales").count() == 2


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("auto_close_after_inactivity", 479, "For SMS, choose eight hours (480 minutes) or more."),
        ("name", "Support by SMS", "already exists"),
        ("name", "", "may not be blank"),
        ("channel", "fax", "not a valid choice"),
        ("capacity", -1, "greater than or equal to 0"),
        ("work_distribution_mode", "push", "not a valid choice"),
    ],
)
def test_a_wrong_value_is_told_at_its_field(
    world: World, api: Api, field: str, value: Any, told: str
) -> None:
    answer = api("ada").post(f"{ROOT}work-streams/", {"name": "Sales", field: value})

    assert answer.status_code == 400
    assert told in answer.json()[field][0]


# --- queues and agents ----------------------------------------------------------------------------


def test_members_are_given_by_username_or_id(world: World, api: Api) -> None:
    body = {"name": "Sales", "priority": 5, "members": ["alice", world.agents["bob"].pk]}

    made = api("ada").post(f"{ROOT}queues/", body, format="json")

    assert made.json()["members"] == ["alice", "bob"]
    assert made.json()["is_default"] is False


@pytest.mark.parametrize("members", [["nobody"], [987654321], [True], [None], "alice", {"a": 1}, [["alice"]]])
def test_unknown_members_are_told(world: World, api: Api, members: Any) -> None:
    answer = api("ada").patch(f"{ROOT}queues/{world.billing.pk}/", {"members": members}, format="json")

    assert answer.status_code == 400
    assert "members" in answer.json()


def test_everybody_belongs_to_the_default_queue(world: World, api: Api) -> None:
    client, url = api("ada"), f"{ROOT}queues/{world.default_queue.pk}/"

    assert client.get(url).json()["members"] == ["ada", "alice", "bob", "sam"]
    assert client.patch(url, {"members": ["alice"]}, format="json").status_code == 400
    assert client.patch(url, {"is_default": False}).json()["is_default"] is True
    refused = client.delete(url)
    assert (refused.status_code, refused.json()["code"]) == (409, "protected")


def test_a_queue_in_use_is_not_deleted(world: World, api: Api) -> None:
    save_rule(RoutingRule(work_stream=world.stream, name="R", queue=world.billing))

    answer = api("ada").delete(f"{ROOT}queues/{world.billing.pk}/")

    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "Routing rules still lead to Billing; change them first.",
    )


def test_a_supervisor_changes_members_only(world: World, api: Api) -> None:
    client, url = api("sam"), f"{ROOT}queues/{world.billing.pk}/"

    assert client.patch(url, {"members": ["alice"]}, format="json").json()["members"] == ["alice"]
    assert client.patch(url, {"name": "Mine"}).status_code == 403
    assert Queue.objects.get(pk=world.billing.pk).name == "Billing"


def test_agents_tell_role_and_queues(world: World, api: Api) -> None:
    bob = api("alice").get(f"{ROOT}agents/{world.agents['bob'].pk}/").json()

    assert bob == {
        "id": world.agents["bob"].pk,
        "username": "bob",
        "name": "Bob",
        "capacity": 100,
        "role": "Omnichannel agent",
        "queues": ["Billing", "Default queue"],
    }


def test_a_supervisor_changes_capacity(world: World, api: Api) -> None:
    url = f"{ROOT}agents/{world.agents['bob'].pk}/"

    assert api("sam").patch(url, {"capacity": 40, "role": "King", "username": "x"}).json()["capacity"] == 40
    assert api("alice").patch(url, {"capacity": 1}).status_code == 403


# --- rules ----------------------------------------------------------------------------------------


def test_a_rule_comes_last_and_its_conditions_are_replaced_whole(world: World, api: Api) -> None:
    client = api("ada")
    body = {
        "work_stream": world.stream.pk,
        "name": "VIP",
        "queue": world.billing.pk,
        "match": "any",
        "conditions": [
            {"field": "contact.mobile_phone", "operator": "equals", "value": "(425) 555-0100"},
            {"field": "first_message", "operator": "has_data", "value": "dropped"},
        ],
    }
    first = client.post(f"{ROOT}routing-rules/", body, format="json").json()
    second = client.post(f"{ROOT}routing-rules/", {**body, "name": "Second"}, format="json").json()
    assert (first["position"], second["position"]) == (1, 2)
    assert first["conditions"] == [
        {"field": "contact.mobile_phone", "operator": "equals", "value": "+14255550100"},
        {"field": "first_message", "operator": "has_data", "value": ""},
    ]
    url = f"{ROOT}routing-rules/{first['id']}/"

    assert len(client.patch(url, {"name": "Renamed"}).json()["conditions"]) == 2
    only = [{"field": "account.name", "operator": "contains", "value": "Contoso"}]
    assert client.patch(url, {"conditions": only}, format="json").json()["conditions"] == only
    assert (
        client.get(f"{ROOT}routing-rules/?work_stream={world.stream.pk}").json()["results"][0]["id"]
        == second["id"]
    )
    assert client.delete(url).status_code == 204


@pytest.mark.parametrize(
    ("condition", "field"),
    [
        ({"field": "contact.mobile_phone", "operator": "equals", "value": "abc"}, "value"),
        ({"field": "first_message", "operator": "equals"}, "value"),
        ({"field": "shoe_size", "operator": "equals", "value": "x"}, "field"),
        ({"field": "first_message", "operator": "resembles", "value": "x"}, "operator"),
    ],
)
def test_a_condition_is_checked_at_its_field(
    world: World, api: Api, condition: dict[str, str], field: str
) -> None:
    body = {"work_stream": world.stream.pk, "name": "R", "queue": world.billing.pk, "conditions": [condition]}

    answer = api("ada").post(f"{ROOT}routing-rules/", body, format="json")

    assert answer.status_code == 400
    assert field in json.dumps(answer.json()["conditions"])
    assert not RoutingRule.objects.exists()


# --- SMS settings and numbers ---------------------------------------------------------------------


def test_settings_are_made_and_tell_their_inbound_url(world: World, api: Api) -> None:
    stream = WorkStream.objects.create(name="Sales")
    body = {"work_stream": stream.pk, "provider": "twilio", "account_sid": OTHER_SID, "auth_token": "t"}

    made = api("ada").post(f"{ROOT}sms-settings/", body)

    assert made.status_code == 201
    assert made.json()["base_url"] == "https://api.twilio.com"
    assert made.json()["inbound_url"].startswith("https://desk.example.test/hooks/")
    assert "auth_token" not in made.json()
    assert SmsSettings.objects.get(work_stream=stream).account.secret.reveal() == "t"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"auth_token": ""}, "auth_token"),
        ({"account_sid": "1"}, "account_sid"),
        ({"base_url": "http://api.twilio.com"}, "base_url"),
        ({"base_url": "https://127.0.0.1"}, "base_url"),
        ({"base_url": "https://api.twilio.com/x"}, "base_url"),
        ({"provider": "pigeon"}, "provider"),
        ({"work_stream": 987654321}, "work_stream"),
        ({"account_sid": ACCOUNT_SID, "base_url": "http://127.0.0.1:1"}, "base_url"),
    ],
)
def test_wrong_settings_are_told_at_their_field(
    world: World, api: Api, values: dict[str, Any], field: str
) -> None:
    stream = WorkStream.objects.create(name="Sales")
    body = {
        "work_stream": stream.pk,
        "provider": "twilio",
        "account_sid": OTHER_SID,
        "auth_token": "t",
        **values,
    }

    answer = api("ada").post(f"{ROOT}sms-settings/", body)

    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_a_missing_token_keeps_and_an_empty_secondary_one_removes(
    at_twilio: World, api: Api, twilio: Any
) -> None:
    answers()(twilio)
    client, url = api("ada"), f"{ROOT}sms-settings/{at_twilio.sms_settings.pk}/"

    assert client.patch(url, {"auth_token": "first", "secondary_auth_token": "second"}).status_code == 200
    client.patch(url, {})
    account = ProviderAccount.objects.get()
    assert (account.secret.reveal(), account.secondary_secret.reveal()) == ("first", "second")

    client.patch(url, {"secondary_auth_token": ""})
    account = ProviderAccount.objects.get()
    assert (account.secret.reveal(), account.secondary_secret.reveal()) == ("first", "")


def test_the_stream_of_settings_stays(world: World, api: Api) -> None:
    other = WorkStream.objects.create(name="Other")

    answer = api("ada").patch(f"{ROOT}sms-settings/{world.sms_settings.pk}/", {"work_stream": other.pk})

    assert "work_stream" in answer.json()


@pytest.mark.parametrize(("arrange", "told", "outcome"), TABLE)
def test_validate_api_key_answers_with_its_checks(
    at_twilio: World, api: Api, twilio: Any, arrange: Any, told: list[str], outcome: str
) -> None:
    arrange(twilio)
    client, url = api("ada"), f"{ROOT}sms-settings/{at_twilio.sms_settings.pk}/"

    answer = client.post(f"{url}validate/")

    assert answer.status_code == 200
    assert [f"{c['level']}: {c['text']}" for c in answer.json()["checks"]] == told
    assert answer.json()["valid"] is not any(t.startswith("error") for t in told)
    kept = client.get(url).json()
    assert kept["last_validation_status"] in told
    assert kept["last_validation_outcome"] == outcome


@pytest.mark.parametrize("username", ["sam", "alice"])
def test_only_administrators_validate(at_twilio: World, api: Api, twilio: Any, username: str) -> None:
    answers()(twilio)

    answer = api(username).post(f"{ROOT}sms-settings/{at_twilio.sms_settings.pk}/validate/")

    assert answer.status_code == 403
    assert len(twilio.calls) == 0


def test_a_number_is_digits_in_and_out(world: World, api: Api) -> None:
    client, url = api("ada"), f"{ROOT}sms-numbers/{SmsNumber.objects.get().pk}/"
    assert client.get(url).json() == {
        "id": SmsNumber.objects.get().pk,
        "number": OUR_NUMBER,
        "work_stream": world.stream.pk,
        "type": "long_code",
        "description": "",
        "messages_per_second": None,
        "inbound_url": world.inbound_url,
    }

    changed = client.patch(url, {"number": "+14255550199", "description": "Main"}).json()

    assert (changed["number"], changed["description"], changed["messages_per_second"]) == (
        "14255550199",
        "Main",
        None,
    )


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"number": "+1 425-230-6549"}, "number"),
        ({"number": OUR_NUMBER}, "number"),
        ({"messages_per_second": 0}, "messages_per_second"),
        ({"messages_per_second": "nan"}, "messages_per_second"),
        ({"messages_per_second": "inf"}, "messages_per_second"),
        ({"type": "short_code"}, "type"),
        ({"work_stream": 987654321}, "work_stream"),
    ],
)
def test_a_wrong_number_is_told_at_its_field(
    world: World, api: Api, values: dict[str, Any], field: str
) -> None:
    stream = WorkStream.objects.create(name="Sales")
    client = api("ada")
    client.post(
        f"{ROOT}sms-settings/",
        {"work_stream": stream.pk, "provider": "twilio", "account_sid": OTHER_SID, "auth_token": "t"},
    )

    answer = client.post(f"{ROOT}sms-numbers/", {"number": "14255550199", "work_stream": stream.pk, **values})

    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_a_stream_has_one_number_and_needs_settings(world: World, api: Api) -> None:
    client, bare = api("ada"), WorkStream.objects.create(name="Bare")

    for stream in (world.stream, bare):
        answer = client.post(f"{ROOT}sms-numbers/", {"number": "14255550199", "work_stream": stream.pk})
        assert list(answer.json()) == ["work_stream"]


def test_a_number_is_taken_away(world: World, api: Api) -> None:
    answer = api("ada").delete(f"{ROOT}sms-numbers/{SmsNumber.objects.get().pk}/")

    assert answer.status_code == 204
    assert not SmsNumber.objects.exists()


# --- contacts -------------------------------------------------------------------------------------


def test_a_contact_is_kept_with_its_number_in_one_form(world: World, api: Api) -> None:
    client, company = api("alice"), Account.objects.create(name="Contoso")
    body = {"last_name": "Rossi", "mobile_phone": "(425) 555-0100", "account": company.pk}

    made = client.post(f"{ROOT}contacts/", body).json()

    assert (made["mobile_phone"], made["account_name"]) == ("+14255550100", "Contoso")
    for query in (
        "mobile_phone=%2B14255550100",
        "mobile_phone=+14255550100",
        "search=ross",
        f"account={company.pk}",
    ):
        found = client.get(f"{ROOT}contacts/?{query}").json()["results"]
        assert [row["id"] for row in found] == [made["id"]], query
    assert client.get(f"{ROOT}contacts/?mobile_phone=%2B14255550199").json()["results"] == []


@pytest.mark.parametrize("written", ["abc", "12", "+", "x" * 50])
def test_what_is_no_number_is_told(world: World, api: Api, written: str) -> None:
    answer = api("ada").post(f"{ROOT}contacts/", {"last_name": "R", "mobile_phone": written})

    assert list(answer.json()) == ["mobile_phone"]


def test_only_administrators_delete_contacts(world: World, api: Api) -> None:
    contact = Contact.objects.create(last_name="Rossi", mobile_phone=CUSTOMER)
    url = f"{ROOT}contacts/{contact.pk}/"

    assert [api(name).delete(url).status_code for name in ("alice", "sam", "ada")] == [403, 403, 204]


def test_a_company_with_contacts_and_history_can_go(world: World, api: Api, drain: Any) -> None:
    company = Account.objects.create(name="Contoso")
    Contact.objects.create(last_name="Rossi", mobile_phone=CUSTOMER, account=company)
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()

    assert api("ada").delete(f"{ROOT}accounts/{company.pk}/").status_code == 204
    assert Contact.objects.get().account is None


# --- the order of rules, and trees ------------------------------------------------------------------


def test_rules_are_ordered_all_at_once(world: World, api: Api) -> None:
    a, b, c = (
        save_rule(RoutingRule(work_stream=world.stream, name=name, queue=world.billing)).pk for name in "abc"
    )
    client, url = api("ada"), f"{ROOT}work-streams/{world.stream.pk}/rule-order/"

    assert client.get(url).json() == {"rules": [a, b, c]}
    assert client.put(url, {"rules": [c, a, b]}, format="json").json() == {"rules": [c, a, b]}
    assert client.get(f"{ROOT}routing-rules/{c}/").json()["position"] == 1
    assert client.patch(f"{ROOT}routing-rules/{c}/", {"position": 2}).json()["position"] == 2
    assert client.get(url).json() == {"rules": [a, c, b]}

    stale = client.post(url, {"rules": [a, b]}, format="json")
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    assert client.put(url, {"rules": "x"}, format="json").status_code == 400
    assert api("sam").get(url).status_code == 200
    assert api("sam").put(url, {"rules": [a, b, c]}, format="json").status_code == 403
    assert api("alice").get(url).status_code == 403


def test_groups_come_back_as_they_were_given(world: World, api: Api) -> None:
    row = {"field": "first_message", "operator": "contains", "value": "bill"}
    tree = [row, {"match": "any", "conditions": [row, {"match": "all", "conditions": [row]}]}]
    body = {"work_stream": world.stream.pk, "name": "R", "queue": world.billing.pk, "conditions": tree}
    client = api("ada")

    made = client.post(f"{ROOT}routing-rules/", body, format="json").json()
    changed = client.patch(f"{ROOT}routing-rules/{made['id']}/", {"match": "any"}).json()

    assert (made["match"], made["conditions"]) == ("all", tree)
    assert (changed["match"], changed["conditions"]) == ("any", tree)


def test_a_fault_is_told_where_it_stands(world: World, api: Api) -> None:
    row = {"field": "first_message", "operator": "contains", "value": "bill"}
    tree = [row, {"match": "any", "conditions": [row, {**row, "value": ""}]}]
    body = {"work_stream": world.stream.pk, "name": "R", "queue": world.billing.pk, "conditions": tree}

    answer = api("ada").post(f"{ROOT}routing-rules/", body, format="json")

    told = {"conditions": [{}, {"value": ["Enter the value to compare with."]}]}
    assert (answer.status_code, answer.json()) == (400, {"conditions": [{}, told]})


def test_a_rule_is_tried_on_last_weeks_conversations(world: World, api: Api, drain: Any) -> None:
    for n, text in enumerate(("My bill", "Hello"), start=1):
        post_webhook(world.inbound_url, text_params(text, sender=f"+1425555010{n}", number=n))
    drain()
    row = {"field": "first_message", "operator": "contains", "value": "bill"}
    body = {"work_stream": world.stream.pk, "name": "R", "queue": world.billing.pk, "conditions": [row]}
    url = f"{ROOT}routing-rules/preview/"

    answer = api("ada").post(url, body, format="json").json()

    assert (answer["looked_at"], answer["matched"], answer["won"]) == (2, 1, 1)
    assert answer["conversations"][0]["went_to"] == "Default queue"
    assert not RoutingRule.objects.exists()
    assert api("ada").post(url, {}, format="json").status_code == 400
    assert api("sam").post(url, body, format="json").status_code == 403
