import pytest

from conversations.filters import Filters, Order, of_form, read, write
from conversations.worklists import worklist

SPELLED = {
    "": Filters(),
    "queue=3": Filters(queue=3),
    "channel=sms;queue=3;state=open;agent=7;waits=30;unread;failed;closing;order=waiting": Filters(
        channel="sms", queue=3, state="open", agent=7, waits=30, unread=True, failed=True, closing=True,
        order=Order.WAITING,
    ),
    "unread;order=window": Filters(unread=True, order=Order.WINDOW),
}  # fmt: skip


@pytest.mark.parametrize("text", SPELLED)
def test_filters_are_written_in_one_way_and_read_again(text):
    assert write(SPELLED[text]) == text
    assert read(text) == SPELLED[text]


@pytest.mark.parametrize(
    "text",
    [
        "queue", "queue=", "queue=x", "queue=-1", "queue=²", "queue=" + "9" * 40, "state=gone", "channel=fax",
        "unread=1", "unread;queue=3", "queue=3;queue=3", "waits=0", "waits=99999", "order=best", "color=red",
        ";", "unread;", "\x00",
    ],
)  # fmt: skip
def test_what_is_spelt_otherwise_is_no_filter(text):
    with pytest.raises(ValueError):  # noqa: PT011
        read(text)


def test_a_form_may_leave_fields_empty_and_give_flags_any_value():
    asked = {"queue": "3", "state": "", "unread": "on", "order": "", "after": "x"}

    assert of_form(asked) == Filters(queue=3, unread=True)


@pytest.mark.parametrize("slug", ["nothing", "my;", "all;order=waiting", "closed;order=window", ""])
def test_there_is_no_such_list(slug):
    with pytest.raises(ValueError):  # noqa: PT011
        worklist(slug)
