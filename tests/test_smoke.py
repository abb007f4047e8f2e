import pytest

from channels_app.models import WebhookReceipt
from conversations.models import Conversation, Message
from conversations import services
from django.utils import timezone
from tests.world import post_webhook, text_params
from channels_app.models import Delivery


def test_smoke(world, drain, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        r = post_webhook(world.inbound_url, text_params("Hello"))
    assert r.status_code == 200, r.content
    assert WebhookReceipt.objects.get().state == "received"
    from conversations import inbound
    with django_assert_max_num_queries(40) as c:
        inbound.take_one()
    print(len(c.captured_queries)); [print(q["sql"][:150]) for q in c.captured_queries]
    drain()
    assert WebhookReceipt.objects.get().state == "done", WebhookReceipt.objects.get().reason
    c = Conversation.objects.get()
    print(list(c.messages.values_list("direction","text")), c.title)
    services.pick(conversation_id=c.pk, agent=world.agents["alice"], now=timezone.now())
    services.reply(conversation_id=c.pk, agent=world.agents["alice"], text="hi back", now=timezone.now())
    drain()
    d = Delivery.objects.get()
    print(d.state, d.explanation, list(d.events.values_list("word", flat=True)))
