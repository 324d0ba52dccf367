"""What every test gets without asking: no display, no real keyring, no outside network, the right event loop, no loose tasks.

A skipped test fails the run, unless it says that the shared test data is absent: the fixture `shared_data` says it.

Async tests run on plain asyncio, except those that need Qt: they run on qasync. A test needs Qt when it lies in a `views` folder, under
`tests/desktop/shell` or `tests/desktop/widgets`, in `tests/printing/test_preview*`, when it (or a fixture of it) uses pytest-qt's `qapp` or
`qtbot`, or when it carries the marker `qt`. In such a test wait with `await asyncio.sleep(...)` or a future, never with `qtbot.wait()`:
that one hangs for ever as soon as another task is pending.
"""

import asyncio
import ipaddress
import os
import sys
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextvars import Context
from pathlib import Path
from typing import Any

# Before anything imports Qt or keyring; children of the tests inherit both. The keyring that fails is forced: a test may
# hand in a keyring of its own, but never finds the person's.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

import hypothesis
import pytest
import pytest_asyncio

from desktop.garbage import collect_due, take_over

# Speed is measured by the benchmarks alone: a slow machine must not fail a property.
hypothesis.settings.register_profile("pult", deadline=None, print_blob=True)
hypothesis.settings.load_profile("pult")

QT_FOLDERS = ("desktop/shell/", "desktop/widgets/", "printing/test_preview")


def pytest_addoption(parser: pytest.Parser) -> None:
    sizes = parser.getgroup("sizes of simulations")
    sizes.addoption("--power-cuts", type=int, default=500, help="power cuts in each simulation (500)")
    sizes.addoption("--histories", type=int, default=200, help="histories of several desks (200)")
    sizes.addoption("--desks-seconds", type=float, default=20, help="how long 500 desks push in the benchmark (20)")
    sizes.addoption("--faults", type=int, default=6, help="faults between real desks and a real server (6)")
    sizes.addoption("--kills", type=int, default=20, help="how often a working day is killed (20)")
    sizes.addoption("--cursor-seconds", type=float, default=5, help="how long 32 devices push while others follow (5)")
    sizes.addoption("--tenants", type=int, default=5_000, help="tenants of a benchmark on PostgreSQL (5,000)")
    sizes.addoption(
        "--fuzz-examples", type=int, default=10, help="requests that are made up for each endpoint of the backend (10)"
    )


SHARED_DATA_ABSENT = "the shared test data is absent"


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish() -> None:
    """As in the program: widgets of earlier tests are destroyed by this thread, never by one of a database."""
    collect_due()


def pytest_configure(config: pytest.Config) -> None:
    take_over()
    config.pluginmanager.register(SkipWatch(), "skip-watch")
    config.addinivalue_line(
        "markers", "qt: an async test that needs the Qt event loop although its folder does not say so"
    )


class SkipWatch:
    """Fails a run in which a test was skipped, or expected to fail, for any other reason than absent shared data."""

    def __init__(self) -> None:
        self.unlawful: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._look_at(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._look_at(report)

    def _look_at(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped:
            reason = (
                report.longrepr[2] if isinstance(report.longrepr, tuple) else f"xfail {vars(report).get('wasxfail')}"
            )
            if SHARED_DATA_ABSENT not in reason:
                self.unlawful.append(f"{report.nodeid}: {reason}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.unlawful and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.unlawful:
            terminalreporter.section("tests may not be skipped", red=True)
            for line in self.unlawful:
                terminalreporter.line(line)


@pytest.fixture(scope="session")
def shared_data(pytestconfig: pytest.Config) -> Path:
    """The folder of shared test data beside the checkout; a test that asks for it is skipped where there is none."""
    folder = pytestconfig.rootpath.parent / "shared"
    if not folder.is_dir():
        pytest.skip(SHARED_DATA_ABSENT)
    return folder


def needs_qt(item: pytest.Item) -> bool:
    """Whether an async test must run on the Qt event loop; the rule is in the module's docstring."""
    path = item.path.relative_to(item.config.rootpath / "tests").as_posix()
    return (
        "/views/" in path
        or path.startswith(QT_FOLDERS)
        or "qapp" in getattr(item, "fixturenames", ())
        or item.get_closest_marker("qt") is not None
    )


def qt_loop() -> asyncio.AbstractEventLoop:
    """A fresh qasync loop on the process's one QApplication."""
    import qasync
    from PySide6.QtWidgets import QApplication

    loop: asyncio.AbstractEventLoop = qasync.QEventLoop(QApplication.instance() or QApplication([]))
    return loop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"qt": qt_loop} if needs_qt(item) else {"asyncio": asyncio.new_event_loop}


@pytest_asyncio.fixture
async def watched_loop() -> AsyncIterator[None]:
    """Fails the test over tasks that still run at its end, or that failed and were never looked at.

    asyncio itself reports neither while somebody keeps the task in a list.
    """
    loop = asyncio.get_running_loop()
    made: weakref.WeakSet[asyncio.Future[Any]] = weakref.WeakSet()
    reported: list[str] = []

    def make_task(loop: asyncio.AbstractEventLoop, coro: Any, context: Context | None = None) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=loop, context=context)
        made.add(task)
        return task

    def report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        reported.append(f"{context.get('message')}: {context.get('exception')!r}")

    loop.set_task_factory(make_task)
    loop.set_exception_handler(report)
    yield
    await asyncio.sleep(0)  # lets what was cancelled in the last step of the test end
    own = asyncio.current_task()
    loose = [f"still running: {task!r}" for task in asyncio.all_tasks(loop) if task is not own]
    # `_log_traceback` is True exactly while a failed task's exception has not been asked for; there is no public question.
    silent = [f"failed unseen: {task!r}" for task in made if task.done() and getattr(task, "_log_traceback", False)]
    loop.set_task_factory(None)
    if problems := loose + silent + reported:
        pytest.fail("tasks left behind by the test:\n  " + "\n  ".join(problems), pytrace=False)


@pytest.fixture(autouse=True)
def no_loose_tasks(request: pytest.FixtureRequest) -> None:
    """Puts every async test under `watched_loop`; it comes first, so it looks last, after all other fixtures have ended."""
    if pytest_asyncio.is_async_test(request.node):
        request.getfixturevalue("watched_loop")


class _OutsideConnections:
    """Refuses and remembers every connection that leaves this machine. An audit hook cannot be removed, so there is one."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and not self._stays_here(arguments[1]):
            self.seen.append(str(arguments[1]))
            raise ConnectionRefusedError(f"tests stay on this machine, not {arguments[1]!r}")

    @staticmethod
    def _stays_here(address: object) -> bool:
        if not isinstance(address, tuple):
            return True  # a path: a local socket
        host = str(address[0])
        try:
            return ipaddress.ip_address(host.partition("%")[0]).is_loopback
        except ValueError:
            return host in ("localhost", "")


_outside = _OutsideConnections()
sys.addaudithook(_outside)


@pytest.fixture(autouse=True)
def only_loopback() -> Iterator[None]:
    """Fails a test that tried to reach another machine, also when the code under test swallowed the refusal."""
    _outside.seen.clear()
    yield
    if _outside.seen:
        pytest.fail(
            f"the test reached for {', '.join(_outside.seen)}; servers of tests live on loopback", pytrace=False
        )


@pytest.fixture(autouse=True, scope="session")
def own_user_directories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Points the user's data, settings and log directories to a temporary place, so that nothing of a person is touched."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "APPDATA", "LOCALAPPDATA"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield
