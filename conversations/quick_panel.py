"""The panel over the composer: quick replies that fit, and slash commands. Reads, writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.models import User
from conversations import quick_replies, slash
from conversations.quick_replies import Offer
from conversations.situation import Situation

PERSONAL = "personal"


@dataclass(frozen=True)
class Panel:
    """What the panel shows; `is_typed`: asked for by what stands in the text."""

    find: str
    is_typed: bool
    is_personal: bool
    has_personal: bool
    commands: Sequence[slash.Command]
    offers: list[Offer]
    has_more: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to choose."""
        return not (self.commands or self.offers)


def panel_of(situation: Situation, user: User, asked: Mapping[str, str]) -> Panel:
    """`asked`: find (words, or what was typed after /), tab (personal, or all)."""
    typed = asked.get("find", "").replace("\x00", "")[: slash.LONGEST]
    wanted = slash.asked(typed, offered=_offered(situation))
    has_personal = quick_replies.are_personal_allowed()
    is_personal = has_personal and asked.get("tab", "") == PERSONAL
    offers = [] if wanted.find is None else _offers(situation, user, wanted.find, has_personal, is_personal)
    return Panel(
        find=typed,
        is_typed=typed.startswith("/"),
        is_personal=is_personal,
        has_personal=has_personal,
        commands=wanted.commands,
        offers=offers[: quick_replies.MOST_OFFERED],
        has_more=len(offers) > quick_replies.MOST_OFFERED,
    )


def _offered(situation: Situation) -> set[str]:
    reply = set() if situation.reply_refusal else {"reply"}
    note = set() if situation.note_refusal else {"note"}
    return {*situation.commands, *reply, *note}


def _offers(
    situation: Situation, user: User, find: str, has_personal: bool, is_personal: bool
) -> list[Offer]:
    found = quick_replies.usable(situation.conversation, user, with_personal=has_personal)
    if is_personal:
        found = found.filter(owner=user)
    found = quick_replies.in_order_for(quick_replies.matching(found, find), user.locale)
    values = quick_replies.values_for(situation.conversation, user)
    some = found.prefetch_related("tags")[: quick_replies.MOST_OFFERED + 1]
    return [quick_replies.offer(reply, values) for reply in some]


def inserted(situation: Situation, user: User, *, text: str, quick_reply_id: int) -> str:
    """What was typed with a quick reply after it; unchanged when there is no such reply here."""
    has_personal = quick_replies.are_personal_allowed()
    usable = quick_replies.usable(situation.conversation, user, with_personal=has_personal)
    reply = usable.filter(pk=quick_reply_id).first()
    if reply is None:
        return text
    said = quick_replies.offer(reply, quick_replies.values_for(situation.conversation, user)).text
    return f"{text.rstrip()}\n{said}" if text.strip() else said
