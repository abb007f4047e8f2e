"""Lists that are kept under a name: one's own, or the team's."""

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from agents.models import User
from conversations import filters
from conversations.models_desk import SavedView
from conversations.worklists import Seat, Worklist, may_open, worklist

MOST_VIEWS = 50


class NotKept(ValueError):
    """The view was not kept; the message says why."""


def views_of(seat: Seat) -> list[SavedView]:
    """One's own and the team's, by name, as far as this person can open them. One statement."""
    rows = SavedView.objects.filter(Q(owner=seat.user) | Q(owner=None)).order_by("name", "pk")
    return [view for view in rows[: 2 * MOST_VIEWS] if opens(view, seat)]


def changeable(seat: Seat) -> QuerySet[SavedView]:
    """Those that this person may rename or delete: their own, and the team's for whoever sees everything."""
    team = Q(owner=None) if seat.sees_everything else Q(pk=None)
    return SavedView.objects.filter(Q(owner=seat.user) | team)


def default_list(seat: Seat) -> Worklist | None:
    """The list that this person wants to see first; None: as usual."""
    view = SavedView.objects.filter(owner=seat.user, is_default=True).first()
    found = list_of(view) if view else None
    return found if found and may_open(found, seat=seat) else None


def list_of(view: SavedView) -> Worklist | None:
    """The list behind a view; None when lists have changed since."""
    try:
        return worklist(filters.SEPARATOR.join(part for part in (view.stream, view.query) if part))
    except ValueError:
        return None


def opens(view: SavedView, seat: Seat) -> bool:
    """Whether this person can open the list behind a view: a team's may be for supervisors alone."""
    found = list_of(view)
    return found is not None and may_open(found, seat=seat)


def keep(
    wanted: Worklist, *, seat: Seat, name: str, for_team: bool = False, is_default: bool = False
) -> SavedView:
    """Keep a list under a name. Raises NotKept: taken, too many, or not theirs to give to the team."""
    if for_team and not seat.sees_everything:
        raise NotKept("Team views are made by supervisors and administrators.")
    owner = None if for_team else seat.user
    if SavedView.objects.filter(owner=owner).count() >= MOST_VIEWS:
        raise NotKept(f"{MOST_VIEWS} views are the most. Delete one first.")
    view = SavedView(
        owner=owner,
        name=name,
        stream=wanted.stream.slug,
        query=filters.write(wanted.filters),
        created_by=seat.user,
    )
    try:
        with transaction.atomic():
            view.save()
            if is_default:
                see_first(view)
    except IntegrityError as error:
        raise NotKept("There is a view of this name already.") from error
    return view


@transaction.atomic
def see_first(view: SavedView) -> None:
    """The desk begins with this view for its owner; a team's is nobody's first."""
    if view.owner_id is None:
        return
    # One after the other, when two windows choose at the same moment.
    list(SavedView.objects.select_for_update().filter(owner=view.owner_id).order_by("pk").values_list("pk"))
    SavedView.objects.filter(owner=view.owner_id, is_default=True).update(is_default=False)
    SavedView.objects.filter(pk=view.pk).update(is_default=True)


def see_usual_first(user: User) -> None:
    """The desk begins with My work items again."""
    SavedView.objects.filter(owner=user, is_default=True).update(is_default=False)
