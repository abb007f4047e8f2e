"""Two who route the same texts again at once, in processes of their own: each text gets in once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from django.conf import settings as django_settings

from channels_app.models_receipts import InboundText
from conversations.models import Conversation, Message
from omnichannel.lib import queue
from omnichannel.models import AuditEntry
from routing.models import WorkStream
from tests.path.support import write
from tests.processes.installation import installed

TEXTS, SENDERS = 200, 20


def test_two_hundred_texts_that_two_route_again_get_into_conversations_once(
    settings: Any, real_passwords: None
) -> None:
    with installed(settings) as installation:
        WorkStream.objects.update(status="inactive")
        for n in range(1, TEXTS + 1):
            write(installation.world, f"Text {n}", number=n, sender=f"+142555501{n % SENDERS:02}")
        queue.run_all(django_settings.LANES)
        kept = list(InboundText.objects.filter(disposition="unrouted").order_by("id"))
        assert len(kept) == TEXTS
        WorkStream.objects.update(status="active")
        installation.start_web(workers=2)
        header = {"Authorization": f"Token {installation.token('ada')}"}

        def route_all(_: int) -> list[int]:
            address = f"{installation.web}/api/v1/inbound-texts/{{}}/route-again/"
            return [
                requests.post(address.format(text.pk), headers=header, timeout=30).status_code
                for text in kept
            ]

        with ThreadPoolExecutor(2) as pool:
            answers = Counter(status for answered in pool.map(route_all, range(2)) for status in answered)

    assert answers == {200: TEXTS, 409: TEXTS}
    assert set(InboundText.objects.values_list("disposition", flat=True)) == {"conversation"}
    said = Message.objects.filter(direction="inbound").values_list("text", flat=True)
    assert sorted(said) == sorted(text.text for text in kept)
    assert Conversation.objects.count() == SENDERS
    assert AuditEntry.objects.filter(additional_data__what="Routed again").count() == TEXTS
