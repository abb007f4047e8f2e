"""From what an agent attached to what goes out: looked at, checked against the channel, then stored."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile

from channels_app import media, media_files, media_rules, media_types, outbox
from channels_app.media_files import StoredFile
from channels_app.models import Number
from routing.channels import blocked_extensions


class NotTaken(ValueError):
    """Files that cannot go out; nothing was stored. `problems` says of each what is wrong."""

    def __init__(self, problems: Sequence[media_rules.Problem]) -> None:
        super().__init__(" ".join(problem.sentence for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Attached:
    """An uploaded file as it was looked at; `data` is empty when it is too large to be read."""

    name: str
    content_type: str
    size: int
    problem: str
    data: bytes


@contextmanager
def taken(uploads: Sequence[UploadedFile], *, number: Number) -> Iterator[tuple[StoredFile, ...]]:
    """Store uploaded files for the time of a block that writes their rows; raises NotTaken before it.

    Whatever no row names when the block ends (it raised, or it was a repetition) is removed again. Begin it
    outside any transaction: storages are other machines.
    """
    kept: list[StoredFile] = []
    try:
        for each in checked(uploads, number=number):
            kept.append(media_files.keep(each.data, content_type=each.content_type, name=each.name))
        yield tuple(kept)
    finally:
        media_files.discard([file.file for file in kept])


def checked(uploads: Sequence[UploadedFile], *, number: Number) -> list[Attached]:
    """Look at each file; raises NotTaken with everything that is wrong."""
    policy = outbox.policy_for(number)
    if not uploads:
        return []
    if why := media_rules.obstacle(policy):
        raise NotTaken([media_rules.Problem(None, why)])
    blocked = blocked_extensions(number.channel)
    found = [_looked_at(upload, blocked) for upload in uploads[: media_rules.MOST_AT_ONCE + 1]]
    problems = [
        media_rules.Problem(position, f"{each.name or 'A file'}: {each.problem}")
        for position, each in enumerate(found)
        if each.problem
    ]
    wrong = {problem.position for problem in problems}
    problems += [each for each in media_rules.check(found, policy) if each.position not in wrong]
    if problems:
        raise NotTaken(sorted(problems, key=lambda each: (each.position is None, each.position or 0)))
    return found


def _looked_at(upload: UploadedFile, blocked: frozenset[str]) -> Attached:
    name = media_types.clean_name(upload.name or "")
    said, size = media_types.bare_type(upload.content_type or ""), int(upload.size or 0)
    if size > media.largest():
        most = media_rules.size_words(media.largest())
        problem = f"{media_rules.size_words(size)} is too large; at most {most} can be sent."
        return Attached(name, said, size, problem, b"")
    upload.seek(0)
    data = upload.read()
    looked = media_types.look(data, declared=said, name=name, blocked=blocked)
    return Attached(name, looked.content_type, size, looked.problem, data)
