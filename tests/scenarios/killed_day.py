"""The child of the kill tests: rehearses a day and tells over a pipe how far each sale has come.

``killed_day.py PIPE MARK COUNT WORDS…``: at the COUNT-th time that it passes MARK it stops there and waits to be killed; COUNT
0 never stops. WORDS are those of ``pult rehearse``.
"""

import argparse
import os
import sys
import time
from collections import Counter

from desktop.commands import rehearse
from desktop.commands.rehearse.day import Mark


class Marks:
    """Writes each mark to the pipe before it goes on."""

    def __init__(self, pipe: int, stop_at: str, count: int) -> None:
        self._pipe, self._stop_at, self._count = pipe, stop_at, count
        self._seen: Counter[str] = Counter()

    def __call__(self, mark: Mark) -> None:
        os.write(self._pipe, f"{mark.value}\n".encode())
        self._seen[mark.value] += 1
        if mark.value == self._stop_at and self._seen[mark.value] == self._count:
            time.sleep(60)  # stays right here until it is killed


def main(words: list[str]) -> int:
    pipe, mark, count, *rest = words
    parser = argparse.ArgumentParser()
    rehearse.add_arguments(parser)
    return rehearse.rehearse(parser.parse_args(rest), Marks(int(pipe), mark, int(count)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
