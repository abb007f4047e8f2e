"""Who did something with customers: the username is kept and told by the API, pages show the full name."""

from collections.abc import Iterable

from django.contrib.auth import get_user_model


def full_names(usernames: Iterable[str]) -> dict[str, str]:
    """What these people are called now, by username; one statement. Who is gone is not in it."""
    people = get_user_model().objects.filter(username__in=set(usernames))
    return {person.get_username(): str(person) for person in people}
