"""Nudges: words without data that make an open page ask for news. Who hears which, and how they are merged.

A topic is a letter and a number: `a12` the agent 12, `c34` the conversation 34, `q5` what waits in queue 5,
`w5` everything in queue 5; `q*` and `w*` are those of all queues. A page hears NOW for what it is about and
SOON for what only changes a list or a count, and then asks the feed.
"""

import asyncio
from collections.abc import Iterable

from django.core import signing

LANE = "nudges"
NOW, SOON = "now", "soon"
# Seconds from the making of a token until it must have been used.
TOKEN_S = 60
OWN = "ac"
EVERYTHING = "*"


def sign(topics: Iterable[str]) -> str:
    """The right to hear these topics, to be used within TOKEN_S."""
    return signing.dumps(sorted(topics), salt=LANE)


def read(token: str) -> list[str]:
    """The topics of a token; raises signing.BadSignature when it is forged or too old."""
    topics: list[str] = signing.loads(token, salt=LANE, max_age=TOKEN_S)
    return topics


class Stream:
    """One open page: what it hears, and what it was not told yet."""

    def __init__(self, topics: Iterable[str]) -> None:
        self.topics = frozenset(topics)
        self.news = asyncio.Event()
        self.is_over = False
        self._word = ""

    def tell(self, word: str) -> None:
        """NOW or SOON; together they are NOW."""
        if self._word != NOW:
            self._word = word
        self.news.set()

    def end(self) -> None:
        """Nobody is there any more."""
        self.is_over = True
        self.news.set()

    def take(self) -> str:
        """What is to be said; empty for nothing."""
        word, self._word = self._word, ""
        self.news.clear()
        return word


class Hub:
    """The streams of one process, by what they hear."""

    def __init__(self) -> None:
        self._by_topic: dict[str, set[Stream]] = {}
        self._all: set[Stream] = set()

    def __len__(self) -> int:
        return len(self._all)

    def join(self, stream: Stream) -> None:
        """Tell this one too."""
        self._all.add(stream)
        for topic in stream.topics:
            self._by_topic.setdefault(topic, set()).add(stream)

    def leave(self, stream: Stream) -> None:
        """Forget it."""
        self._all.discard(stream)
        for topic in stream.topics:
            heard = self._by_topic.get(topic, set())
            heard.discard(stream)
            if not heard:
                self._by_topic.pop(topic, None)

    def tell(self, words: Iterable[str]) -> None:
        """Something happened to these topics, several in a word with blanks between them."""
        for topic in {topic for word in words for topic in word.split()}:
            if topic == EVERYTHING:
                heard: Iterable[Stream] = self._all
            else:
                every = self._by_topic.get(f"{topic[0]}*", set())
                heard = self._by_topic.get(topic, set()) | every
            for stream in heard:
                stream.tell(NOW if topic[0] in OWN else SOON)
