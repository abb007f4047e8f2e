import routing.models
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("routing", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="routingrule",
            name="condition",
            field=models.JSONField(default=routing.models.no_condition),
        ),
    ]
