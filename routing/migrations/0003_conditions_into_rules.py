from django.db import migrations


def move(apps, schema_editor):
    """Each rule's rows become its condition; the rules of a stream are numbered from 1 without gaps."""
    rules = apps.get_model("routing", "RoutingRule").objects.prefetch_related("conditions")
    places = {}
    for rule in rules.order_by("work_stream_id", "position", "id"):
        rows = sorted(rule.conditions.all(), key=lambda row: row.pk)
        conditions = [{"field": r.field, "operator": r.operator, "value": r.value} for r in rows]
        rule.condition = {"match": rule.match, "conditions": conditions}
        places[rule.work_stream_id] = rule.position = places.get(rule.work_stream_id, 0) + 1
        rule.save(update_fields=["condition", "position"])


class Migration(migrations.Migration):
    dependencies = [("routing", "0002_rule_condition")]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
