"""Texts that arrive while their senders are merged are not lost."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection
from django.utils import timezone

from channels_app.models_receipts import WebhookReceipt
from contacts import merging
from contacts.models import Contact
from conversations.models import Conversation, Message
from tests.processes.installation import installed, wait_until

ROUNDS, TEXTS = 6, 4


def merge_and_part(ids: list[int]) -> None:
    try:
        for _ in range(ROUNDS):
            made = merging.merge(ids=ids, chosen={}, by="ada", now=timezone.now())
            merging.undo(made, by="ada", now=timezone.now())
    finally:
        connection.close()


def test_no_text_is_lost_while_contacts_are_merged_and_parted(settings: Any) -> None:
    numbers = ["+14255550161", "+14255550162"]
    contacts = [Contact.objects.create(last_name=f"C{n}", mobile_phone=n) for n in numbers]
    with installed(settings) as installation:
        installation.start_web()
        installation.start_worker()
        with ThreadPoolExecutor(4) as pool:
            work = pool.submit(merge_and_part, [c.pk for c in contacts])
            posts = [
                pool.submit(installation.post_text, f"Text {n}", number=n, sender=numbers[n % 2])
                for n in range(1, ROUNDS * TEXTS + 1)
            ]
            assert {post.result() for post in posts} == {200}
            work.result()
        wait_until(lambda: not WebhookReceipt.objects.filter(state="received").exists(), what="all are taken")

    assert Message.objects.filter(direction="inbound").count() == ROUNDS * TEXTS
    assert set(WebhookReceipt.objects.values_list("state", flat=True)) == {"done"}
    assert Conversation.objects.count() == 2
    assert Contact.objects.count() == 2
