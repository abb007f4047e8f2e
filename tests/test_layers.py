"""Dependencies point downwards only: imports, and strings that are imports in disguise."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIB = "omnichannel.lib"
# docs/architecture.md. Peers share a floor and do not know each other; what is not built yet has its place.
FLOORS = {
    LIB: 0,
    "agents": 1,
    "contacts": 1,
    "routing": 2,
    "channels_app": 3,
    "conversations": 4,
    "assistants": 5,
    "marketing": 5,
    "omnichannel": 6,
    "simulator": 0,
}
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)
FILES = (".json", ".html", ".txt", ".css", ".js", ".sqlite3")


def room_of(dotted: str) -> str | None:
    """The room a dotted name leads into; None for what is not ours."""
    if dotted == LIB or dotted.startswith(f"{LIB}."):
        return LIB
    first = dotted.partition(".")[0]
    return first if first in FLOORS else None


def may(user: str, used: str) -> bool:
    """Whether a room may know another."""
    if user == used:
        return True
    if "simulator" in {user, used}:
        return False
    return used == LIB or FLOORS[used] < FLOORS[user]


def names_in(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything that a module imports, by statement or by string."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=module, level=level, names=names):
                above = package.split(".")[: len(package.split(".")) - level + 1] if level else []
                base = ".".join([*above, *([module] if module else [])])
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in names)
            case ast.Constant(value=str(text)) if _is_a_path(text):
                yield node.lineno, text


def _is_a_path(text: str) -> bool:
    return DOTTED.fullmatch(text) is not None and not text.endswith(FILES)


def wrong_lines(path: str, source: str) -> list[str]:
    """What in a module points up or sideways, each with its file and line."""
    module = path.removesuffix(".py").replace("/", ".")
    room, package = room_of(module), module.rpartition(".")[0]
    assert room is not None, path
    names = names_in(source, package)
    return [
        f"{path}:{line}: {room} must not know {name}"
        for line, name in sorted(set(names))
        if (used := room_of(name)) is not None and not may(room, used)
    ]


def modules() -> list[Path]:
    """Every module of ours but the migrations."""
    rooms = {name.partition(".")[0] for name in FLOORS}
    found = (path for room in sorted(rooms) for path in (ROOT / room).rglob("*.py"))
    return [path.relative_to(ROOT) for path in found if "migrations" not in path.parts]


def test_there_is_something_to_look_at():
    assert len(modules()) > 50
    assert Path("omnichannel/lib/phones.py") in modules()
    assert Path("channels_app/providers/twilio.py") in modules()


def test_dependencies_point_downwards():
    wrong = [line for path in modules() for line in wrong_lines(path.as_posix(), (ROOT / path).read_text())]
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_room_is_on_a_floor():
    rooms = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert rooms <= set(FLOORS)


# --- the test of the test -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("routing/rules.py", "import conversations.services"),
        ("routing/rules.py", "import conversations"),
        ("routing/rules.py", "from conversations import services"),
        ("routing/rules.py", "from channels_app.models import Delivery as D"),
        ("routing/rules.py", "def f():\n    from channels_app import outbox"),
        ("agents/models.py", "from contacts.models import Contact"),
        ("contacts/models.py", "from agents import roles"),
        ("assistants/tasks.py", "import marketing.models"),
        ("marketing/tasks.py", "from assistants import models"),
        ("channels_app/tasks.py", "async_task('conversations.tasks.take_receipts')"),
        ("channels_app/models.py", "models.ForeignKey('conversations.Conversation', on_delete=1)"),
        ("contacts/models.py", "get_model('routing.Queue')"),
        ("conversations/models.py", "import omnichannel.urls"),
        ("conversations/models.py", "from omnichannel import tasks"),
        ("conversations/models.py", "import_string('omnichannel.tasks.beat')"),
        ("omnichannel/lib/queue.py", "from agents.models import User"),
        ("omnichannel/lib/queue.py", "from omnichannel import settings"),
        ("omnichannel/lib/queue.py", "from .. import settings"),
        ("omnichannel/lib/queue.py", "import_string('conversations.tasks.x')"),
        ("conversations/tasks.py", "import simulator.app"),
        ("simulator/app.py", "from omnichannel.lib import phones"),
        ("simulator/app.py", "from channels_app import models"),
        ("channels_app/providers/base.py", "from ...conversations import services"),
        ("routing/admin.py", "template = 'conversations.admin.Thread'"),
    ],
)
def test_a_wrong_line_is_found_with_its_place(path, line):
    found = wrong_lines(path, f"import os\n{line}\n")
    assert len(found) == 1
    assert found[0].startswith(f"{path}:{2 + line.count(chr(10))}: ")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("conversations/services.py", "from channels_app import outbox"),
        ("conversations/services.py", "from omnichannel.lib.queue import drain"),
        ("conversations/services.py", "from omnichannel.lib import phones"),
        ("conversations/services.py", "from .models import State"),
        ("channels_app/models.py", "models.ForeignKey('routing.WorkStream', on_delete=1)"),
        ("agents/models.py", "from django.db import models"),
        ("omnichannel/settings.py", "TASK = 'conversations.tasks.take_receipts'"),
        ("omnichannel/lib/queue.py", "from omnichannel.lib.transports import Transport"),
        ("omnichannel/lib/http.py", "from . import redact"),
        ("routing/rules.py", "said = 'see conversations.services for the rest'"),
        ("routing/rules.py", "url = 'conversations/x.html'"),
        ("omnichannel/demo.py", "path = 'simulator.json'"),
        ("simulator/app.py", "from simulator.state import Phone"),
        ("omnichannel/urls.py", "import channels_app.urls"),
    ],
)
def test_a_right_line_is_left_alone(path, line):
    assert wrong_lines(path, f"{line}\n") == []
