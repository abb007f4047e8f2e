"""A transcript as PDF."""

from conversations import transcript
from conversations.models import Conversation
from conversations.transcript import Wish
from omnichannel.lib.papers import Paper

# The file is made in memory, within a request: what is longer is for the text file.
MOST_ENTRIES = 1000


def as_pdf(conversation: Conversation, *, wish: Wish) -> bytes:
    """The file; of a very long conversation its latest MOST_ENTRIES, and it says so."""
    left_out = max(0, transcript.count(conversation, wish=wish) - MOST_ENTRIES)
    paper = Paper(f"Conversation with {conversation.title}")
    for label, value in transcript.heads(conversation, wish=wish):
        paper.paragraph(f"{label}: {value}")
    if left_out:
        paper.heading(f"The first {left_out} messages are left out. The text file has all of them.")
    day = ""
    for entry in transcript.entries(conversation, wish=wish, skip=left_out):
        if entry.day != day:
            day = entry.day
            paper.heading(day)
        paper.label(f"{entry.at:%H:%M}  {entry.who}" if entry.who else f"{entry.at:%H:%M}  {entry.text}")
        if entry.who and entry.text:
            paper.paragraph(entry.text, indent_mm=4)
        for note in entry.notes:
            paper.paragraph(f"({note})", indent_mm=4)
    return paper.made()
