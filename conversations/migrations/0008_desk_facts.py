"""What lists ask for is filled in from what there is."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Exists, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce


def fill(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    """A customer waits since the first text after our last one."""
    conversation = apps.get_model("conversations", "Conversation")
    said = apps.get_model("conversations", "Message").objects.filter(conversation=OuterRef("pk"))
    inbound = said.filter(direction="inbound").order_by().values("conversation")
    conversation.objects.update(
        last_inbound_seq=Coalesce(Subquery(inbound.annotate(last=Max("seq")).values("last")), 0),
        has_internal_message=Exists(said.filter(direction="internal")),
        has_failed_message=Exists(said.filter(delivery__state__in=["failed", "undelivered", "canceled"])),
    )
    answered = said.filter(direction="outbound").order_by("-seq").values("seq")[:1]
    unanswered = said.filter(direction="inbound", seq__gt=Coalesce(Subquery(answered), 0)).order_by("seq")
    conversation.objects.exclude(state="closed").update(
        customer_waits_since=Subquery(unanswered.values("created_at")[:1])
    )


class Migration(migrations.Migration):
    dependencies = [("conversations", "0007_desk")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
