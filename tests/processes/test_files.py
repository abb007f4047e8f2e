"""Files fetched by several processes, one of them killed: each is kept once, nothing is left behind."""

import os
import signal
from pathlib import Path
from typing import Any

from channels_app.models import ProviderAccount
from channels_app.models_media import Media
from conversations.models import Message
from tests.media_host import Answer, media_host, picture
from tests.processes.installation import Installation, descendants, installed, wait_until

SHORT = {"TASK_TIMEOUT_S": "6", "FROZEN_AFTER_S": "30", "DEMO": "true"}
FILES = 10


def fetchers(installation: Installation) -> list[int]:
    """The worker processes of the background lane, by the environment they were started with."""
    found = []
    for pid in descendants(installation.processes["worker"].pid):
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        if b"Q_CLUSTER_NAME=background" in environment:
            found.append(pid)
    return found


def test_a_worker_killed_while_it_fetches_loses_no_file_and_keeps_none_twice(
    settings: Any, tmp_path: Path
) -> None:
    with (
        media_host() as host,
        installed(settings, VAR_DIR=str(tmp_path), BACKGROUND_WORKERS="2", **SHORT) as installation,
    ):
        body = picture(size=(1200, 900), quality=100)
        for n in range(FILES):
            # The first answer drips for half a minute: whoever fetches it is killed meanwhile.
            host.table[f"/m/{n}"] = [Answer(body, pause_s=0.5), Answer(body)] if n < 2 else Answer(body)
        ProviderAccount.objects.update(base_url=host.url)
        installation.start_web()
        installation.start_worker()
        extra = {"NumMedia": str(FILES)}
        for n in range(FILES):
            extra |= {f"MediaUrl{n}": f"{host.url}/m/{n}", f"MediaContentType{n}": "image/jpeg"}
        assert installation.post_text("Look", **extra) == 200
        wait_until(lambda: host.sent > 0, what="a file is on its way")
        for pid in fetchers(installation)[1:]:
            os.kill(pid, signal.SIGKILL)
        wait_until(
            lambda: Media.objects.filter(state="ready").count() == FILES,
            seconds=120,
            what="all files are ready",
        )
        rows = list(Media.objects.order_by("position"))
        kept = {path.relative_to(tmp_path / "media").as_posix() for path in (tmp_path / "media").glob("*/*")}
        assert kept == {name for row in rows for name in (row.file, row.thumbnail)}
        assert all((tmp_path / "media" / row.file).read_bytes() == body for row in rows)
        assert max(row.attempts for row in rows) >= 2, "nobody was killed while fetching"
        message = Message.objects.get(direction="inbound")
        wait_until(
            lambda: not Media.objects.filter(is_news=True).exists(), what="the conversation shows them"
        )
        message.refresh_from_db()
        assert message.version > 1
