"""The virtual printer as a program of its own."""

import os
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

from printing.profiles import PROFILES
from printing.rendering import render
from printing.transports.address import open_transport, parse_address
from printing.transports.base import Timings
from tests.printing.papers import every_block

ROOT = Path(__file__).parents[2]


def test_it_logs_papers_and_keeps_pictures(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "printing.virtual", "--port", "0", "--pictures", str(tmp_path)]
    program = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONIOENCODING": "utf-8"}
    )
    assert program.stdout is not None
    try:
        address = program.stdout.readline().split()[-1]
        data = render(every_block(), PROFILES["epson-tm-80"]).data
        transport = open_transport(parse_address(address), Timings())
        transport.send(data, lambda: False)
        transport.close()
        assert program.stdout.readline() == "--- paper 1 ---\n"
        assert program.stdout.readline().strip() == "Salon Živa"
        until = time.monotonic() + 20
        while not (tmp_path / "paper-0001.png").exists():
            assert time.monotonic() < until
            time.sleep(0.02)
    finally:
        program.terminate()
        program.wait(20)
        program.stdout.close()
    assert program.returncode == 0
    with Image.open(tmp_path / "paper-0001.png") as picture:
        assert picture.width == 576 + 64
