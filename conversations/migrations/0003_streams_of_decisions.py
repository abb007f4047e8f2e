from django.db import migrations, models


def fill(apps, schema_editor):
    """Each decision's stream is its conversation's; in batches, by id."""
    decisions = apps.get_model("conversations", "RoutingDecision").objects
    conversations = apps.get_model("conversations", "Conversation").objects
    stream = conversations.filter(pk=models.OuterRef("conversation_id")).values("work_stream_id")[:1]
    last = decisions.aggregate(last=models.Max("id"))["last"] or 0
    for start in range(0, last + 1, 5000):
        batch = decisions.filter(id__gt=start, id__lte=start + 5000, work_stream=None)
        batch.update(work_stream_id=models.Subquery(stream))


class Migration(migrations.Migration):
    dependencies = [("conversations", "0002_decision_of_stream")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
