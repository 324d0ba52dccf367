"""The guards of tests/conftest.py can fail, and put async tests on the right loop."""

import asyncio
import os
from pathlib import Path

import keyring
import pytest
from keyring.errors import NoKeyringError

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).parents[1] / "conftest.py"


def run(pytester: pytest.Pytester, source: str, folder: str = "tests") -> pytest.RunResult:
    """Runs one test file in a project of its own that has this project's conftest."""
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\nasyncio_mode = "auto"\nqt_api = "pyside6"\n')
    root = pytester.mkdir("tests")
    (root / "conftest.py").write_text(CONFTEST.read_text(encoding="utf-8"), encoding="utf-8")
    place = pytester.path / folder
    place.mkdir(parents=True, exist_ok=True)
    (place / "test_it.py").write_text(source, encoding="utf-8")
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", "tests")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("kept = asyncio.create_task(asyncio.sleep(60))", "still running"),
        ("kept = asyncio.create_task(fail()); KEEP.append(kept); await asyncio.sleep(0.01)", "failed unseen"),
        ("asyncio.create_task(fail()); await asyncio.sleep(0.01)", "never retrieved"),
        ("asyncio.get_running_loop().call_soon(lambda: 1 / 0); await asyncio.sleep(0.01)", "division by zero"),
    ],
)
@pytest.mark.parametrize("folder", ["tests/fiscal", "tests/desktop/sales/views"])
def test_a_loose_task_fails_the_test(pytester: pytest.Pytester, body: str, complaint: str, folder: str) -> None:
    source = (
        f"import asyncio\nKEEP = []\nasync def fail():\n    raise ValueError('x')\nasync def test_it():\n    {body}\n"
    )
    result = run(pytester, source, folder)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f"*{complaint}*"])


def test_a_task_that_was_awaited_or_cancelled_is_fine(pytester: pytest.Pytester) -> None:
    source = (
        "import asyncio\nasync def test_it():\n"
        "    await asyncio.create_task(asyncio.sleep(0))\n"
        "    task = asyncio.create_task(asyncio.sleep(60))\n    task.cancel()\n"
    )
    run(pytester, source).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("folder", "loop"),
    [
        ("tests/fiscal", "asyncio"),
        ("tests/desktop/sales", "asyncio"),
        ("tests/desktop/sales/views", "qasync"),
        ("tests/desktop/shell", "qasync"),
    ],
)
def test_the_folder_decides_the_loop(pytester: pytest.Pytester, folder: str, loop: str) -> None:
    source = (
        "import asyncio\nasync def test_it():\n"
        f"    assert type(asyncio.get_running_loop()).__module__.split('.')[0] == {loop!r}\n"
    )
    run(pytester, source, folder).assert_outcomes(passed=1)


@pytest.mark.parametrize("ask", ["@pytest.mark.qt\nasync def test_it():", "async def test_it(qtbot):"])
def test_a_marker_or_a_fixture_asks_for_qt(pytester: pytest.Pytester, ask: str) -> None:
    source = f"import asyncio, pytest\n{ask}\n    assert 'qasync' in type(asyncio.get_running_loop()).__module__\n"
    run(pytester, source).assert_outcomes(passed=1)


def test_reaching_another_machine_fails_even_when_swallowed(pytester: pytest.Pytester) -> None:
    source = (
        "import socket\ndef test_it():\n    try:\n        socket.create_connection(('192.0.2.1', 80), 1)\n"
        "    except OSError:\n        pass\n"
    )
    result = run(pytester, source)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*192.0.2.1*"])


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
