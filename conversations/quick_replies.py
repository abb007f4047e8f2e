"""Quick replies: which are offered to whom, what stands in them when filled in, and how they are kept."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from agents.models import User
from conversations.desk_settings import desk_settings
from conversations.models import Conversation
from conversations.models_quick_replies import QuickReply, Tag
from omnichannel.lib import slugs
from omnichannel.lib.visible import check_visible
from routing.models import WorkStream

MOST_OFFERED = 50
MOST_TAGS = 20
MOST_WORDS = 8
TAKEN = "There is a quick reply of this title in this locale already."
_BETWEEN = re.compile(r"[,;\n]+")


# --- what is offered ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Offer:
    """One quick reply of the list, filled in; `left` are the slugs that could not be."""

    id: int
    title: str
    locale: str
    text: str
    left: list[str]
    tags: list[str]
    is_personal: bool


def are_personal_allowed() -> bool:
    """Whether agents may have quick replies of their own."""
    return desk_settings().allow_personal_quick_replies


def everybodys() -> QuerySet[QuickReply]:
    """Those that are nobody's own."""
    return QuickReply.objects.filter(owner=None)


def usable(conversation: Conversation, user: User, *, with_personal: bool) -> QuerySet[QuickReply]:
    """Those for this conversation's work stream; the user's own as well, when those are allowed."""
    streams = QuickReply.work_streams.through.objects.filter(quickreply=OuterRef("pk"))
    here = streams.filter(workstream=conversation.work_stream_id)
    wanted = Q(owner=None) & (~Exists(streams) | Exists(here))
    return QuickReply.objects.filter(wanted | Q(owner=user) if with_personal else wanted)


def matching(replies: QuerySet[QuickReply], find: str) -> QuerySet[QuickReply]:
    """Those with all these words in title or message; a word with # before it begins one of their tags."""
    for word in find.split()[:MOST_WORDS]:
        if word.startswith("#"):
            of_tag = Tag.objects.filter(quick_replies=OuterRef("pk"), name__startswith=word[1:].casefold())
            replies = replies.filter(Exists(of_tag))
        else:
            replies = replies.filter(Q(title__icontains=word) | Q(message__icontains=word))
    return replies


def in_order_for(replies: QuerySet[QuickReply], locale: str) -> QuerySet[QuickReply]:
    """The person's own locale first, then their language, then the others; each by title."""
    language = locale.partition("-")[0]
    fit = Case(
        When(locale__iexact=locale, then=Value(0)),
        When(Q(locale__iexact=language) | Q(locale__istartswith=f"{language}-"), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return replies.annotate(fit=fit).order_by("fit", "title", "id")


def values_for(conversation: Conversation, user: User) -> dict[str, str]:
    """What stands for each slug; empty where it is not known. A customer has a name once they are identified:
    what a stranger calls themselves is not put into our mouth.
    """
    contact = conversation.contact
    return {
        "{FullName{Customer}}": contact.full_name if contact else "",
        "{LastName{Customer}}": contact.last_name if contact else "",
        "{FullName{Agent}}": user.get_full_name(),
        "{FirstName{Agent}}": user.first_name,
        "{LastName{Agent}}": user.last_name,
        "{Nickname{Agent}}": user.get_full_name(),
    }


def offer(reply: QuickReply, values: Mapping[str, str]) -> Offer:
    """A quick reply as it would be inserted."""
    text = slugs.filled(reply.message, values)
    return Offer(
        id=reply.pk,
        title=reply.title,
        locale=reply.locale,
        text=text,
        left=slugs.slugs_in(text),
        tags=sorted(tag.name for tag in reply.tags.all()),
        is_personal=reply.owner_id is not None,
    )


# --- keeping them ---------------------------------------------------------------------------------


def tag_names(words: str | Iterable[str]) -> list[str]:
    """Tags as they are kept: without #, in lower case, blanks as hyphens; each once.

    `words` is a list, or a text with commas. Raises ValidationError.
    """
    given = _BETWEEN.split(words) if isinstance(words, str) else words
    bare = ("-".join(word.strip().lstrip("#").casefold().split()) for word in given)
    names = list(dict.fromkeys(name for name in bare if name))
    if len(names) > MOST_TAGS:
        raise ValidationError(f"At most {MOST_TAGS} tags.")
    for name in names:
        longest = Tag._meta.get_field("name").max_length or 0
        if len(name) > longest:
            raise ValidationError(f"A tag has at most {longest} characters.")
        check_visible(name)
    return names


def check_free(*, title: str, locale: str, owner: User | None, but: int | None) -> None:
    """Raise ValidationError when another one of theirs has this title in this locale."""
    same = QuickReply.objects.filter(title=title, locale=locale, owner=owner)
    if (same if but is None else same.exclude(pk=but)).exists():
        raise ValidationError({"title": TAKEN})


@transaction.atomic
def save(
    reply: QuickReply,
    *,
    tags: Iterable[str] | None = None,
    work_streams: Iterable[WorkStream] | None = None,
) -> QuickReply:
    """Store it, with tags (names from tag_names) and work streams; None leaves those as they are.

    Raises ValidationError when somebody took its title a moment ago.
    """
    try:
        with transaction.atomic():
            reply.save()
    except IntegrityError:
        check_free(title=reply.title, locale=reply.locale, owner=reply.owner, but=reply.pk)
        raise
    if tags is not None:
        set_tags(reply, tags)
    if work_streams is not None:
        reply.work_streams.set(work_streams)
    return reply


def set_tags(reply: QuickReply, names: Iterable[str]) -> None:
    """Give it exactly these tags; new words become tags."""
    reply.tags.set(_tags(names))


@transaction.atomic
def edit_tags(replies: Iterable[QuickReply], *, add: Iterable[str], remove: Iterable[str]) -> None:
    """Give all of them some tags, and take others away."""
    added, removed = _tags(add), Tag.objects.filter(name__in=list(remove))
    for reply in replies:
        reply.tags.remove(*removed)
        reply.tags.add(*added)


def _tags(names: Iterable[str]) -> list[Tag]:
    return [Tag.objects.get_or_create(name=name)[0] for name in names]


def delete(reply: QuickReply) -> None:
    """For good. What was sent with it stays as it was sent."""
    reply.delete()
