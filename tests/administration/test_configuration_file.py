"""The configuration as a file: what it holds, what applying it changes, and what it refuses."""

import io
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from channels_app.models import Number, ProviderAccount, SmsNumber
from omnichannel.configuration import applying, reading
from omnichannel.models import AuditEntry
from routing.models import ChannelSetting, Queue, RoutingRule, WorkStream
from tests.world import ACCOUNT_SID, AUTH_TOKEN, World

PAGE, APPLY = "/admin/configuration/", "/admin/configuration/apply/"
NEW_SID = "AC" + "f" * 32


@pytest.fixture
def full(at_twilio: World) -> World:
    """The world with a rule of its own."""
    call_command_quietly("import_config", write_file(ONE_RULE), "--yes")
    return at_twilio


def write_file(text: str) -> Path:
    """A file with this text after the head."""
    import tempfile

    path = Path(tempfile.mkdtemp()) / "configuration.yaml"
    path.write_text(text if text.startswith("format") else f"format: omnichannel/1\n{text}", encoding="utf-8")
    return path


def stored() -> list[list[dict[str, Any]]]:
    """Rules and streams as they are."""
    return [list(kind.objects.order_by("pk").values()) for kind in (RoutingRule, WorkStream)]


def call_command_quietly(*args: Any) -> str:
    """What the command says."""
    out = io.StringIO()
    call_command(args[0], *map(str, args[1:]), stdout=out)
    return out.getvalue()


ONE_RULE = """
work_streams:
- name: Support by SMS
  routing_rules:
  - name: Invoices
    queue: Billing
    match: any
    conditions:
    - {field: first_message, operator: contains, value: invoice}
"""


def test_a_file_holds_the_whole_configuration_under_natural_keys_and_no_secret(full: World) -> None:
    text = applying.export()

    found = yaml.safe_load(text)
    [stream] = [one for one in found["work_streams"] if one["channel"] == "sms"]
    assert found["format"] == "omnichannel/1"
    assert {queue["name"] for queue in found["queues"]} == {"Billing", "Default queue"}
    assert {"name": "Billing", "priority": 10, "members": ["bob"]} in found["queues"]
    assert {"username": "alice", "capacity": 100} in found["agents"]
    assert stream["sms_settings"]["account_sid"] == ACCOUNT_SID
    assert stream["sms_number"]["number"] == "14252306549"
    assert stream["routing_rules"][0]["queue"] == "Billing"
    assert stream["routing_rules"][0]["conditions"][0]["value"] == "invoice"
    for secret in (AUTH_TOKEN, full.sms_settings.inbound_url.token):
        assert secret not in text


def test_its_own_file_changes_nothing(full: World) -> None:
    rows = stored()

    assert applying.preview(applying.export()).changes == []
    assert applying.apply(applying.export(), tokens={}) == []
    assert stored() == rows


def test_another_installation_becomes_the_same_once_the_tokens_are_given(full: World) -> None:
    text = applying.export()
    SmsNumber.objects.all().delete()
    WorkStream.objects.all().delete()
    Number.objects.all().delete()
    ProviderAccount.objects.all().delete()
    Queue.objects.filter(is_default=False).delete()

    found = applying.preview(text)
    assert found.tokens == [ACCOUNT_SID]
    assert {(change.kind, change.name) for change in found.changes} == {
        ("added", "Support by SMS"),
        ("added", "Billing"),
        ("added", "WhatsApp channel work stream"),
    }
    assert not WorkStream.objects.exists()
    with pytest.raises(applying.Refused, match=ACCOUNT_SID):
        applying.apply(text, tokens={})
    applying.apply(text, tokens={ACCOUNT_SID: "typed-anew"})

    assert applying.export() == text
    assert ProviderAccount.objects.get().secret.reveal() == "typed-anew"


def test_what_the_file_does_not_name_stays_and_rules_are_replaced_in_order(full: World) -> None:
    kept = RoutingRule.objects.get()
    text = """
queues:
- {name: Returns, priority: 5}
work_streams:
- name: Support by SMS
  routing_rules:
  - name: Returns first
    queue: Returns
    match: all
    conditions: [{field: first_message, operator: contains, value: return}]
  - {name: Invoices, queue: Billing, match: all, conditions: []}
"""
    call_command_quietly("import_config", write_file(text), "--yes")

    assert list(RoutingRule.objects.order_by("position").values_list("name", "position")) == [
        ("Returns first", 1),
        ("Invoices", 2),
    ]
    assert RoutingRule.objects.get(name="Invoices").pk == kept.pk  # decisions still refer to it
    assert Queue.objects.filter(name="Billing").exists()
    assert SmsNumber.objects.count() == 1


def test_the_default_queue_may_be_called_otherwise_and_stays_one(world: World) -> None:
    call_command_quietly(
        "import_config", write_file("queues: [{name: Everybody, priority: 3, is_default: true}]"), "--yes"
    )

    assert Queue.objects.get(is_default=True).name == "Everybody"


def test_a_channel_and_the_limits_of_its_states_are_configuration(world: World) -> None:
    assert "channel: sms" in applying.export()

    call_command_quietly(
        "import_config", write_file("channels: [{channel: sms, auto_close_wrap_up: 120}]"), "--yes"
    )

    setting = ChannelSetting.objects.get(channel="sms")
    assert (setting.auto_close_wrap_up, setting.is_enabled) == (120, True)


def test_null_takes_the_number_away(full: World) -> None:
    call_command_quietly(
        "import_config", write_file("work_streams: [{name: Support by SMS, sms_number: null}]"), "--yes"
    )

    assert not SmsNumber.objects.exists()


REFUSED = {
    "a value that the API refuses": (
        "work_streams: [{name: Support by SMS, auto_close_after_inactivity: 479}]",
        "Work stream Support by SMS, auto_close_after_inactivity: For SMS, choose eight hours",
    ),
    "a queue that is nowhere": (
        "work_streams: [{name: Support by SMS, routing_rules: [{name: A, queue: Nowhere, match: all}]}]",
        "Work stream Support by SMS, routing_rules, A, queue: There is no queue of this name",
    ),
    "a misspelt key": ("queues: [{name: Billing, prioritty: 1}]", "Queue Billing, prioritty: Not known here"),
    "an unknown person": (
        "agents: [{username: nobody, capacity: 1}]",
        "Agent nobody, username: Nobody here is called so",
    ),
    "an unknown member": ("queues: [{name: Billing, members: [nobody]}]", "There is no agent nobody"),
    "members of the Default queue": (
        "queues: [{name: Default queue, is_default: true, members: [bob]}]",
        "Everybody is a member of the Default queue",
    ),
    "a text where fields belong": (
        "work_streams: [{name: Support by SMS, sms_settings: none}]",
        "sms_settings: Write its fields below it",
    ),
    "a base URL that is not public": (
        f"work_streams: [{{name: New, sms_settings: {{provider: twilio, account_sid: {NEW_SID}, "
        "base_url: 'https://10.0.0.1'}}]",
        "The base URL must lead to a public host",
    ),
    "a number of another stream": (
        f"work_streams: [{{name: New, sms_settings: {{provider: twilio, account_sid: {NEW_SID}}}, "
        "sms_number: {number: '14252306549'}}]",
        "This number already belongs to work stream Support by SMS",
    ),
    "an unknown channel": ("channels: [{channel: pigeon}]", "There is no such channel"),
    "a NUL": ('queues: [{name: "a\\0b"}]', "cannot be kept"),
    "a yes where a name belongs": ("queues: [{name: yes}]", "each record needs its name"),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_is_told_with_its_place_and_nothing_changes(
    at_twilio: World, text: str, said: str
) -> None:
    before = applying.export()

    with pytest.raises((applying.Refused, reading.BadFile)) as caught:
        applying.apply(f"format: omnichannel/1\n{text}", tokens={NEW_SID: "typed"})

    assert said in str(caught.value)
    assert applying.export() == before
    assert not Queue.objects.filter(name__in=["Returns", "a"]).exists()


BAD = {
    "no head": ("queues: []", "begins with the line"),
    "no mapping": ("- a", "begins with the line"),
    "no YAML": ("a: [", "Line "),
    "references": ("format: omnichannel/1\na: &a [1]\nb: *a", "references"),
    "a key twice": ("format: omnichannel/1\nqueues: []\nqueues: []", "twice"),
    "a name twice": ("format: omnichannel/1\nqueues: [{name: A}, {name: A}]", "twice"),
    "an unknown section": ("format: omnichannel/1\nbots: []", "Unknown section bots"),
    "an object of Python": ("format: omnichannel/1\nqueues: !!python/object/apply:os.system [x]", "not YAML"),
    "too deep": ("format: omnichannel/1\nqueues: " + "[" * 5000, "levels"),
    "a list as a name": ("? [a]\n: b", "name of a field"),
    "a mapping as a name": ("? {a: b}\n: c", "name of a field"),
    "a number as a name": ("format: omnichannel/1\n1: []", "name of a field"),
    "no float": ('a: !!float ""', "cannot be read"),
    "no integer": ('a: !!int ""', "cannot be read"),
    "no truth": ('a: !!bool "abc"', "cannot be read"),
    "no moment": ('a: !!timestamp "abc"', "cannot be read"),
    "a moment": ("format: omnichannel/1\nqueues: [{name: 2026-11-21}]", "queues, 1, name: write a text"),
    "a set": ("format: omnichannel/1\nqueues: !!set {a, b}", "queues: write a text"),
    "no number at all": ("format: omnichannel/1\nqueues: [{name: A, priority: .nan}]", "too large"),
    "an endless number": (
        f"format: omnichannel/1\nqueues: [{{name: A, priority: 0x{'f' * 5000}}}]",
        "too large",
    ),
    "a NUL": ('format: omnichannel/1\nqueues: [{name: "A\\0"}]', "queues, 1, name: a text holds"),
    "a NUL in a name": ('format: omnichannel/1\nqueues: [{"na\\0me": A}]', "queues, 1: a text holds"),
    "half a character": ('format: omnichannel/1\nagents: [{username: "\\ud800"}]', "character"),
    "half a character, bare": (
        "format: omnichannel/1\nagents: [{username: \ud800}]",
        "cannot be read|not YAML",
    ),
    "too many records": (
        "format: omnichannel/1\nqueues:\n" + "".join(f"- name: Q{n}\n" for n in range(501)),
        "holds 501 records",
    ),
    "too many rules": (
        "format: omnichannel/1\nwork_streams:\n- name: A\n  routing_rules: [" + "{}, " * 500 + "]",
        "holds 501 records",
    ),
    "too long": ("#" * (reading.LONGEST_FILE + 1), "longer than"),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD.keys())
def test_what_is_no_configuration_is_refused_with_its_line(db: None, text: str, said: str) -> None:
    with pytest.raises(reading.BadFile, match=said):
        applying.preview(text)


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD.keys())
def test_without_libyaml_the_same_is_refused(db: None, monkeypatch: Any, text: str, said: str) -> None:
    class Plain(reading.PlainNames, yaml.SafeLoader):
        pass

    monkeypatch.setattr(reading, "_Base", yaml.SafeLoader)
    monkeypatch.setattr(reading, "_Loader", Plain)

    test_what_is_no_configuration_is_refused_with_its_line(None, text, said)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        found = reading.read(f"format: omnichannel/1\n{text}")
    except reading.BadFile:
        return
    assert isinstance(found, dict)


# --- the page -------------------------------------------------------------------------------------


def test_an_administrator_downloads_compares_and_applies(full: World, ada: Client) -> None:
    text = ada.get("/admin/configuration/download/").content.decode()
    changed = text.replace("priority: 10\n", "priority: 7\n")

    upload = io.BytesIO(changed.encode())
    upload.name = "configuration.yaml"
    shown = ada.post(PAGE, {"file": upload})
    assert "-priority: 10" in shown.content.decode()
    assert "+priority: 7" in shown.content.decode()
    assert Queue.objects.get(name="Billing").priority == 10
    form = shown.context["apply_form"].initial
    done = ada.post(APPLY, form, follow=True)

    assert Queue.objects.get(name="Billing").priority == 7
    assert "Applied: 1 record changed." in done.content.decode()


def test_what_differs_is_called_as_the_pages_call_it(full: World, ada: Client) -> None:
    changed = applying.export().replace("capacity: 20\n", "capacity: 21\n")
    assert "Work streams: Support by SMS" in ada.post(PAGE, {"text": changed}).content.decode()


def test_what_changed_meanwhile_is_compared_again(full: World, ada: Client) -> None:
    changed = applying.export().replace("priority: 10\n", "priority: 7\n")
    form = ada.post(PAGE, {"text": changed}).context["apply_form"].initial
    Queue.objects.create(name="Returns")

    again = ada.post(APPLY, form)

    assert "Something was changed meanwhile" in again.content.decode()
    assert Queue.objects.get(name="Billing").priority == 10


def test_the_page_asks_for_the_token_of_a_new_account_and_never_gives_it_back(
    at_twilio: World, ada: Client
) -> None:
    text = (
        "format: omnichannel/1\nwork_streams:\n- name: Second\n  sms_settings: "
        f"{{provider: twilio, account_sid: {NEW_SID}}}\n"
    )
    shown = ada.post(PAGE, {"text": text})
    form = shown.context["apply_form"].initial
    missing = ada.post(APPLY, form)
    assert f"Auth Token of account {NEW_SID}" in missing.content.decode()
    assert not ProviderAccount.objects.filter(external_id=NEW_SID).exists()

    done = ada.post(APPLY, {**form, f"token_{NEW_SID}": "a-fake-token"}, follow=True)

    assert ProviderAccount.objects.get(external_id=NEW_SID).secret.reveal() == "a-fake-token"
    assert "a-fake-token" not in done.content.decode()


@pytest.mark.parametrize("file", [b"", b"\xff\xfe\x00", b"{" * 100], ids=["empty", "no text", "no YAML"])
def test_a_file_that_is_none_is_told_on_the_page(world: World, ada: Client, file: bytes) -> None:
    upload = io.BytesIO(file)
    upload.name = "configuration.yaml"

    shown = ada.post(PAGE, {"file": upload})

    assert shown.status_code == 200
    assert "errorlist" in shown.content.decode() or "cannot be applied" in shown.content.decode()


def test_only_administrators_see_it(world: World, as_user: Any) -> None:
    assert as_user("ada").get(PAGE).status_code == 200
    assert as_user("sam").get(PAGE).status_code == 403
    assert as_user("sam").get("/admin/configuration/download/").status_code == 403
    assert "Configuration file" not in as_user("sam").get(reverse("admin:index")).content.decode()
    assert "Configuration file" in as_user("ada").get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("where", ["page", "api", "command"])
def test_whoever_takes_the_file_away_stands_in_the_audit_log(world: World, ada: Client, where: str) -> None:
    if where == "command":
        call_command_quietly("export_config")
    else:
        ada.get({"page": "/admin/configuration/download/", "api": "/api/v1/configuration/"}[where])

    entry = AuditEntry.objects.get(action=AuditEntry.Action.EXPORT)
    assert (entry.place, entry.actor_name) == (where, "" if where == "command" else "Ada")
    assert entry.additional_data["count"] > 3
    assert entry.additional_data["what"] == "Configuration as a file"


# --- the commands ---------------------------------------------------------------------------------


def test_the_commands_write_compare_and_apply(full: World, tmp_path: Path, monkeypatch: Any) -> None:
    file = tmp_path / "configuration.yaml"
    call_command_quietly("export_config", "--output", file)
    assert file.read_text() == call_command_quietly("export_config")
    assert "Nothing differs." in call_command_quietly("import_config", file)

    file.write_text(file.read_text().replace("priority: 10\n", "priority: 4\n").replace(ACCOUNT_SID, NEW_SID))
    said = call_command_quietly("import_config", file, "--dry-run")
    assert "+priority: 4" in said
    assert f"AUTH_TOKEN_{NEW_SID}" in said
    assert Queue.objects.get(name="Billing").priority == 10
    with pytest.raises(CommandError, match="Enter the Auth Token"):
        call_command_quietly("import_config", file, "--yes")
    monkeypatch.setenv(f"AUTH_TOKEN_{NEW_SID}", "from-the-environment")
    call_command_quietly("import_config", file, "--yes")

    assert Queue.objects.get(name="Billing").priority == 4
    assert full.stream.sms_settings.__class__.objects.get().account.external_id == NEW_SID


def test_without_a_terminal_nothing_is_applied_unasked(full: World) -> None:
    file = write_file("queues: [{name: Billing, priority: 1}]")

    with pytest.raises(CommandError, match="--yes"):
        call_command_quietly("import_config", file)

    assert Queue.objects.get(name="Billing").priority == 10
