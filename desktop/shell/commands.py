"""What a person may do from anywhere, as commands for the palette; and who and what is found by a few letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from desktop.access import Permission
from desktop.customers.phones import format_phone
from desktop.customers.search import search_customers
from desktop.sales.invoices import list_invoices
from desktop.settings.views.settings_page import SECTIONS
from desktop.shell.context import ViewContext
from desktop.shell.main_window import Page
from desktop.shell.palette import Command
from desktop.texts import Texts
from desktop.widgets.search_field import Hit

#: Commands with a key of the window: name, icon, key, and the right that is asked for.
_KEYED = (
    ("new_booking", "calendar-plus", "N", Permission.BOOK),
    ("sale", "receipt", "W", Permission.CHARGE),
    ("today", "calendar-event", "T", None),
    ("search", "search", "/", None),
    ("print_last", "printer", "F12", Permission.CHARGE),
    ("keys", "keyboard", "F1", None),
)


@dataclass(frozen=True, slots=True)
class Ways:
    """Where commands lead: what a key of the window does, a page, a settings section, a view of the day, a record."""

    keys: Mapping[str, Callable[[], object]]
    page: Callable[[str], object]
    section: Callable[[str], object]
    view: Callable[[str], object]
    customer: Callable[[UUID | None], object]
    invoice: Callable[[UUID], object]


def commands_for(context: ViewContext, pages: Sequence[Page], ways: Ways, *, till_open: bool) -> list[Command]:
    """The commands that the signed-in person has the rights for; of the till the one that fits its state."""
    say, may = context.say, context.may
    found = [
        said_command(context.texts, name, icon, ways.keys[key], key)
        for name, icon, key, right in _KEYED
        if right is None or may(right)
    ]
    found += [said_command(context.texts, view, "calendar-event", partial(ways.view, view)) for view in ("day", "list")]
    if may(Permission.EDIT_CUSTOMERS):
        found.append(said_command(context.texts, "customer", "users", partial(ways.customer, None)))
    if may(Permission.CHARGE) and may(Permission.CLOSE_DAY if till_open else Permission.MOVE_CASH):
        name = "close_day" if till_open else "open_till"
        found.append(said_command(context.texts, name, "cash-register", partial(ways.page, "till")))
    group = say("shell.palette.pages")
    found += [Command(group, page.icon, page.title, partial(ways.page, page.key)) for page in pages]
    if may(Permission.EDIT_SETTINGS):
        group = say("shell.palette.settings")
        found += [
            Command(group, icon, say(f"settings.{key}.title"), partial(ways.section, key))
            for key, icon in SECTIONS.items()
        ]
    return found


def said_command(texts: Texts, name: str, icon: str, act: Callable[[], object], key: str = "") -> Command:
    """A command whose words stand in the texts of the shell, under ``palette`` or by their name alone."""
    own, also = f"shell.palette.{name}", f"shell.palette.also.{name}"
    said = texts.say(own if texts.has(own) else f"shell.{name}")
    return Command(texts.say("shell.palette.do"), icon, said, act, key, also=texts.say(also) if texts.has(also) else "")


async def find_hits(context: ViewContext, typed: str) -> list[Hit]:
    """People, and receipts by the end of their number; the value of a hit is its kind and its id."""
    country = context.database.desk.country
    people = await context.read(search_customers, typed, 6)
    hits = [
        Hit(
            f"{one.first_name} {one.last_name}".strip(),
            ", ".join(format_phone(phone, country) for phone in one.phones),
            ("customer", one.id),
        )
        for one in people
    ]
    if context.may(Permission.CHARGE) and any(letter.isdigit() for letter in typed):
        found = await context.read(list_invoices, number=typed)
        hits += [Hit(one.number, context.texts.money(one.total_cents), ("invoice", one.id)) for one in found[:4]]
    return hits


async def found_commands(context: ViewContext, typed: str, ways: Ways) -> list[Command]:
    """What was found, as commands that open it; nothing for nothing typed."""
    shown = {"customer": ("people", "user", ways.customer), "invoice": ("invoices", "receipt", ways.invoice)}
    found = []
    for hit in await find_hits(context, typed) if typed.strip() else []:
        assert isinstance(hit.value, tuple)
        kind, identity = hit.value
        group, icon, way = shown[kind]
        group = context.say(f"shell.palette.{group}")
        found.append(Command(group, icon, hit.words, partial(way, identity), detail=hit.detail))
    return found
