"""What files a channel carries: what is wrong with those that shall go out, and how they are parted. Pure."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from channels_app.media_types import extension_of, word_for
from channels_app.providers.base import MediaRules

MB, KB = 1024 * 1024, 1024
# With one file per message, one reply makes at most so many messages.
MOST_AT_ONCE = 10


class Outgoing(Protocol):
    """What is asked of a file that shall go out. Size in bytes; the type is by content."""

    @property
    def name(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def size(self) -> int: ...


F = TypeVar("F", bound=Outgoing)
T = TypeVar("T")


@dataclass(frozen=True)
class Policy:
    """What decides: the channel's rules (None: it carries no files), our switches and our limits."""

    rules: MediaRules | None
    provider: str  # its name, for the sentence
    is_allowed: bool  # the number's switch for attachments from agents
    largest: int  # bytes, whatever the channel would carry
    blocked: frozenset[str] = frozenset()  # extensions


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: with the file at `position`, or (None) with all of them together."""

    position: int | None
    sentence: str


@dataclass(frozen=True)
class Part(Generic[T]):
    """One message: a text, files, or both."""

    text: str
    files: tuple[T, ...] = ()


def size_words(size: int) -> str:
    """Bytes for people: 600 KB, 4.8 MB."""
    if size < KB:
        return f"{size} bytes"
    if size < MB:
        return f"{-(-size // KB)} KB"
    megabytes = size / MB
    return f"{megabytes:.0f} MB" if megabytes == int(megabytes) else f"{megabytes:.1f} MB"


def obstacle(policy: Policy) -> str:
    """Why no file at all can go out; empty when some can."""
    if policy.rules is None:
        return f"{policy.provider} carries no pictures or files."
    if not policy.is_allowed:
        return "Attachments from agents are switched off for this number."
    return ""


def largest_of(content_type: str, policy: Policy) -> int | None:
    """Bytes that a file of this type may have; None: the channel does not carry the type."""
    if policy.rules is None:
        return None
    limits = policy.rules.largest
    found = limits.get(content_type, limits.get(f"{content_type.partition('/')[0]}/*"))
    return None if found is None else min(found, policy.largest)


def check(files: Sequence[Outgoing], policy: Policy) -> tuple[Problem, ...]:
    """Everything that is wrong with these files, in their order; empty when they can go out."""
    if not files:
        return ()
    if why := obstacle(policy):
        return (Problem(None, why),)
    assert policy.rules is not None
    found = [
        Problem(position, f"{file.name or 'A file'}: {sentence}")
        for position, file in enumerate(files)
        if (sentence := _wrong_with(file, policy))
    ]
    most = policy.rules.most_files if policy.rules.most_files > 1 else MOST_AT_ONCE
    if len(files) > most:
        found.append(Problem(None, f"At most {most} files can be sent at once; these are {len(files)}."))
    together, limit = sum(file.size for file in files), policy.rules.largest_together
    if policy.rules.most_files > 1 and limit is not None and together > limit:
        said = f"Together the files have {size_words(together)}; one message carries {size_words(limit)}."
        found.append(Problem(None, said))
    return tuple(found)


def _wrong_with(file: Outgoing, policy: Policy) -> str:
    extension = extension_of(file.name)
    if extension in policy.blocked:
        return f"files with the extension .{extension} are blocked here."
    if file.size == 0:
        return "the file is empty."
    largest = largest_of(file.content_type, policy)
    if largest is None:
        return f"this channel does not carry this type of file ({word_for(file.content_type)})."
    if file.size > largest:
        return f"{size_words(file.size)} is too large; at most {size_words(largest)} can be sent."
    return ""


def split(text: str, files: Sequence[F], rules: MediaRules | None) -> list[Part[F]]:
    """The messages that carry a text and its files, in the order in which they leave.

    A channel with several files per message takes all in one. With one file per message the text rides with
    the first file that takes a caption there, else it goes first, by itself.
    """
    words = text if text.strip() else ""
    if not files:
        return [Part(text)]
    if rules is None or rules.most_files > 1:
        return [Part(words, tuple(files))]
    takes = _takes_caption(rules)
    host = next((n for n, file in enumerate(files) if words and takes(file.content_type)), None)
    parts = [Part(words if n == host else "", (file,)) for n, file in enumerate(files)]
    return parts if host is not None or not words else [Part(words), *parts]


def _takes_caption(rules: MediaRules) -> Callable[[str], bool]:
    captioned: Collection[str] = rules.captioned
    return lambda content_type: content_type.partition("/")[0] in captioned
