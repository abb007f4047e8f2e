"""The index of what was said: full text on PostgreSQL, FTS5 on SQLite (conversations/search_index.py)."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from conversations import search_index


def make(_: Apps, __: BaseDatabaseSchemaEditor) -> None:
    """What has been said until now is taken in."""
    search_index.install()


def unmake(_: Apps, __: BaseDatabaseSchemaEditor) -> None:
    """Nothing of it stays."""
    search_index.remove()


class Migration(migrations.Migration):
    dependencies = [("conversations", "0011_quick_replies")]
    operations = [migrations.RunPython(make, unmake)]
