"""What can be asked of any row, whatever its model."""

from collections.abc import Container

from django.db import models


def is_referred_to(row: models.Model, *, leaving_out: Container[str] = ()) -> bool:
    """Whether another row keeps this one from being deleted (PROTECT), without loading any of them.

    `leaving_out` names relations that do not count, by what they are called on the row.
    """
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: row.pk}).exists()
        for relation in row._meta.related_objects
        if relation.on_delete is models.PROTECT and relation.get_accessor_name() not in leaving_out
    )
