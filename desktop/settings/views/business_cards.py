"""Settings of the business: company, premise, device, certificate and line, printer."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from desktop.register.company import CompanyEntry, set_company, show_company
from desktop.register.fiscal_line import add_certificate, drop_certificate, list_certificates, set_fiscal_line
from desktop.register.printers import PrinterEntry, set_printer, show_printer
from desktop.register.series import (
    Building,
    PremiseEntry,
    PremiseKind,
    Purpose,
    list_series,
    set_device,
    set_premise,
    show_premise,
)
from desktop.register.till import day_end, set_day_end
from desktop.services.counter import Counter
from desktop.settings.views.fiscal_state import FiscalNotes
from desktop.settings.views.form import form_card
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, Card, label
from desktop.widgets.fields import ClockEdit, DayEdit, Field, choice_field, choice_of, secret_field, text_field, text_of
from printing.profiles import PROFILES


async def company_card(context: ViewContext, counter: Counter) -> Card:
    """Who stands on the receipts."""
    say, theme = context.say, context.theme
    entry = await context.read(show_company)
    shown = entry or CompanyEntry("", "", "", "", "", "", vat_payer=True)
    names = ("name", "legal_name", "street", "post_code", "town", "tax_number", "iban", "phone", "email")
    fields = {name: text_field(theme, name, say(f"settings.company.{name}"), getattr(shown, name)) for name in names}
    payer = choice_field(
        theme,
        "vat_payer",
        say("settings.company.vat_payer"),
        [(say("settings.company.payer"), True), (say("settings.company.no_payer"), False)],
        shown.vat_payer,
    )

    async def save() -> None:
        texts = {name: text_of(field) for name, field in fields.items()}
        await context.write(set_company, CompanyEntry(**texts, vat_payer=bool(choice_of(payer)), country="SI"))
        await counter.fiscal.reload()

    return form_card(context, say("settings.company.title"), [*fields.values(), payer], save)


async def premise_card(context: ViewContext, counter: Counter) -> Card:
    """Where the receipts are issued, as the authority wants to know it."""
    say, theme = context.say, context.theme
    entry = await context.read(show_premise)
    kinds: list[tuple[str, object]] = [(say(f"register.premise_kind.{one.value}"), one) for one in PremiseKind]
    code = text_field(theme, "code", say("settings.premise.code"), entry.code if entry else "", example="PE1")
    kind = choice_field(
        theme, "kind", say("settings.premise.kind"), kinds, entry.kind if entry else PremiseKind.BUILDING
    )
    place = entry.building if entry and entry.building else Building(0, 0, 0, "", "", "", "", "", "")
    names = Building.__slots__
    fields = {
        name: text_field(theme, name, say(f"settings.premise.{name}"), str(getattr(place, name) or ""))
        for name in names
    }

    now = context.database.clock.now().astimezone(context.database.desk.zone)
    first = DayEdit(theme, entry.valid_from if entry else now.date())
    valid = Field(theme, "valid_from", say("settings.premise.valid_from"), first, say("settings.premise.valid_hint"))

    async def save() -> None:
        chosen = choice_of(kind)
        assert isinstance(chosen, PremiseKind)
        building = None
        if chosen is PremiseKind.BUILDING:
            numbers = [int(text_of(fields[name]) or 0) if text_of(fields[name]).isdigit() else -1 for name in names[:3]]
            words = [text_of(fields[name]) for name in names[3:]]
            building = Building(numbers[0], numbers[1], numbers[2], *words)
        stored = await context.write(set_premise, PremiseEntry(text_of(code), chosen, first.day(), building))
        first.set_day(stored.valid_from)
        await counter.fiscal.reload()

    return form_card(context, say("settings.premise.title"), [code, kind, *fields.values(), valid], save)


async def device_card(context: ViewContext) -> Card:
    """The mark of this desk on receipts, and the second series for transfers."""
    say, theme = context.say, context.theme
    series = {one.purpose: one for one in await context.read(list_series)}
    main = series.get(Purpose.MAIN)
    transfer = series.get(Purpose.TRANSFER)
    code = text_field(theme, "device_code", say("settings.device.code"), main.device if main else "", example="BL1")
    second = text_field(
        theme,
        "transfer_code",
        say("settings.device.transfer"),
        transfer.device if transfer else "",
        hint=say("settings.device.transfer_hint"),
    )

    end = Field(theme, "day_end", say("settings.device.day_end"), ClockEdit(theme, await context.read(day_end)))

    async def save() -> None:
        editor = end.editor
        assert isinstance(editor, ClockEdit)
        await context.write(set_device, text_of(code), text_of(second))
        await context.write(set_day_end, editor.wall())

    return form_card(context, say("settings.device.title"), [code, second, end], save)


async def fiscal_card(context: ViewContext, counter: Counter) -> Card:
    """Certificate, address and registration of the premise."""
    say, theme = context.say, context.theme
    certificates = await context.read(list_certificates)
    path = text_field(theme, "certificate", say("settings.fiscal.file"), example="10039856-1.p12")
    password = secret_field(theme, "password", say("settings.fiscal.password"))
    url = text_field(theme, "url", say("settings.fiscal.url"), hint=say("settings.fiscal.url_hint"))
    anchors = text_field(theme, "anchors", say("settings.fiscal.anchors"), example="ca.pem")

    async def save() -> None:
        if text_of(url) or text_of(anchors):
            pem = _read(text_of(anchors)) if text_of(anchors) else None
            await context.write(set_fiscal_line, text_of(url), pem)
        if text_of(path):
            await context.write(add_certificate, _read(text_of(path)), text_of(password), context.secrets)
        await counter.fiscal.reload()

    card = form_card(context, say("settings.fiscal.title"), [path, password, url, anchors], save)
    notes = FiscalNotes(context, counter.fiscal)
    await notes.show_status()
    card.column.insertWidget(1, notes)
    for one in certificates:
        name = next((part[3:] for part in one.subject.split(",") if part.startswith("CN=")), one.subject)
        facts = say(
            "settings.fiscal.certificate",
            name=f"{name} · {one.tax_number}",
            until=context.texts.day(one.not_after.date()),
        )
        line = QHBoxLayout()
        line.addWidget(label(theme, facts, tone="secondary", wrap=True), 1)
        drop = Button(theme, say("settings.fiscal.drop"), "danger")

        async def away(fingerprint: str = one.fingerprint) -> None:
            await context.write(drop_certificate, fingerprint, context.secrets)
            await counter.fiscal.reload()
            context.said.emit(say("shell.saved"), "success")

        drop.clicked.connect(lambda _checked=False, away=away: context.spawn(away()))
        line.addWidget(drop)
        card.column.insertLayout(2, line)
    row = QHBoxLayout()
    choose = Button(theme, say("settings.fiscal.choose"), icon="file-certificate")
    choose.clicked.connect(lambda: _choose(card, path, say("settings.fiscal.choose")))
    row.addWidget(choose)
    register = Button(theme, say("settings.fiscal.register"))

    async def send() -> None:
        await counter.fiscal.register_premise()  # the note above says how it went, and so does a refusal
        context.said.emit(say("settings.fiscal.registered"), "success")

    register.clicked.connect(lambda: context.spawn(send()))
    row.addWidget(register)
    retry = Button(theme, say("settings.fiscal.retry"), icon="refresh")

    async def again() -> None:
        left = await counter.fiscal.retry_pending()
        context.said.emit(say("settings.fiscal.retried", confirmed=left.confirmed, pending=left.pending), "info")

    retry.clicked.connect(lambda: context.spawn(again()))
    row.addWidget(retry)
    row.addStretch(1)
    card.column.addLayout(row)
    return card


async def printer_card(context: ViewContext, counter: Counter) -> Card:
    """The receipt printer of this desk."""
    say, theme = context.say, context.theme
    entry = await context.read(show_printer)
    address = text_field(
        theme,
        "address",
        say("settings.printer.address"),
        entry.address if entry else "",
        example="tcp://192.168.1.50:9100",
    )
    profile = choice_field(
        theme,
        "profile",
        say("settings.printer.profile"),
        [(name, name) for name in sorted(PROFILES)],
        entry.profile if entry else "epson-tm-80",
    )
    columns = text_field(
        theme, "columns", say("settings.printer.columns"), str(entry.columns) if entry and entry.columns else ""
    )
    pin = choice_field(
        theme,
        "drawer_pin",
        say("settings.printer.drawer"),
        [(say("settings.printer.no_drawer"), 0), ("2", 2), ("5", 5)],
        entry.drawer_pin if entry else 2,
    )

    async def save() -> None:
        width = text_of(columns)
        given = PrinterEntry(
            text_of(address), str(choice_of(profile)), int(width) if width.isdigit() else 0, int(str(choice_of(pin)))
        )
        await context.write(set_printer, given if text_of(address).strip() else None)
        await counter.printers.reload()

    return form_card(context, say("settings.printer.title"), [address, profile, columns, pin], save)


def _read(path: str) -> bytes:
    """A file's content; an unreadable one counts as empty, and the use case says at the field what is wrong."""
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def _choose(parent: QWidget, field: Field, title: str) -> None:
    """Picks a certificate file without a modal loop."""
    dialog = QFileDialog(parent, title)
    dialog.setNameFilter("*.p12 *.pfx")
    dialog.fileSelected.connect(lambda file: _fill(field, file))
    dialog.open()


def _fill(field: Field, text: str) -> None:
    assert isinstance(field.editor, QLineEdit)
    field.editor.setText(text)
