"""What is typed after / at the start of a text: commands, and words to find quick replies by."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

LONGEST = 100


@dataclass(frozen=True)
class Command:
    """One command; `needs` is what the situation must offer for it (empty: it always makes sense)."""

    word: str
    says: str
    needs: str = ""

    @property
    def takes_rest(self) -> bool:
        """Whether what follows the command is a text, which goes where the command leads."""
        return self.word in {"p", "i"}


COMMANDS = (
    Command("p", "Public: write to the customer", "reply"),
    Command("i", "Internal: write to colleagues", "note"),
    Command("q", "Quick replies"),
    Command("tq", "Transfer to a queue", "transfer"),
    Command("end", "End: mark as resolved", "end"),
    Command("close", "Close session", "close-session"),
)


@dataclass(frozen=True)
class Asked:
    """What is looked for: `commands` that fit, and words of quick replies (None: not looked for)."""

    commands: Sequence[Command]
    find: str | None


def asked(typed: str, *, offered: Collection[str]) -> Asked:
    """Read what was typed. Without / it is words to find; `offered` are the needs that are met."""
    typed = typed.replace("\x00", "")[:LONGEST].strip()
    if not typed.startswith("/"):
        return Asked((), typed)
    word, _, rest = typed[1:].partition(" ")
    there = [command for command in COMMANDS if not command.needs or command.needs in offered]
    if word == "q":
        return Asked((), rest.strip())
    if rest:
        fitting = [command for command in there if command.word == word and command.takes_rest]
    else:
        fitting = [command for command in there if command.word.startswith(word)]
    return Asked(fitting, None if rest and fitting else typed[1:].strip())
