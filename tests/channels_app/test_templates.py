"""Content templates: our copies of what the provider has, and filling them in."""

from datetime import UTC, datetime, timedelta

import pytest
import requests
import responses
import time_machine

from channels_app import templates
from channels_app.models_deliveries import ProviderCall
from channels_app.models_health import AccountWatch
from channels_app.models_whatsapp import ContentTemplate
from omnichannel.lib import queue
from tests.channels_app.support import ids, table
from tests.channels_app.whatsapp import CONTENT

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


def content(number: int, **values):
    return {
        "sid": f"HX{number:032x}",
        "account_sid": "AC" + "0123456789abcdef" * 2,
        "friendly_name": f"template_{number}",
        "language": "en",
        "variables": {},
        "types": {"twilio/text": {"body": f"Text {number}"}},
        "approval_requests": {"status": "approved", "content_type": "twilio/text", "category": "UTILITY"},
        "date_created": "2026-11-01T10:00:00Z",
        "date_updated": "2026-11-01T10:00:00Z",
        **values,
    }


def page(*contents, following=None):
    meta = {
        "page": 0,
        "page_size": 200,
        "first_page_url": CONTENT,
        "previous_page_url": None,
        "next_page_url": following,
        "url": CONTENT,
        "key": "contents",
    }
    return {"meta": meta, "contents": list(contents)}


def lists(twilio, *contents):
    twilio.upsert(responses.GET, CONTENT, json=page(*contents))


def sync(whatsapp, now=NOW):
    return templates.sync(whatsapp.number.account, now=now)


# --- our copies -----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", table("content_templates"), ids=ids)
def test_what_becomes_of_each_shape(case, whatsapp, twilio):
    lists(twilio, content(1, **case["content"]))
    result = sync(whatsapp)
    assert (result.count, result.problem) == (1, "")
    kept = ContentTemplate.objects.get()
    assert {name: getattr(kept, name) for name in case["copy"]} == case["copy"]
    assert (kept.account, kept.external_id) == (whatsapp.number.account, f"HX{1:032x}")
    assert (kept.synced_at, kept.gone_at) == (NOW, None)


def test_what_changes_there_changes_here_and_what_goes_keeps_its_row(whatsapp, twilio):
    lists(twilio, content(1), content(2), content(3))
    assert sync(whatsapp).sentence == "3 content templates, 3 approved."
    rejected = {"status": "rejected", "content_type": "twilio/text", "rejection_reason": "Not clear"}
    lists(twilio, content(1), content(2, approval_requests=rejected))

    result = sync(whatsapp, now=NOW + HALF_AN_HOUR)

    assert result.sentence == "2 content templates, 1 approved."
    first, second, third = ContentTemplate.objects.order_by("external_id")
    assert (first.approval, second.approval, second.rejection_reason) == ("approved", "rejected", "Not clear")
    assert (third.gone_at, third.synced_at) == (NOW + HALF_AN_HOUR, NOW)
    sync(whatsapp, now=NOW + 2 * HALF_AN_HOUR)
    third.refresh_from_db()
    assert third.gone_at == NOW + HALF_AN_HOUR, "the first moment stays"

    lists(twilio, content(3))
    sync(whatsapp, now=NOW + 3 * HALF_AN_HOUR)
    third.refresh_from_db()
    assert third.gone_at is None


def test_all_pages_are_read(whatsapp, twilio):
    twilio.add(responses.GET, CONTENT, json=page(content(1), following=f"{CONTENT}?PageToken=x"))
    twilio.add(responses.GET, CONTENT, json=page(content(2)))
    assert sync(whatsapp).count == 2
    assert "PageSize=200" in twilio.calls[0].request.url
    assert twilio.calls[1].request.url.endswith("PageToken=x")


def test_an_account_without_templates(whatsapp, twilio):
    lists(twilio)
    assert sync(whatsapp).sentence == "The provider has no content templates of this account."


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"json": {"code": 20003, "message": "no"}, "status": 401}, "does not accept this Account SID"),
        ({"json": {"code": 20429, "message": "slow down"}, "status": 429}, "Twilio is busy"),
        ({"body": "<html>", "status": 503}, "its error 503"),
        ({"body": "<html>", "status": 200}, "could not be read"),
        ({"body": requests.ReadTimeout()}, "did not answer in time"),
        ({"body": requests.ConnectionError()}, "could not be reached"),
    ],
)
def test_what_the_provider_does_not_tell_changes_nothing(whatsapp, twilio, answer, said):
    kept = whatsapp.template(synced_at=NOW)
    twilio.add(responses.GET, CONTENT, **answer)
    result = sync(whatsapp, now=NOW + HALF_AN_HOUR)
    assert said in result.problem
    assert result.sentence == result.problem
    kept.refresh_from_db()
    assert (kept.synced_at, kept.gone_at) == (NOW, None)
    watch = AccountWatch.objects.get()
    assert watch.templates_synced_at is None
    assert said in watch.templates_result


def test_with_the_secondary_token_when_the_first_is_refused(whatsapp, twilio):
    account = whatsapp.number.account
    account.secondary_secret = "the-other-token"
    account.save()
    account.refresh_from_db()
    twilio.add(responses.GET, CONTENT, json={"code": 20003}, status=401)
    twilio.add(responses.GET, CONTENT, json=page(content(1)))
    assert sync(whatsapp).count == 1


def test_the_call_is_kept_without_its_answer(whatsapp, twilio):
    lists(twilio, content(1))
    sync(whatsapp)
    call = ProviderCall.objects.get()
    assert (call.method, call.status, call.answer) == ("GET", 200, "")
    assert call.url.startswith(CONTENT)


# --- by the clock ---------------------------------------------------------------------------------


def test_twice_an_hour_and_once_for_all_processes(whatsapp, twilio):
    lists(twilio, content(1))
    with time_machine.travel(NOW, tick=False) as clock:
        assert [templates.sync_one(), templates.sync_one()] == [True, False]
        clock.move_to(NOW + HALF_AN_HOUR - timedelta(seconds=1))
        assert not templates.sync_one()
        clock.move_to(NOW + HALF_AN_HOUR)
        assert [templates.sync_one(), templates.sync_one()] == [True, False]
    assert len(twilio.calls) == 2


def test_whoever_claims_it_first_asks(whatsapp):
    assert templates.claim_due(now=NOW) == whatsapp.number.account
    assert templates.claim_due(now=NOW) is None


def test_an_account_without_whatsapp_is_not_asked(world, twilio, drain):
    drain()
    assert len(twilio.calls) == 0
    assert not templates.accounts_with_templates().exists()


def test_the_queue_knows_of_it(whatsapp, twilio, settings):
    lists(twilio, content(1))
    queue.run_all(settings.LANES)
    assert ContentTemplate.objects.count() == 1


def test_a_person_asks_a_few_at_once_and_the_others_come_by_themselves(whatsapp, twilio):
    lists(twilio, content(1))
    templates.sync(whatsapp.number.account, now=NOW)
    assert templates.sync_now(most=0, now=NOW) == []
    assert AccountWatch.objects.get().next_template_sync_at is None
    [(account, result)] = templates.sync_now(most=1, now=NOW)
    assert (account, result.count) == (whatsapp.number.account, 1)


# --- filling in -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "variables", "read"),
    [
        ("Hello {{1}}, your {{2}} is ready.", {"1": "Ana", "2": "bike"}, "Hello Ana, your bike is ready."),
        ("{{name}} and {{ name }}", {"name": "Zoë 🌸"}, "Zoë 🌸 and Zoë 🌸"),
        ("Nothing to fill in", {}, "Nothing to fill in"),
        ("{{1}}", {"1": "{{2}} \\1 {x}"}, "{{2}} \\1 {x}"),
        ("{{10}} {{1}}", {"1": "one", "10": "ten"}, "ten one"),
    ],
)
def test_what_the_customer_reads(body, variables, read):
    template = ContentTemplate(body=body, variables=dict.fromkeys(variables, ""))
    assert templates.filled(template, variables) == read


@pytest.mark.parametrize(
    ("given", "said", "names"),
    [
        ({}, "Fill in {{1}} and {{2}}.", ["1", "2"]),
        ({"1": "Ana"}, "Fill in {{2}}.", ["2"]),
        ({"1": "Ana", "2": "  "}, "Fill in {{2}}.", ["2"]),
        ({"1": "Ana", "2": "bike", "3": "x"}, "This content template has no variable {{3}}.", ["3"]),
        ({"1": "A\nB", "2": "b"}, "WhatsApp takes no new lines, tabs or rows of blanks in {{1}}.", ["1"]),
        ({"1": "A", "2": "b\tc"}, "WhatsApp takes no new lines, tabs or rows of blanks in {{2}}.", ["2"]),
        ({"1": "A     B", "2": "b"}, "WhatsApp takes no new lines, tabs or rows of blanks in {{1}}.", ["1"]),
    ],
)
def test_what_is_missing_or_wrong_is_named(given, said, names):
    template = ContentTemplate(body="Hello {{1}}, your {{2}} is ready.", variables={"1": "", "2": ""})
    with pytest.raises(templates.WrongVariables) as wrong:
        templates.filled(template, given)
    assert (str(wrong.value), wrong.value.names) == (said, names)
    assert isinstance(wrong.value, templates.Missing) == said.startswith("Fill in")


def test_variables_are_told_in_the_order_in_which_they_are_read():
    template = ContentTemplate(body="{{b}} {{a}} {{b}}", variables={"a": "", "b": "", "url": ""})
    assert templates.names(template) == ["b", "a", "url"]


# --- which can be sent ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, ""),
        ({"approval": "pending"}, "WhatsApp has not approved this content template: it is pending."),
        (
            {"approval": "unsubmitted"},
            "WhatsApp has not approved this content template: it is not submitted.",
        ),
        ({"approval": "paused"}, "WhatsApp has not approved this content template: it is paused."),
        ({"approval": "disabled"}, "WhatsApp has not approved this content template: it is disabled."),
        ({"gone_at": NOW}, "This content template is no longer there at the provider."),
        ({"unsupported": "It has a picture."}, "It has a picture."),
    ],
)
def test_which_can_be_sent(whatsapp, values, why):
    template = whatsapp.template(**values)
    assert templates.problem(template, whatsapp.number) == why
    assert list(templates.usable(whatsapp.number)) == ([] if why else [template])


def test_by_sms_and_from_another_account_none_can(whatsapp):
    template = whatsapp.template()
    sms = whatsapp.world.number
    assert not templates.usable(sms).exists()
    assert "WhatsApp only" in templates.problem(template, sms)
    other = type(template.account).objects.create(
        provider="twilio", external_id="AC" + "f" * 32, base_url="https://api.twilio.com", secret="x"
    )
    template.account = other
    template.save()
    assert not templates.usable(whatsapp.number).exists()
    assert "another account" in templates.problem(template, whatsapp.number)
