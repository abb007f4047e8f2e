"""Fill the columns that names are looked up by."""

from django.db import migrations

from omnichannel.lib.folding import fold

COLUMNS = {
    "Account": {"name_key": "name"},
    "Contact": {"first_key": "first_name", "last_key": "last_name", "email_key": "email"},
    "Address": {"profile_key": "profile_name"},
}
AT_ONCE = 1000


def fill(apps, schema_editor):
    for name, columns in COLUMNS.items():
        model, last = apps.get_model("contacts", name), 0
        while rows := list(model.objects.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
            for row in rows:
                for key, source in columns.items():
                    setattr(row, key, fold(getattr(row, source) or "")[:300])
            model.objects.bulk_update(rows, list(columns))
            last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [("contacts", "0002_customers")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
