import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0003_streams_of_decisions")]

    operations = [
        migrations.AlterField(
            model_name="routingdecision",
            name="work_stream",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions",
                db_index=False,
                to="routing.workstream",
            ),
        ),
        migrations.AddIndex(
            model_name="routingdecision",
            index=models.Index(fields=["work_stream", "-decided_at", "-id"], name="decision_of_stream"),
        ),
    ]
