"""Names made comparable, and looking for their beginning by an index on every database."""

import unicodedata
from typing import Any

from django.db import connection, models
from django.db.models import Q

# Sorts after every character that can follow a beginning.
LAST = "\U0010ffff"


def fold(text: str) -> str:
    """The text without case, accents and superfluous blanks: “ Müller ” and “MULLER” are alike."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


def begins(field: str, beginning: str) -> Q:
    """Rows whose column begins with this text, such that the column's index serves it.

    PostgreSQL has an index for LIKE beside each indexed text column; SQLite compares bytes, so a range does.
    """
    if connection.vendor == "postgresql":
        return Q(**{f"{field}__startswith": beginning})
    return Q(**{f"{field}__gte": beginning, f"{field}__lt": beginning + LAST})


class FoldedField(models.CharField):
    """The folded form of another column of the row, kept in step whenever the row is saved, and indexed."""

    def __init__(self, *args: Any, of: str, **options: Any) -> None:
        self.of = of
        fixed = {"max_length": 300, "editable": False, "default": "", "db_index": True}
        super().__init__(*args, **{**fixed, **options})

    def deconstruct(self) -> Any:
        """For migrations."""
        name, path, args, options = super().deconstruct()
        return name, path, args, {**options, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """The folded text; also the instance's attribute."""
        folded = fold(getattr(model_instance, self.of) or "")[: self.max_length]
        setattr(model_instance, self.attname, folded)
        return folded
