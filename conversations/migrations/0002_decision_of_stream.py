import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("routing", "0004_without_condition_rows"), ("conversations", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="routingdecision",
            name="work_stream",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions",
                db_index=False,
                to="routing.workstream",
            ),
        ),
    ]
