import pytest
from django.utils import timezone

from conversations import services
from tests.conversations.desk import text_in


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def waiting(world, drain):
    """A conversation that nobody has, in the Default queue."""
    return text_in(world, drain, "Hello, where is my parcel?")


@pytest.fixture
def taken(world, waiting, now):
    """The same, Alice's."""
    return services.pick(conversation_id=waiting.pk, agent=world.agents["alice"], now=now)


@pytest.fixture
def alice(as_user):
    return as_user("alice")


@pytest.fixture
def bob(as_user):
    return as_user("bob")
