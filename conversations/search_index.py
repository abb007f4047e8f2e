"""The index of what was said, per engine: made here, and asked here for the newest messages with some words.

PostgreSQL: a GIN index of each message's words, and beside them in which stretches of ids the message lies.
However common a word is, it is looked for in a short stretch first and then in ones sixteen times as long: a
word that fills no page of one cannot be in many messages of the next. SQLite: FTS5, kept by triggers.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from omnichannel.lib.marking import Term

# Messages that are read one by one, the newest first, before the index is asked.
WALKED = 2048
# Powers of two: how many ids lie in one stretch, and what begins its name (no letter of any word).
STRETCHES = ((15, "~a"), (19, "~b"), (23, "~c"))
MIGRATION = "0012_search"
TABLE, WORDS = "conversations_message", "conversations_message_words"

# Accents and capitals away, everything but letters and digits a blank; long texts by their beginning. One
# function with no other of ours in it: a dump is restored without our schema in the path.
POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION {WORDS}(said text, message bigint) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT to_tsvector('pg_catalog.simple', translate(
        regexp_replace(normalize(left(said, 10000), NFKD), U&'[\\0300-\\036F]', '', 'g'),
        U&'!"#$%&''()*+,-./:;<=>?@[\\005C]^_`{{|}}~\\00A0\\201C\\201D\\2018\\2019\\201E\\201A\\00AB\\00BB\\2013\\2014\\2026',
        repeat(' ', 50))) || array_to_tsvector(ARRAY[
        {", ".join(f"'{mark}' || (message >> {bits})" for bits, mark in STRETCHES)}]) $$""",
    f"""CREATE INDEX IF NOT EXISTS message_words ON {TABLE} USING gin ({WORDS}(text, id))
    WITH (gin_pending_list_limit = 512) WHERE direction <> 'system'""",
)
_KEEP = f"INSERT INTO {WORDS}(rowid, text) VALUES (new.id, new.text);"
_FORGET = f"INSERT INTO {WORDS}({WORDS}, rowid, text) VALUES ('delete', old.id, old.text);"
SQLITE = (
    f"""CREATE VIRTUAL TABLE IF NOT EXISTS {WORDS} USING fts5(
        text, content='', tokenize="unicode61 remove_diacritics 2")""",
    f"""CREATE TRIGGER IF NOT EXISTS message_words_new AFTER INSERT ON {TABLE}
    WHEN new.direction <> 'system' BEGIN {_KEEP} END""",
    f"""CREATE TRIGGER IF NOT EXISTS message_words_changed AFTER UPDATE OF text ON {TABLE}
    WHEN new.direction <> 'system' AND new.text <> old.text BEGIN {_FORGET} {_KEEP} END""",
    f"""CREATE TRIGGER IF NOT EXISTS message_words_gone AFTER DELETE ON {TABLE}
    WHEN old.direction <> 'system' BEGIN {_FORGET} END""",
)


def install() -> None:
    """Make what is missing of the index; nothing when all is there. Takes in what has been said before."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for statement in POSTGRESQL:
                cursor.execute(statement)
            return
        # Remaking the table, as some migrations do on SQLite, loses its triggers.
        cursor.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'message_words%'"
        )
        if cursor.fetchone()[0] == len(SQLITE) - 1:
            return
        for statement in SQLITE:
            cursor.execute(statement)
        cursor.execute(f"INSERT INTO {WORDS}({WORDS}) VALUES ('delete-all')")
        cursor.execute(
            f"INSERT INTO {WORDS}(rowid, text) SELECT id, text FROM {TABLE} WHERE direction <> 'system'"
        )


def forget() -> None:
    """Let nothing stay in the index of words that are gone, in the caller's transaction.

    PostgreSQL's vacuum does that by itself; SQLite keeps them in its older segments until these are merged.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {WORDS}({WORDS}) VALUES ('optimize')")


def remove() -> None:
    """Take the index away."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP INDEX IF EXISTS message_words")
            cursor.execute(f"DROP FUNCTION IF EXISTS {WORDS}(text, bigint)")
            return
        for name in ("new", "changed", "gone"):
            cursor.execute(f"DROP TRIGGER IF EXISTS message_words_{name}")
        cursor.execute(f"DROP TABLE IF EXISTS {WORDS}")


def newest(terms: Sequence[Term], *, before: int, most: int) -> list[int]:
    """Ids below `before` of at most `most` messages that say all of these, the newest first.

    Without terms, any messages. No lines of the system's. At most five statements.
    """
    if not terms:
        return _any(before, most)
    if connection.vendor != "postgresql":
        return _fts5(terms, before, most)
    found, reached = _walk(terms, before, most)
    for stretches in _stretches(reached):
        if len(found) >= most or reached <= 1:
            break
        found += _in_stretches(terms, stretches, before=reached, most=most - len(found))
        reached = _end(stretches)
    return found


def _any(before: int, most: int) -> list[int]:
    statement = f"SELECT id FROM {TABLE} WHERE id < %s AND direction <> 'system' ORDER BY id DESC LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(statement, [before, most])
        return [pk for (pk,) in cursor.fetchall()]


# --- SQLite -----------------------------------------------------------------------------------------


def _fts5(terms: Sequence[Term], before: int, most: int) -> list[int]:
    """FTS5 walks its rows by id, and stops when it has enough."""
    wanted = " ".join(f'"{" ".join(term.words)}"{" *" if term.is_beginning else ""}' for term in terms)
    statement = (
        f"SELECT rowid FROM {WORDS} WHERE {WORDS} MATCH %s AND rowid < %s ORDER BY rowid DESC LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [wanted, before, most])
        return [pk for (pk,) in cursor.fetchall()]


# --- PostgreSQL -------------------------------------------------------------------------------------


def _stretches(reached: int) -> Iterator[tuple[str, ...]]:
    """Names of the stretches below an id: the one it lies in and the next, of each length, then all."""
    for bits, mark in STRETCHES:
        at = (reached - 1) >> bits
        yield tuple(f"{mark}{number}" for number in (at, at - 1) if number >= 0)
        reached = max((at - 1) << bits, 1)
    yield ()


def _end(stretches: tuple[str, ...]) -> int:
    """The first id of the lowest of these."""
    if not stretches:
        return 1
    bits = next(bits for bits, mark in STRETCHES if stretches[-1].startswith(mark))
    return max(int(stretches[-1][2:]) << bits, 1)


def _asked(terms: Sequence[Term]) -> tuple[str, list[Any]]:
    """The tsquery for all terms as SQL with its parameters."""
    parts, values = [], []
    for term in terms:
        if term.is_beginning:
            # Letters and digits alone: nothing to be escaped.
            parts.append("%s::tsquery")
            values.append(" <-> ".join([*(f"'{w}'" for w in term.words[:-1]), f"'{term.words[-1]}':*"]))
        else:
            parts.append("phraseto_tsquery('pg_catalog.simple', %s)")
            values.append(" ".join(term.words))
    return " && ".join(parts), values


def _walk(terms: Sequence[Term], before: int, most: int) -> tuple[list[int], int]:
    """Those among the newest messages, and how far down these reach."""
    wanted, values = _asked(terms)
    statement = (
        f"WITH newest AS MATERIALIZED (SELECT id, text, direction FROM {TABLE} WHERE id < %s "
        f"ORDER BY id DESC LIMIT {WALKED}) SELECT (SELECT min(id) FROM newest), ARRAY(SELECT id FROM newest "
        f"WHERE direction <> 'system' AND {WORDS}(text, id) @@ ({wanted}) ORDER BY id DESC LIMIT %s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [before, *values, most])
        reached, found = cursor.fetchone()
    return list(found), reached or 1


def _in_stretches(terms: Sequence[Term], names: tuple[str, ...], *, before: int, most: int) -> list[int]:
    wanted, values = _asked(terms)
    if names:
        wanted += " && %s::tsquery"
        values.append(" | ".join(f"'{name}'" for name in names))
    statement = (
        f"WITH found AS MATERIALIZED (SELECT id FROM {TABLE} WHERE direction <> 'system' AND "
        f"{WORDS}(text, id) @@ ({wanted})) SELECT id FROM found WHERE id < %s ORDER BY id DESC LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, before, most])
        return [pk for (pk,) in cursor.fetchall()]


# --- moments ----------------------------------------------------------------------------------------


def first_since(moment: datetime) -> int:
    """The first id of the messages from this moment on: ids and moments grow together. One statement."""
    at_middle = f"(SELECT created_at FROM {TABLE} WHERE id >= (lo + hi) / 2 ORDER BY id LIMIT 1)"
    statement = (
        "WITH RECURSIVE halves(lo, hi) AS ("
        f"SELECT coalesce(min(id), 1) - 1, coalesce(max(id), 0) + 1 FROM {TABLE} "
        f"UNION ALL SELECT CASE WHEN {at_middle} < %s THEN (lo + hi) / 2 ELSE lo END, "
        f"CASE WHEN {at_middle} < %s THEN hi ELSE (lo + hi) / 2 END FROM halves WHERE hi - lo > 1) "
        "SELECT min(hi) FROM halves"
    )
    value = connection.ops.adapt_datetimefield_value(moment)
    with connection.cursor() as cursor:
        cursor.execute(statement, [value, value])
        return int(cursor.fetchone()[0])
