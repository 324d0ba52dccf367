"""The guards of tests/guards.py can fail, and put async tests on the right loop."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import keyring
import pytest
from keyring.errors import NoKeyringError

pytest_plugins = ["pytester"]

GUARDS = Path(__file__).parents[1] / "guards.py"
VIEWS = "tests/desktop/sales/views"


def run(pytester: pytest.Pytester, sources: Mapping[str, str]) -> pytest.RunResult:
    """Runs test files (path → source) in a project of its own under this project's guards."""
    settings = 'addopts = "--import-mode=importlib"\nasyncio_mode = "auto"\nqt_api = "pyside6"\n'
    pytester.makepyprojecttoml(f"[tool.pytest.ini_options]\n{settings}")
    for path, source in {"tests/conftest.py": GUARDS.read_text(encoding="utf-8"), **sources}.items():
        file = pytester.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", "tests")


LOOSE = """
import asyncio
KEEP = []

async def fail():
    raise ValueError("x")

async def test_still_running():
    KEEP.append(asyncio.create_task(asyncio.sleep(60)))

async def test_failed_unseen():
    KEEP.append(asyncio.create_task(fail()))
    await asyncio.sleep(0.01)

async def test_dropped():
    asyncio.create_task(fail())
    await asyncio.sleep(0.01)

async def test_failed_callback():
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0.01)

async def test_awaited_or_cancelled_is_fine():
    await asyncio.create_task(asyncio.sleep(0))
    asyncio.create_task(asyncio.sleep(60)).cancel()
"""


@pytest.mark.parametrize("folder", ["tests/fiscal", VIEWS])
def test_a_loose_task_fails_its_test_and_no_other(pytester: pytest.Pytester, folder: str) -> None:
    result = run(pytester, {f"{folder}/test_it.py": LOOSE})
    result.assert_outcomes(passed=5, errors=4)
    result.stdout.fnmatch_lines_random(
        ["*still running: *", "*failed unseen: *", "*never retrieved: ValueError*", "*ZeroDivisionError*"]
    )


def loop_test(loop: str, head: str = "async def test_it():") -> str:
    return f"import asyncio, pytest\n{head}\n    assert {loop!r} == type(asyncio.get_running_loop()).__module__.split('.')[0]\n"


def test_the_folder_a_fixture_or_the_marker_decides_the_loop(pytester: pytest.Pytester) -> None:
    sources = {
        "tests/fiscal/test_it.py": loop_test("asyncio"),
        "tests/desktop/sales/test_it.py": loop_test("asyncio"),
        f"{VIEWS}/test_it.py": loop_test("qasync"),
        "tests/desktop/shell/test_it.py": loop_test("qasync"),
        "tests/desktop/widgets/test_it.py": loop_test("qasync"),
        "tests/printing/test_preview_colours.py": loop_test("qasync"),
        "tests/scenarios/test_marker.py": loop_test("qasync", "@pytest.mark.qt\nasync def test_it():"),
        "tests/scenarios/test_fixture.py": loop_test("qasync", "async def test_it(qtbot):"),
    }
    run(pytester, sources).assert_outcomes(passed=len(sources))


def test_reaching_another_machine_fails_even_when_swallowed(pytester: pytest.Pytester) -> None:
    source = (
        "import socket\ndef test_it():\n    try:\n        socket.create_connection(('192.0.2.1', 80), 1)\n"
        "    except OSError:\n        pass\n"
    )
    result = run(pytester, {"tests/test_it.py": source})
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*192.0.2.1*"])


def test_a_skip_fails_the_run(pytester: pytest.Pytester) -> None:
    reasons = {
        "skip": "import pytest\ndef test_it():\n    pytest.skip('no time')\n",
        "mark": "import pytest\n@pytest.mark.skip(reason='no time')\ndef test_it(): ...\n",
        "xfail": "import pytest\n@pytest.mark.xfail(reason='no time')\ndef test_it(): assert False\n",
        "module": "import pytest\npytest.importorskip('no_time')\n",
    }
    result = run(pytester, {f"tests/test_{name}.py": source for name, source in reasons.items()})
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*tests may not be skipped*"])
    result.stdout.fnmatch_lines_random([f"*test_{name}*no?time*" for name in reasons])


def test_absent_shared_data_is_the_one_lawful_skip(pytester: pytest.Pytester) -> None:
    result = run(pytester, {"tests/test_it.py": "def test_it(shared_data): ...\n"})
    result.assert_outcomes(skipped=1)
    assert result.ret == pytest.ExitCode.OK


def test_shared_data_lies_beside_the_checkout(pytester: pytest.Pytester) -> None:
    beside = pytester.path.parent / "shared"
    beside.mkdir()
    source = f"def test_it(shared_data): assert str(shared_data) == {str(beside)!r}\n"
    run(pytester, {"tests/test_it.py": source}).assert_outcomes(passed=1)


def test_loopback_is_allowed() -> None:
    async def talk() -> bytes:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"yes")
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            reply = await reader.read()
            writer.close()
            return reply

    assert asyncio.run(talk()) == b"yes"


def test_there_is_no_keyring_to_find() -> None:
    with pytest.raises(NoKeyringError):
        keyring.get_password("pult", "anything")


def test_qt_needs_no_display_and_users_directories_are_temporary(tmp_path: Path) -> None:
    assert os.environ["QT_QPA_PLATFORM"]
    assert Path(os.environ["XDG_DATA_HOME"]).is_relative_to(tmp_path.parents[1])
