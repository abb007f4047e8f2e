"""Receipts that came before they told their number and channel learn them from their texts."""

from django.db import migrations
from django.db.models import OuterRef, Subquery

BATCH = 2_000


def learn(apps, schema_editor):
    """In the order of their ids, a batch at a time: each is stored by itself, so that webhooks go on."""
    receipts = apps.get_model("channels_app", "WebhookReceipt").objects
    texts = apps.get_model("channels_app", "InboundText").objects
    after = 0
    while ids := list(receipts.filter(id__gt=after).order_by("id").values_list("id", flat=True)[:BATCH]):
        after = ids[-1]
        number = texts.filter(receipt=OuterRef("pk")).values("number")[:1]
        # All texts are SMS so far.
        receipts.filter(id__range=(ids[0], after), channel="", inbound_text__isnull=False).update(
            number=Subquery(number), channel="sms"
        )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("channels_app", "0006_ids_of_the_erased"),
    ]

    operations = [
        migrations.RunPython(learn, migrations.RunPython.noop, elidable=True),
    ]
