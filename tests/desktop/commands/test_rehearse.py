"""`pult rehearse`: a whole day without a window, what it leaves, and how it goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from desktop.__main__ import main
from desktop.database.opening import make_place
from desktop.database.place import Place
from desktop.schema import SCHEMA
from desktop.sync_manifest import build_manifest
from fiscal.slovenia.standin.certificates import Authority, Identity
from fiscal.slovenia.standin.faults import Fault
from fiscal.slovenia.standin.server import StandIn
from printing.decoder.machine import Machine, Model
from printing.virtual import VirtualPrinter
from sync.server.pairing import Pairing
from sync.server.sqlite_store import SqliteStore
from tests.desk import TestClock
from tests.desktop.database.places import LJUBLJANA, PASSPHRASE, reopen
from tests.sync.server.running import RunningServer

Captured = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[3]


def rehearse(out: Path, *words: object, visits: int = 1) -> int:
    return main(["rehearse", "--out", str(out), "--visits", str(visits), *(str(word) for word in words)])


def summary(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "summary.json").read_text("utf-8"))
    return found


def papers(out: Path) -> dict[str, str]:
    return {file.stem: file.read_text("utf-8") for file in (out / "receipts").glob("*.txt")}


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day of one visit, played once by a child that cannot import Qt, and not touched by the tests."""
    out = tmp_path_factory.mktemp("day")
    source = (
        "import sys; sys.modules['PySide6'] = None; sys.modules['qasync'] = None\n"
        f"from desktop.__main__ import main; sys.exit(main(['rehearse', '--out', {str(out)!r}, '--visits', '1']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def test_a_day_of_one_visit_has_everything(day: Path) -> None:
    text = "\n".join(papers(day).values())
    for part in ("22 %", "9,5 %", "5 %", "42. člena", "Gotovina", "Kartica", "Nakazilo", "Popust", "KOPIJA 1"):
        assert part.lower() in text.lower(), part
    kinds = [one["kind"] for one in summary(day)["invoices"]]
    assert kinds.count("credit_note") == 2  # goods brought back, and a wrong means of payment
    assert summary(day)["day_close"]["tips"] == {"card": 300}
    assert summary(day)["pending"] == []


def test_the_difficult_names_reach_the_paper_clean(day: Path) -> None:
    text = "\n".join(papers(day).values())
    assert "Boris Kovačič" in text
    assert not set(text) & set(map(chr, [*range(10), *range(11, 32), 127]))


def test_every_receipt_carries_the_words_of_the_salon(day: Path) -> None:
    for one in summary(day)["invoices"]:
        text = papers(day)[one["number"]]
        assert text.index("Naročanje: 01 000 00 00") < text.index("ZOI") < text.index("Hvala za obisk.")


def test_each_invoice_of_the_summary_is_on_its_papers(day: Path) -> None:
    found = summary(day)
    numbers = [one["number"] for one in found["invoices"]]
    assert numbers == [f"PE1-BL1-{n}" for n in range(1, len(numbers) + 1)]
    for one in found["invoices"]:
        text = (day / "receipts" / f"{one['number']}.txt").read_text("utf-8")
        assert one["number"] in text
        assert one["issued_at"][11:16] in text
        assert one["zoi"] in text.replace("\n", "").replace(" ", "")
        assert one["eor"] in text.replace("\n", "").replace(" ", "")
        assert (day / "receipts" / f"{one['number']}.png").read_bytes().startswith(b"\x89PNG")
    assert found["day_close"]["last_number"] == numbers[-1]
    assert found["day_close"]["turnover_cents"] == sum(one["total_cents"] for one in found["invoices"])


def test_the_bytes_are_those_that_went_to_the_printer(tmp_path: Path) -> None:
    target = tmp_path / "paper.bin"
    assert rehearse(tmp_path / "out", "--printer", f"file:{target}") == 0
    sent = target.read_bytes()
    for one in summary(tmp_path / "out")["invoices"]:
        data = (tmp_path / "out" / "receipts" / f"{one['number']}.bin").read_bytes()
        assert data in sent
        machine = Machine(Model())
        machine.run(data)
        assert one["number"] in machine.sheets[0].text


def test_a_second_rehearsal_goes_on(tmp_path: Path) -> None:
    words = ("--data-dir", tmp_path / "data")
    assert rehearse(tmp_path / "first", *words) == 0
    assert rehearse(tmp_path / "second", *words) == 0
    first, second = summary(tmp_path / "first"), summary(tmp_path / "second")
    numbers = [int(one["number"].rsplit("-", 1)[1]) for one in (*first["invoices"], *second["invoices"])]
    assert numbers == list(range(1, len(numbers) + 1))
    assert (first["day_close"]["z_number"], second["day_close"]["z_number"]) == (1, 2)
    assert main(["verify", "--data-dir", str(tmp_path / "data")]) == 0


@pytest.fixture
def authority(certificates: Authority) -> Iterator[StandIn]:
    with StandIn(certificates) as furs:
        yield furs


class Given:
    """The files and addresses of a rehearsal against a given authority."""

    def __init__(self, folder: Path, furs: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taxpayer: Identity = furs.admit(furs.authority.taxpayer())
        self.certificate = folder / "given.p12"
        self.certificate.write_bytes(self.taxpayer.pkcs12("geslo", issuer=furs.authority.tax_ca))
        anchors = folder / "anchors.pem"
        anchors.write_bytes(furs.authority.anchors_pem)
        monkeypatch.setenv("PULT_TEST_PASSWORD", "geslo")
        self.words = (
            "--certificate", self.certificate, "--certificate-password-env", "PULT_TEST_PASSWORD",
            "--fiscal-url", furs.url, "--fiscal-ca", anchors, "--premise", "TRG7", "--device", "K2",
        )  # fmt: skip


@pytest.fixture
def given(tmp_path: Path, authority: StandIn, monkeypatch: pytest.MonkeyPatch) -> Given:
    return Given(tmp_path, authority, monkeypatch)


def test_a_given_authority_and_printer_are_used(tmp_path: Path, given: Given, authority: StandIn) -> None:
    with VirtualPrinter(Model()) as printer:
        assert rehearse(tmp_path / "out", *given.words, "--printer", printer.address) == 0
        sheets = [sheet.text for sheet in printer.sheets]
    invoices = summary(tmp_path / "out")["invoices"]
    assert [one["number"] for one in invoices] == [f"TRG7-K2-{n}" for n in range(1, len(invoices) + 1)]
    assert {one["eor"] for one in invoices} == {one.eor for one in authority.accepted if one.eor}
    for one in invoices:
        assert any(one["number"] in sheet for sheet in sheets)
    assert any("KOPIJA 1" in sheet for sheet in sheets)
    assert {mark for _, mark in authority.premises} == {"TRG7"}
    words = [word for word in given.words if word not in ("--premise", "TRG7", "--device", "K2")]
    authority.premises.clear()
    assert rehearse(tmp_path / "again", *words, "--data-dir", tmp_path / "out" / "data") == 0
    assert authority.premises, "the premise is sent at each start"


def test_an_authority_that_is_silent_leaves_pending_receipts(
    tmp_path: Path, given: Given, authority: StandIn, capsys: Captured
) -> None:
    authority.plan(Fault.RESET_BEFORE, times=None)
    assert rehearse(tmp_path / "out", *given.words) == 0
    found = summary(tmp_path / "out")
    assert found["pending"] == [one["number"] for one in found["invoices"]]
    assert {one["eor"] for one in found["invoices"]} == {None}
    assert "cannot be reached" in capsys.readouterr().err
    count = len(found["invoices"])
    assert main(["fiscal", "retry", "--data-dir", str(tmp_path / "out" / "data")]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"confirmed 0, refused 0, pending {count}"
    assert [line.split(":")[0] for line in said[1:]] == found["pending"]
    authority.clear()
    assert main(["fiscal", "retry", "--data-dir", str(tmp_path / "out" / "data")]) == 0
    assert capsys.readouterr().out == f"confirmed {count}, refused 0, pending 0\n"
    assert len({one.eor for one in authority.accepted if one.eor}) == len(found["invoices"])


def test_an_authority_that_comes_late_gets_the_premise_first(tmp_path: Path, given: Given, authority: StandIn) -> None:
    authority.plan(Fault.RESET_BEFORE, times=3)
    assert rehearse(tmp_path / "out", *given.words) == 0
    assert summary(tmp_path / "out")["pending"] == []


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.ERROR, Fault.ROGUE_SIGNER, Fault.RESET_AFTER])
def test_a_bad_answer_leaves_the_receipt_pending(
    fault: Fault, tmp_path: Path, given: Given, authority: StandIn
) -> None:
    authority.plan(fault, times=None)
    assert rehearse(tmp_path / "out", *given.words) == 0
    found = summary(tmp_path / "out")
    assert found["pending"] == [one["number"] for one in found["invoices"]]
    authority.clear()
    assert main(["fiscal", "retry", "--data-dir", str(tmp_path / "out" / "data")]) == 0
    assert main(["verify", "--data-dir", str(tmp_path / "out" / "data")]) == 0


def test_a_printer_that_is_not_there_stops_nobody(tmp_path: Path) -> None:
    assert rehearse(tmp_path / "out", "--printer", "tcp://127.0.0.1:9") == 0
    assert len(papers(tmp_path / "out")) >= len(summary(tmp_path / "out")["invoices"])


def test_a_certificate_alone_is_known_to_the_stand_in(tmp_path: Path, given: Given) -> None:
    assert rehearse(tmp_path / "out", *given.words[:4]) == 0
    assert summary(tmp_path / "out")["pending"] == []


def refused(out: Path, capsys: Captured, *words: object) -> str:
    capsys.readouterr()
    assert rehearse(out, *words) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1, said
    return said


def test_what_cannot_be_rehearsed_is_said_in_one_line(
    tmp_path: Path, given: Given, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert "certificate is missing" in refused(out, capsys, "--fiscal-url", "https://127.0.0.1:9")
    assert "trusted" in refused(out, capsys, *given.words[:6])
    production = ("--fiscal-url", "https://blagajne.fu.gov.si:9003")
    assert "practice" in refused(out, capsys, *given.words[:4], *production).lower()
    monkeypatch.setenv("PULT_TEST_PASSWORD", "narobe")
    assert "password" in refused(out, capsys, *given.words)
    monkeypatch.setenv("PULT_TEST_PASSWORD", "geslo")
    given.certificate.write_bytes(given.certificate.read_bytes()[:100])
    refused(out, capsys, *given.words)
    taken = tmp_path / "taken"
    (taken / "receipts").parent.mkdir()
    (taken / "receipts").write_text("in the way")
    assert str(taken) in refused(taken, capsys)
    file = tmp_path / "file"
    file.write_text("")
    assert str(file) in refused(file, capsys)


def test_a_live_database_is_refused(tmp_path: Path, capsys: Captured) -> None:
    place = Place(tmp_path / "live")
    make_place(place, "live", schema=SCHEMA, zone=LJUBLJANA, clock=TestClock(), passphrase=PASSPHRASE).close()
    assert "practice" in refused(tmp_path / "out", capsys, "--data-dir", place.directory)


def test_a_journal_that_does_not_verify_ends_with_the_reason_in_one_line(tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "out"
    assert rehearse(out) == 0
    opened = reopen(out / "data")

    def vandalise(engine: Any) -> None:
        with engine.begin() as connection:
            query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'invoice_payment'")
            guards = connection.execute(query).all()
            for name, _ in guards:
                connection.execute(text(f'DROP TRIGGER "{name}"'))
            connection.execute(text("UPDATE invoice_payment SET cents = cents + 1 WHERE rowid = 1"))
            for _, source in guards:
                connection.exec_driver_sql(source)

    opened.database.run_on_writer(vandalise).result()
    opened.close()
    assert "invoice_payment" in refused(out, capsys)


def test_two_desks_share_a_day_and_agree_on_every_row(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert rehearse(out, "--desks", "2") == 0
    first, second = summary(out), summary(out / "desk2")
    for one in (first, second):
        assert (one["sharing"]["state"], one["sharing"]["pending"]) == ("agreed", 0)
    assert {one["number"].rpartition("-")[0] for one in first["invoices"]} == {"PE1-BL1"}
    assert {one["number"].rpartition("-")[0] for one in second["invoices"]} == {"PE1-BL2"}
    rows = [shared_rows(out / name) for name in ("data", "data-2")]
    assert rows[0] == rows[1]
    assert len(rows[0]["invoice"]) == len(first["invoices"]) + len(second["invoices"])


def test_a_day_is_shared_with_a_backend_that_is_given_and_another_desk_joins_it(tmp_path: Path, given: Given) -> None:
    store = SqliteStore(tmp_path / "server")
    store.make_tenant("7" * 32, "Salon Živa", 1)
    server = RunningServer(store, tmp_path)
    try:
        for n in (1, 2):
            code = Pairing(store, server._now).make_code("7" * 32).code
            backend = ("--backend", server.url, "--pairing-code", code, "--backend-ca", tmp_path / "server.pem")
            assert rehearse(tmp_path / f"out{n}", *given.words, *backend, "--device", f"BL{n}") == 0
            assert summary(tmp_path / f"out{n}")["sharing"]["pending"] == 0
        devices = Pairing(store, server._now).devices("7" * 32)
        assert len(devices.devices) == 2
        assert len(devices.shops) == 1
    finally:
        server.stop()
        store.close()


def test_a_backend_that_is_away_is_said_and_nothing_is_played(tmp_path: Path, capsys: Captured) -> None:
    assert rehearse(tmp_path / "out", "--backend", "https://127.0.0.1:1", "--pairing-code", "12345678") == 1
    assert "The server does not answer" in capsys.readouterr().err
    assert rehearse(tmp_path / "out", "--backend", "https://127.0.0.1:1", "--desks", "2") == 1
    assert "One code pairs one desk" in capsys.readouterr().err


def shared_rows(directory: Path) -> dict[str, dict[str, tuple[Any, ...]]]:
    """All rows of all shared tables of a place, by table and id."""
    opened = reopen(directory)
    tables = [one.name for one in build_manifest(SCHEMA).collections]

    def read(engine: Engine) -> dict[str, dict[str, tuple[Any, ...]]]:
        with engine.connect() as connection:
            return {
                name: {row.id: tuple(row) for row in connection.execute(text(f'SELECT * FROM "{name}"'))}
                for name in tables
            }

    try:
        return opened.database.run_on_reader(read).result()
    finally:
        opened.close()
