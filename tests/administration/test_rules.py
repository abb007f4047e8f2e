"""Routing rules in administration: the builder of conditions, errors at their row, order."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from omnichannel.models import AuditEntry
from routing.conditions import Condition, all_of, any_of, from_json
from routing.models import RoutingRule
from routing.services import save_rule
from tests.administration.conftest import messages_of
from tests.world import World

ADD = "/admin/routing/routingrule/add/"
Row = tuple[str, str, str]


def rows(*conditions: Row, at: str = "condition", match: str = "all") -> dict[str, str]:
    """A group of rows as the builder posts it."""
    data = {f"{at}-match": match}
    for n, (field, operator, value) in enumerate(conditions):
        data |= {f"{at}-{n}-field": field, f"{at}-{n}-operator": operator, f"{at}-{n}-value": value}
    return data


def form(world: World, *conditions: Row, **values: Any) -> dict[str, Any]:
    return {
        "work_stream": world.stream.pk,
        "name": "VIP",
        "description": "",
        "queue": world.billing.pk,
        **rows(*conditions),
        **values,
    }


def make(world: World, name: str, *items: Any) -> RoutingRule:
    return save_rule(RoutingRule(work_stream=world.stream, name=name, queue=world.billing), all_of(*items))


BILL: Row = ("first_message", "contains", "bill")
MIA: Row = ("contact.first_name", "equals", "Mia")


# --- saving ---------------------------------------------------------------------------------------


def test_a_rule_is_made_from_its_stream_and_comes_last(ada: Client, world: World) -> None:
    make(world, "First")
    page = ada.get(f"{ADD}?work_stream={world.stream.pk}")
    assert page.context["adminform"].form["work_stream"].value() == str(world.stream.pk)

    response = ada.post(ADD, form(world, ("contact.mobile_phone", "equals", "425 555 0100")))

    assert response["Location"].startswith(reverse("admin:routing_workstream_change", args=[world.stream.pk]))
    made = RoutingRule.objects.get(name="VIP")
    assert made.position == 2
    assert from_json(made.condition) == all_of(Condition("contact.mobile_phone", "equals", "+14255550100"))


def test_groups_stand_in_groups(ada: Client, world: World) -> None:
    inner = rows(BILL, MIA, at="condition-1", match="any")

    ada.post(ADD, form(world, ("account.name", "has_data", ""), **inner))

    made = RoutingRule.objects.get()
    assert from_json(made.condition) == all_of(
        Condition("account.name", "has_data"), any_of(Condition(*BILL), Condition(*MIA))
    )
    page = ada.get(reverse("admin:routing_routingrule_change", args=[made.pk])).content.decode()
    assert (
        "If Account: Name contains data and (Customer First Message contains “bill” or Contact: First Name "
        "equals “Mia”)." in page
    )


def test_a_row_in_which_nothing_was_typed_is_left_out(ada: Client, world: World) -> None:
    ada.post(ADD, form(world, ("", "equals", ""), BILL, ("", "equals", "")))

    assert from_json(RoutingRule.objects.get().condition) == all_of(Condition(*BILL))


def test_saving_without_a_change_changes_nothing(ada: Client, world: World) -> None:
    rule = make(world, "VIP", Condition(*BILL))
    url = reverse("admin:routing_routingrule_change", args=[rule.pk])

    before = AuditEntry.objects.count()

    assert ada.post(url, form(world, BILL)).status_code == 302

    assert AuditEntry.objects.count() == before
    ada.post(url, form(world, MIA))
    assert "condition" in AuditEntry.objects.latest("id").changes


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        (("first_message", "equals", ""), "Enter the value to compare with."),
        (("first_message", "contains", "   "), "Enter the value to compare with."),
        (("first_message", "one_of", " , "), "Enter the values to compare with, with commas between."),
        (("contact.mobile_phone", "begins_with", "abc"), "Enter a telephone number or a part of one"),
        (("contact.mobile_phone", "equals", "12345678901234567890"), "telephone number"),
        (("contact.mobile_phone", "one_of", "+14255550100, 0100x"), "telephone number"),
        (("", "equals", "x"), "Choose a field."),
        (("shoe_size", "equals", "x"), "Choose a field."),
        (("first_message", "sounds_like", "x"), "Choose an operator."),
        (("first_message", "equals", "a\x00b"), "Null characters"),
        (("first_message", "equals", "x" * 201), "at most 200 characters"),
        (("contact.mobile_phone", "equals", "12"), None),
        (("contact.mobile_phone", "has_data", ""), None),
        (("contact.mobile_phone", "begins_with", "+1 (425)"), None),
        (("customer_number", "equals", "72345"), None),
        (("first_message", "one_of", "a, b"), None),
    ],
)
def test_conditions_are_checked_at_their_row(
    ada: Client, world: World, condition: Row, told: str | None
) -> None:
    response = ada.post(ADD, form(world, MIA, condition))

    if told is None:
        assert response.status_code == 302
        return
    page = response.content.decode()
    row = page[page.index('aria-label="Condition 2"') :]
    assert told in row[: row.index("</div>")]
    assert 'id="id_condition-0-errors"' not in page
    assert 'value="Mia"' in page
    assert not RoutingRule.objects.exists()


@pytest.mark.parametrize("wanted", ["abc", "-1", "9" * 40, "١", "1.5"])
def test_a_nonsense_stream_in_the_address_is_ignored(ada: Client, world: World, wanted: str) -> None:
    assert ada.get(ADD, {"work_stream": wanted}).status_code == 200


# --- the builder's buttons ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("add:", ["condition-0-field", "condition-1-0-field", "condition-1-1-field", "condition-2-field"]),
        ("add:1", ["condition-0-field", "condition-1-0-field", "condition-1-1-field", "condition-1-2-field"]),
        (
            "group:",
            ["condition-0-field", "condition-1-0-field", "condition-1-1-field", "condition-2-0-field"],
        ),
        (
            "group:1",
            ["condition-0-field", "condition-1-0-field", "condition-1-1-field", "condition-1-2-0-field"],
        ),
        ("delete:0", ["condition-0-0-field", "condition-0-1-field"]),
        ("delete:1", ["condition-0-field"]),
        ("delete:1-0", ["condition-0-field", "condition-1-0-field"]),
        ("refresh:", ["condition-0-field", "condition-1-0-field", "condition-1-1-field"]),
        ("delete:7", ["condition-0-field", "condition-1-0-field", "condition-1-1-field"]),
        ("delete:0-0", ["condition-0-field", "condition-1-0-field", "condition-1-1-field"]),
        ("delete:", ["condition-0-field", "condition-1-0-field", "condition-1-1-field"]),
    ],
)
def test_a_button_changes_the_rows_and_keeps_what_was_typed(
    ada: Client, world: World, command: str, fields: list[str]
) -> None:
    inner = rows(BILL, ("first_message", "ends_with", "?"), at="condition-1", match="any")
    data = form(world, MIA, **inner, **{"name": "", "description": "kept", "condition-do": command})

    response = ada.post(ADD, data)

    page = response.content.decode()
    names = [part.split('"')[0] for part in page.split('name="')[1:]]
    assert [name for name in names if name.endswith("-field")] == fields
    assert 'value="kept"' in page
    assert "errorlist" not in page
    assert "errornote" not in page
    assert not RoutingRule.objects.exists()


def test_the_new_row_is_where_one_goes_on(ada: Client, world: World) -> None:
    page = ada.post(ADD, form(world, MIA, **{"condition-do": "add:"})).content.decode()

    assert page.count("autofocus") == 1
    assert 'id="id_condition-1-field" autofocus' in page


def test_groups_end_where_they_are_too_deep(ada: Client, world: World) -> None:
    deep = form(world)
    for at in ("condition-0", "condition-0-0", "condition-0-0-0"):
        deep |= rows(at=at)
    deep |= rows(BILL, at="condition-0-0-0")

    page = ada.post(ADD, {**deep, "condition-do": "refresh:"}).content.decode()

    assert 'value="group:0-0"' in page
    assert 'value="group:0-0-0"' not in page
    assert ada.post(ADD, deep).status_code == 302


def test_an_empty_group_is_told_at_the_group(ada: Client, world: World) -> None:
    page = ada.post(ADD, form(world, MIA, **rows(at="condition-1"))).content.decode()

    assert "Add a condition to this group, or delete the group." in page


def test_what_a_customer_could_have_typed_is_escaped(ada: Client, world: World) -> None:
    rule = make(world, "R", Condition("first_message", "contains", "<script>alert(1)</script>"))

    for url in (
        reverse("admin:routing_routingrule_change", args=[rule.pk]),
        reverse("admin:routing_workstream_change", args=[world.stream.pk]),
        reverse("admin:routing_routingrule_changelist"),
    ):
        page = ada.get(url).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_a_supervisor_reads_the_sentence(as_user: Any, world: World) -> None:
    rule = make(world, "R", Condition(*BILL))
    page = as_user("sam").get(reverse("admin:routing_routingrule_change", args=[rule.pk])).content.decode()

    assert "If Customer First Message contains “bill”." in page
    assert "condition-do" not in page


@pytest.mark.parametrize("way", ["its page", "the list"])
def test_rules_below_a_deleted_one_move_up(ada: Client, world: World, way: str) -> None:
    first, second, third = (make(world, name) for name in "abc")

    if way == "its page":
        ada.post(reverse("admin:routing_routingrule_delete", args=[first.pk]), {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "post": "yes", "_selected_action": [first.pk]}
        ada.post(reverse("admin:routing_routingrule_changelist"), chosen)

    assert list(RoutingRule.objects.order_by("id").values_list("id", "position")) == [
        (second.pk, 1),
        (third.pk, 2),
    ]


# --- order ----------------------------------------------------------------------------------------


def order_url(world: World) -> str:
    return reverse("admin:routing_rule_order", args=[world.stream.pk])


def names() -> str:
    return "".join(RoutingRule.objects.order_by("position").values_list("name", flat=True))


@pytest.mark.parametrize(
    ("word", "moved", "expected"), [("up", 1, "bac"), ("down", 1, "acb"), ("up", 0, "abc")]
)
def test_a_button_moves_a_rule_and_keeps_the_focus(
    ada: Client, world: World, word: str, moved: int, expected: str
) -> None:
    rules = [make(world, name) for name in "abc"]

    page = ada.post(order_url(world), {word: rules[moved].pk}, follow=True)

    assert names() == expected
    assert f"is now number {expected.index('abc'[moved]) + 1}." in messages_of(page)[0]
    assert f'id="{word}-{rules[moved].pk}"' in page.content.decode().split(" autofocus")[0][-120:]


def test_dragging_stores_the_whole_order(ada: Client, world: World) -> None:
    a, b, c = (make(world, name).pk for name in "abc")
    headers = {"X-Requested-With": "fetch"}

    answer = ada.post(order_url(world), {"order": f"{c},{a},{b}", "seen": f"{a},{b},{c}"}, headers=headers)
    assert (answer.status_code, names()) == (200, "cab")
    assert answer.json()["html"].index(">c<") < answer.json()["html"].index(">a<")

    late = ada.post(order_url(world), {"order": f"{b},{a},{c}", "seen": f"{a},{b},{c}"}, headers=headers)
    assert (late.status_code, names()) == (409, "cab")
    assert "ordered these rules meanwhile" in late.json()["said"]


@pytest.mark.parametrize("body", [{}, {"order": "x"}, {"order": "1,2"}, {"up": "٣"}, {"down": "9" * 40}])
def test_a_nonsense_order_is_told(ada: Client, world: World, body: dict[str, str]) -> None:
    make(world, "a")
    page = ada.post(order_url(world), body, follow=True)
    assert "meanwhile" in messages_of(page)[0]


@pytest.mark.parametrize("pk", ["0", "9" * 30])
def test_the_order_of_no_stream_is_not_found(ada: Client, world: World, pk: str) -> None:
    assert ada.get(f"/admin/routing/workstream/{pk}/rule-order/").status_code == 404


def test_only_who_may_change_rules_can_order_them(as_user: Any, world: World) -> None:
    make(world, "a")
    stream = reverse("admin:routing_workstream_change", args=[world.stream.pk])

    assert as_user("sam").get(order_url(world)).status_code == 403
    assert as_user("sam").post(order_url(world), {"up": 1}).status_code == 403
    assert "data-sorted" not in as_user("sam").get(stream).content.decode()
    assert "data-sorted" in as_user("ada").get(stream).content.decode()


def test_the_list_warns_of_rules_that_are_never_reached(ada: Client, world: World) -> None:
    make(world, "Everything")
    make(world, "Bills", Condition(*BILL))

    page = ada.get(reverse("admin:routing_workstream_change", args=[world.stream.pk])).content.decode()

    assert "Always true: the rules below it are never reached." in page
    assert "Never reached: whenever it is true, “Everything” above it is true, and wins." in page
