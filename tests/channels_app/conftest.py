"""A Twilio at the HTTP seam, and what keeps hundreds of tests quick."""

from collections.abc import Iterator

import pytest
import responses

from channels_app.models import ProviderAccount
from tests.channels_app.support import API
from tests.channels_app.whatsapp import WhatsApp, build_whatsapp
from tests.world import World


@pytest.fixture
def twilio(world: World) -> Iterator[responses.RequestsMock]:
    """Whatever is added here is what Twilio answers; anything else is a refused connection."""
    ProviderAccount.objects.update(base_url=API)
    world.number.refresh_from_db()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def whatsapp(world: World, twilio: responses.RequestsMock) -> WhatsApp:
    """A WhatsApp number at the world's account."""
    return build_whatsapp(world)
