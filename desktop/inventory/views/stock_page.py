"""Products and their stock: table with levels; the panel edits a product and moves its stock."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.access import Permission
from desktop.catalogue.products import (
    ProductEntry,
    ShownProduct,
    add_product,
    change_product,
    list_products,
    remove_product,
)
from desktop.catalogue.vat import list_vat_rates
from desktop.errors import PultError
from desktop.inventory.movements import count_stock, receive_stock, stock_history, stock_levels, use_stock
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, label, rule
from desktop.widgets.fields import Field, cents_of, choice_field, choice_of, money_field, text_field, text_of
from desktop.widgets.page import page_column
from desktop.widgets.panel import Panel
from desktop.widgets.rows_table import ColumnOf, RowsTable
from desktop.widgets.search_field import SearchField

Row = tuple[ShownProduct, int]


class StockPage(QWidget):
    """Signals: panel_wanted(widget or None)."""

    panel_wanted = Signal(object)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        say, texts = context.say, context.texts
        column = page_column(self)
        column.setContentsMargins(16, 12, 16, 0)
        column.setSpacing(12)
        tools = QHBoxLayout()
        self._search = SearchField(context.theme, say("inventory.view.search"))
        self._search.setMaximumWidth(420)
        self._search.asked.connect(lambda _typed: context.spawn(self._load()))
        tools.addWidget(self._search, 1)
        tools.addStretch(1)
        if context.may(Permission.EDIT_CATALOGUE):
            new = Button(context.theme, say("inventory.view.new"), "primary", icon="plus")
            new.clicked.connect(lambda: self.edit(None))
            tools.addWidget(new)
        column.addLayout(tools)
        self._table: RowsTable[Row] = RowsTable(
            context.theme,
            [
                ColumnOf(say("inventory.view.name"), lambda row: row[0].entry.name, stretch=2),
                ColumnOf(say("inventory.view.barcode"), lambda row: row[0].entry.barcode, width=170),
                ColumnOf(say("inventory.view.price"), lambda row: texts.money(row[0].entry.price_cents), right=True),
                ColumnOf(
                    say("inventory.view.level"),
                    lambda row: texts.quantity(row[1]),
                    right=True,
                    tone=lambda row: "danger.base" if row[1] <= row[0].entry.low_level else "",
                ),
            ],
            say("inventory.view.products"),
        )
        self._table.opened.connect(lambda row: self.edit(row[0]))
        self._table.picked.connect(lambda row: self.edit(row[0]))
        column.addWidget(self._table, 1)
        context.changed.connect(self._changed)
        context.spawn(self._load())

    def _changed(self, changes: object) -> None:
        if {"product", "stock_movement"} & set(getattr(changes, "rows", {})):
            self._context.spawn(self._load())

    async def _load(self) -> None:
        products = await self._context.read(list_products, self._search.text())
        levels = await self._context.read(stock_levels, [one.id for one in products])
        self._table.set_rows([(one, levels[one.id]) for one in products])

    def edit(self, product: ShownProduct | None) -> None:
        """Opens a product's panel, or an empty one."""
        panel = ProductPanel(self._context, product)
        panel.closed.connect(lambda: self.panel_wanted.emit(None))
        self.panel_wanted.emit(panel)


class ProductPanel(Panel):
    """A product's data, and its stock below."""

    def __init__(self, context: ViewContext, product: ShownProduct | None) -> None:
        say = context.say
        title = product.entry.name if product else say("inventory.view.new")
        super().__init__(context.theme, title, close=say("shell.close"))
        self._context, self._product = context, product
        self._fields: dict[str, Field] = {}
        context.spawn(self._fill())

    async def _fill(self) -> None:
        context, say, theme, product = self._context, self._context.say, self._theme, self._product
        if context.may(Permission.EDIT_CATALOGUE):
            entry = product.entry if product else ProductEntry("", 0, "standard")
            rates = await context.read(list_vat_rates)
            vats: list[tuple[str, object]] = [(say(f"catalogue.vat.{vat.code}"), vat.code) for vat in rates]
            hint = say("inventory.view.odd_barcode") if product and product.odd_barcode else ""
            for field in (
                text_field(theme, "name", say("inventory.view.name"), entry.name),
                text_field(theme, "barcode", say("inventory.view.barcode"), entry.barcode, hint=hint),
                money_field(theme, "price_cents", say("inventory.view.price"), entry.price_cents),
                choice_field(theme, "vat_code", say("catalogue.view.vat"), vats, entry.vat_code),
                text_field(theme, "low_level", say("inventory.view.low"), str(entry.low_level // 1000)),
            ):
                self._fields[field.name] = field
                self.body.addWidget(field)
            save = Button(theme, say("shell.save"), "primary", size="primary")
            save.clicked.connect(lambda: context.spawn(self._save()))
            self.foot.addWidget(save)
            if product is not None:
                history = Button(theme, say("shell.history"), "quiet")
                history.clicked.connect(lambda: context.history_wanted.emit("product", product.id, product.entry.name))
                self.foot.addWidget(history)
                away = Button(theme, say("catalogue.view.remove"), "danger")
                away.clicked.connect(lambda: context.spawn(self._remove(product)))
                self.foot.addWidget(away)
        if product is not None:
            await self._stock(product)

    async def _stock(self, product: ShownProduct) -> None:
        context, say, theme = self._context, self._context.say, self._theme
        self.body.addWidget(rule())
        self.body.addWidget(label(theme, say("inventory.view.stock"), 16, strong=True))
        pieces = text_field(theme, "quantity", say("inventory.view.pieces"))
        reason = text_field(theme, "reason", say("inventory.view.reason"))
        self.body.addWidget(pieces)
        self.body.addWidget(reason)
        row = QHBoxLayout()
        for key, use_case in (("receive", receive_stock), ("use", use_stock), ("count", count_stock)):
            button = Button(theme, say(f"inventory.view.{key}"))

            async def move(use_case: object = use_case) -> None:
                typed = text_of(pieces).replace(",", ".").strip()
                try:
                    quantity = round(float(typed) * 1000)
                except ValueError:
                    pieces.show_error(say("inventory.view.pieces_needed"))
                    return
                try:
                    await context.write(use_case, product.id, quantity, text_of(reason))  # type: ignore[arg-type]  # one of the three
                except PultError as error:
                    context.show_in_form(error, [pieces, reason])
                    return
                context.said.emit(say("shell.saved"), "success")

            button.clicked.connect(lambda _checked=False, move=move: context.spawn(move()))
            row.addWidget(button)
        self.body.addLayout(row)
        for one in (await context.read(stock_history, product.id))[:20]:
            at = one.at.astimezone(context.database.desk.zone)
            words = f"{context.texts.day(at.date())}  {say(f'inventory.kind.{one.kind.value}')}  {one.reason}"
            amount = f"{context.texts.quantity(one.quantity)} → {context.texts.quantity(one.level)}"
            self.body.addWidget(label(theme, f"{words}  {amount}", 12, tone="secondary", wrap=True))

    async def _save(self) -> None:
        context, fields = self._context, self._fields
        low = text_of(fields["low_level"]).strip()
        entry = ProductEntry(
            text_of(fields["name"]),
            cents_of(fields["price_cents"]) or 0,
            str(choice_of(fields["vat_code"])),
            text_of(fields["barcode"]),
            int(low) * 1000 if low.isdigit() else 0,
        )
        try:
            if self._product is None:
                await context.write(add_product, entry)
            else:
                await context.write(change_product, self._product.id, entry)
        except PultError as error:
            context.show_in_form(error, list(fields.values()))
            return
        context.said.emit(context.say("shell.saved"), "success")
        self.closed.emit()

    async def _remove(self, product: ShownProduct) -> None:
        await self._context.write(remove_product, product.id)
        self.closed.emit()
