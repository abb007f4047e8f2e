"""A Twilio at the HTTP seam, and what keeps hundreds of tests quick."""

from collections.abc import Iterator
from typing import Any

import pytest
import responses

from channels_app.models import ProviderAccount
from tests.channels_app.support import API
from tests.world import World, build_world


@pytest.fixture(autouse=True)
def without_static_files(settings: Any) -> None:
    """Nobody asks for them here, and each new client would read them all."""
    settings.WHITENOISE_USE_FINDERS = False


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    """The small installation; its roles are there already, made after the migrations."""
    monkeypatch.setattr("tests.world.sync_roles", lambda: None)
    return build_world()


@pytest.fixture
def twilio(world: World) -> Iterator[responses.RequestsMock]:
    """Whatever is added here is what Twilio answers; anything else is a refused connection."""
    ProviderAccount.objects.update(base_url=API)
    world.number.refresh_from_db()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock
