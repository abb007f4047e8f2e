"""Quick replies in the configuration file: known by title and locale, everybody's only."""

import pytest
import yaml

from conversations import quick_replies
from conversations.models_quick_replies import QuickReply
from omnichannel.configuration import applying
from tests.world import World

HEAD = "format: omnichannel/1\n"
GREETINGS = """
quick_replies:
- title: Greeting
  locale: en
  message: Hello {FullName{Customer}}
  tags: [hello]
  work_streams: [Support by SMS]
- title: Greeting
  locale: de
  message: Guten Tag
"""


def test_what_the_file_says_is_made_and_described_the_same(world: World) -> None:
    changes = applying.apply(HEAD + GREETINGS, tokens={})

    assert [(one.kind, one.name) for one in changes] == [("added", "Greeting, de"), ("added", "Greeting, en")]
    found = yaml.safe_load(applying.export())["quick_replies"]
    assert found == [
        {"title": "Greeting", "locale": "de", "message": "Guten Tag", "tags": [], "work_streams": []},
        {
            "title": "Greeting",
            "locale": "en",
            "message": "Hello {FullName{Customer}}",
            "tags": ["hello"],
            "work_streams": ["Support by SMS"],
        },
    ]
    assert applying.apply(HEAD + GREETINGS, tokens={}) == []


def test_what_it_does_not_name_stays(world: World) -> None:
    applying.apply(HEAD + GREETINGS, tokens={})

    applying.apply(HEAD + "quick_replies:\n- {title: Greeting, locale: en, message: Hi}\n", tokens={})

    reply = QuickReply.objects.get(locale="en")
    assert (reply.message, [tag.name for tag in reply.tags.all()]) == ("Hi", ["hello"])
    assert QuickReply.objects.count() == 2


def test_somebodys_own_is_neither_told_nor_touched(world: World) -> None:
    own = QuickReply(title="Greeting", locale="en", message="Mine", owner=world.users["alice"])
    quick_replies.save(own)

    applying.apply(HEAD + GREETINGS, tokens={})

    own.refresh_from_db()
    assert own.message == "Mine"
    assert "Mine" not in applying.export()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {title: A, locale: en, message: '{Shoe{Agent}}'}", "Quick reply A, en, message: {Shoe{Agent}}"),
        ("- {title: A, locale: en, message: x, work_streams: [Nowhere]}", "There is no work stream Nowhere."),
        ("- {title: A, message: x}", "each record needs its title and its locale"),
        ("- {title: A, locale: en, message: x, owner: alice}", "owner: Not known here."),
        ("- {title: A, locale: en, message: x}\n- {title: A, locale: en}", "A, en stands there twice"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(world: World, text: str, said: str) -> None:
    with pytest.raises((applying.Refused, applying.BadFile)) as refused:
        applying.apply(f"{HEAD}quick_replies:\n{text}\n", tokens={})

    assert said in str(refused.value)
    assert not QuickReply.objects.exists()
