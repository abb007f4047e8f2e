"""What came before a column is found by it as well."""

from importlib import import_module

import pytest
from django.apps import apps

from channels_app.models_receipts import InboundText, WebhookReceipt
from tests.world import World, post_webhook, text_params

learn = import_module("channels_app.migrations.0007_receipts_number").learn


def test_old_receipts_learn_their_number_and_channel(
    world: World, drain: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        post_webhook(world.inbound_url, text_params("Hello", number=number))
    drain()  # type: ignore[operator]
    expected = list(WebhookReceipt.objects.order_by("id").values_list("number", "channel"))
    assert expected == [(world.number.pk, "sms")] * 3
    InboundText.objects.filter(receipt=WebhookReceipt.objects.latest("id")).update(receipt=None)
    WebhookReceipt.objects.update(number=None, channel="")
    monkeypatch.setitem(learn.__globals__, "BATCH", 2)

    learn(apps, None)

    found = list(WebhookReceipt.objects.order_by("id").values_list("number", "channel"))
    assert found == [*expected[:2], (None, "")]
