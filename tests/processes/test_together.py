"""Agent and customer at the same conversation at once, on PostgreSQL: nobody waits for the other for ever."""

import http.client
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from django.utils import timezone

from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import WebhookReceipt
from conversations import services, writing
from conversations.models import Conversation, Message
from tests.processes.installation import Installation, installed, wait_until
from tests.world import signature, text_params

TEXTS, CONVERSATIONS = 20, 5


def started(settings: Any) -> Any:
    return installed(settings, SENDING_WORKERS="2")


def test_replies_and_texts_in_the_same_conversations_do_not_lock_each_other_out(
    settings: Any, real_passwords: None
) -> None:
    with started(settings) as installation:
        installation.start_web(workers=2)
        installation.start_worker()
        senders = [f"+142555503{n:02d}" for n in range(CONVERSATIONS)]
        for n, sender in enumerate(senders, start=1):
            assert installation.post_text("Hello", number=n, sender=sender) == 200
        wait_until(lambda: Conversation.objects.count() == CONVERSATIONS, what="the conversations are there")
        alice = installation.world.agents["alice"]
        for conversation in Conversation.objects.all():
            services.pick(conversation_id=conversation.pk, agent=alice, now=timezone.now())
        headers = {"Authorization": f"Token {installation.token('alice')}"}

        def reply(conversation_id: int) -> set[int]:
            url = f"{installation.web}/api/v1/conversations/{conversation_id}/reply/"
            answers = [
                requests.post(url, json={"text": f"Reply {n}"}, headers=headers, timeout=60)
                for n in range(TEXTS)
            ]
            return {answer.status_code for answer in answers}

        def write(sender: str) -> set[int]:
            base = 1000 + 100 * senders.index(sender)
            return {installation.post_text(f"Text {n}", number=base + n, sender=sender) for n in range(TEXTS)}

        with ThreadPoolExecutor(2 * CONVERSATIONS) as pool:
            replies = [pool.submit(reply, c.pk) for c in Conversation.objects.all()]
            texts = [pool.submit(write, sender) for sender in senders]
            assert {status for done in replies for status in done.result()} == {201}
            assert {status for done in texts for status in done.result()} == {200}

        wait_until(
            lambda: not WebhookReceipt.objects.filter(state="received").exists(), what="all texts are taken"
        )
        assert not WebhookReceipt.objects.filter(attempts__gt=1).exists(), "a text had to be tried again"
        assert Message.objects.filter(direction="inbound").count() == CONVERSATIONS * (TEXTS + 1)
        assert Message.objects.filter(direction="outbound").count() == CONVERSATIONS * TEXTS


def test_stop_and_the_sender_do_not_lock_each_other_out(settings: Any) -> None:
    with started(settings) as installation:
        installation.start_web()
        installation.start_worker()
        alice = installation.world.agents["alice"]
        senders = [f"+142555504{n:02d}" for n in range(10)]
        for n, sender in enumerate(senders, start=1):
            assert installation.post_text("Hello", number=n, sender=sender) == 200
        wait_until(lambda: Conversation.objects.count() == 10, what="the conversations are there")
        for conversation in Conversation.objects.all():
            services.pick(conversation_id=conversation.pk, agent=alice, now=timezone.now())
            for n in range(5):
                writing.reply(
                    conversation_id=conversation.pk, agent=alice, text=f"Reply {n}", now=timezone.now()
                )

        with ThreadPoolExecutor(10) as pool:
            stops = [
                pool.submit(installation.post_text, "STOP", number=500 + n, sender=s)
                for n, s in enumerate(senders)
            ]
            assert {stop.result() for stop in stops} == {200}

        wait_until(
            lambda: (
                not Delivery.objects.filter(state__in=["pending", "leaving"]).exists()
                and not WebhookReceipt.objects.filter(state="received").exists()
            ),
            seconds=60,
            what="nothing is on its way any more",
        )
        assert not WebhookReceipt.objects.filter(state="failed").exists()
        assert not Delivery.objects.filter(state="unknown").exists()


def test_a_text_in_chunks_is_taken_like_any_other(settings: Any) -> None:
    with started(settings) as installation:
        installation.start_web()

        assert post_in_chunks(installation, "Sent through a proxy that cuts it up") == 200

        body = bytes(WebhookReceipt.objects.get().body)
        assert b"proxy" in body


def post_in_chunks(installation: Installation, text: str) -> int:
    url = installation.world.inbound_url
    params = text_params(text)
    body = urlencode(params).encode()
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": signature(url, params),
        "Transfer-Encoding": "chunked",
    }
    chunks = (body[at : at + 100] for at in range(0, len(body), 100))
    connection.request("POST", urlsplit(url).path, body=chunks, headers=headers, encode_chunked=True)
    return connection.getresponse().status
