"""The command line finds its commands, loads only what is called, and turns known errors into one line."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from desktop import __version__
from desktop.__main__ import COMMANDS, main, module_name
from desktop.errors import FinalFault

ROOT = Path(__file__).parents[2]
SLOW = ("sqlalchemy", "PySide6", "alembic", "keyring", "httpx", "cryptography", "msgspec", "escpos", "asyncio")


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A table of two commands; the module of one of them exists."""
    module = ModuleType("desktop.commands.greet_all")
    module.add_arguments = lambda parser: parser.add_argument("name")  # type: ignore[attr-defined]  # built at run time
    module.run = _greet  # type: ignore[attr-defined]  # built at run time
    monkeypatch.setitem(sys.modules, "desktop.commands.greet_all", module)
    return {"greet-all": "Greets", "missing": "Has no module"}


def _greet(arguments: object) -> int:
    name = str(vars(arguments)["name"])
    if name == "fault":
        raise FinalFault("greeting.no_voice", volume=3)
    if name == "interrupt":
        raise KeyboardInterrupt
    print(f"hello {name}")
    return 7


def test_a_command_gets_its_arguments_and_gives_its_exit_code(
    commands: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["greet-all", "Ana"], commands) == 7
    assert capsys.readouterr().out == "hello Ana\n"


def test_only_the_called_command_is_loaded(commands: dict[str, str]) -> None:
    with pytest.raises(ModuleNotFoundError):
        main(["missing"], commands)


def test_an_error_without_a_sentence_is_one_line_and_exit_code_1(
    commands: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["greet-all", "fault"], commands) == 1
    assert capsys.readouterr().err == "pult: greeting.no_voice(volume=3)\n"


def test_a_known_error_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["verify", "--data-dir", str(tmp_path / "nothing")]) == 1
    told = f"pult: There is no Pult data in {tmp_path / 'nothing'} yet. Check the folder, or make a new database. [database.none]\n"
    assert capsys.readouterr().err == told


def test_ctrl_c_ends_without_a_traceback(commands: dict[str, str]) -> None:
    assert main(["greet-all", "interrupt"], commands) == 130


@pytest.mark.parametrize("words", [["greet-all"], ["unknown"], ["--unknown"], ["greet-all", "Ana", "--more"]])
def test_wrong_usage_is_exit_code_2(
    commands: dict[str, str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words, commands)
    assert stopped.value.code == 2
    assert "usage: pult" in capsys.readouterr().err


def test_help_lists_every_command(commands: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--help"], commands)
    assert stopped.value.code == 0
    printed = capsys.readouterr().out
    assert all(name in printed and meaning in printed for name, meaning in commands.items())


def is_command(path: Path) -> bool:
    """Whether a module offers what a command must; others in the folder are shared by commands."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {"add_arguments", "run"} <= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_command_module_is_in_the_table_and_the_other_way_round() -> None:
    folder = ROOT / "desktop" / "commands"
    files = {path.stem for path in folder.glob("*.py") if is_command(path)}
    packages = {path.parent.name for path in folder.glob("*/__init__.py") if is_command(path)}
    assert files | packages == {name.replace("-", "_") for name in COMMANDS}
    for name in COMMANDS:
        module = import_module(module_name(name))
        assert callable(module.add_arguments)
        assert callable(module.run)


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_help_and_version_import_nothing_slow(option: str) -> None:
    source = (
        "import sys\nfrom desktop.__main__ import main\n"
        f"try:\n    main([{option!r}])\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', [name for name in {SLOW!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"
    assert option == "--help" or __version__ in done.stdout
