from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("routing", "0003_conditions_into_rules")]

    operations = [
        migrations.RemoveField(model_name="routingrule", name="match"),
        migrations.DeleteModel(name="RoutingCondition"),
    ]
