"""The server's log: JSON lines, one file a day, kept for a year and no longer."""

from __future__ import annotations

import logging
import re
import sys
from datetime import UTC, datetime, timedelta
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path
from typing import Final

from sync.server.measures import JsonLines

LOG_DAYS: Final = 365
_NAME: Final = "pult-server.log"
_DAY: Final = re.compile(re.escape(_NAME) + r"\.(\d{4}-\d\d-\d\d)")


class DailyFile(TimedRotatingFileHandler):
    """A file a day. Old ones go by their day, not by their number: a server that does not write every day would keep them for longer."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / _NAME, when="midnight", backupCount=LOG_DAYS, utc=True, encoding="utf-8")
        for one in self.getFilesToDelete():
            Path(one).unlink(missing_ok=True)

    def getFilesToDelete(self) -> list[str]:  # the standard library's name
        first = (datetime.now(UTC).date() - timedelta(days=LOG_DAYS)).isoformat()
        folder = Path(self.baseFilename).parent
        days = ((path, _DAY.fullmatch(path.name)) for path in folder.iterdir())
        return [str(path) for path, day in days if day is not None and day[1] < first]


def set_up_log(folder: Path | None) -> None:
    """JSON lines to a file a day in `folder`, or to the standard error."""
    handler: logging.Handler
    if folder is None:
        handler = logging.StreamHandler(sys.stderr)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        handler = DailyFile(folder)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("uvicorn.error", "uvicorn.access"):  # the access log writes addresses with all that is asked for
        logging.getLogger(name).setLevel(logging.WARNING)
