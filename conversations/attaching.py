"""What the composer must know to refuse a file before it is uploaded: the channel's rules, for desk-files.js.

The server asks channels_app.attachments again; sentences and limits are those of channels_app.media_rules.
"""

import json
from dataclasses import dataclass

from channels_app import media_rules, media_types, outbox
from channels_app.models import Number


@dataclass(frozen=True)
class Attaching:
    """`obstacle`: why there is no attaching at all; else what the file input says of itself."""

    obstacle: str
    accept: str
    rules: str
    words: str


def attaching_of(number: Number) -> Attaching:
    """For the composer of a conversation on this number. Asks the database once."""
    policy = outbox.policy_for(number)
    why = media_rules.obstacle(policy)
    if why or policy.rules is None:
        return Attaching(why, "", "", "")
    largest = {
        content_type: size
        for content_type in media_types.TAKEN
        if (size := media_rules.largest_of(content_type, policy)) is not None
    }
    extensions = [f".{e}" for kind in largest for e in media_types.TAKEN[kind].extensions]
    most = policy.rules.most_files
    rules = {
        "largest": largest,
        "ceiling": policy.largest,
        "most": most if most > 1 else media_rules.MOST_AT_ONCE,
        "together": policy.rules.largest_together if most > 1 else None,
        "blocked": sorted(policy.blocked),
        "never": media_types.NEVER,
        "words": {kind: found.word for kind, found in media_types.TAKEN.items()},
        "extensions": {e: kind for kind, found in media_types.TAKEN.items() for e in found.extensions},
        "same": media_types.SAME,
    }
    biggest = media_rules.size_words(max(largest.values(), default=0))
    return Attaching(
        obstacle="",
        accept=",".join(dict.fromkeys([*largest, *extensions])),
        rules=json.dumps(rules),
        words=f"{biggest} at most",
    )
