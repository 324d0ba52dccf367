"""Who works in the demo salon, what it sells and who comes: invented, with all letters that a receipt must show."""

from __future__ import annotations

from collections.abc import Iterator

from desktop.access import Role
from desktop.catalogue.products import ProductEntry
from desktop.catalogue.services import ServiceEntry
from desktop.colour import ColourFamily
from desktop.customers.birthday import Birthday
from desktop.customers.customers import CustomerEntry
from desktop.staff.members import MemberEntry

#: Beside the owner, who has the mark MK.
PEOPLE: tuple[MemberEntry, ...] = (
    MemberEntry("Nuša Čeh", "NC", Role.MANAGER, without_tax_number=True, colour=ColourFamily.TEAL, position=1),
    MemberEntry("Andrej Đurić", "AD", Role.PRACTITIONER, colour=ColourFamily.ORANGE, position=2),
    MemberEntry("Tjaša Šinkovec", "TS", Role.PRACTITIONER, colour=ColourFamily.ROSE, position=3),
    MemberEntry("Špela Žnidaršič", "SZ", Role.RECEPTION, without_tax_number=True, bookable=False, position=4),
)
#: Each with the marks of those who can do it.
SERVICES: tuple[tuple[ServiceEntry, tuple[str, ...]], ...] = (
    (ServiceEntry("Žensko striženje", 45, 34_00, "reduced", "Lasje", ColourFamily.BLUE), ("MK", "NC", "AD")),
    (ServiceEntry("Moško striženje", 30, 21_00, "reduced", "Lasje", ColourFamily.TEAL), ("NC", "AD")),
    (
        ServiceEntry(
            "Barvanje narastka", 90, 52_00, "reduced", "Lasje", ColourFamily.VIOLET, processing_start=30, processing=30
        ),
        ("MK", "NC"),
    ),
    (ServiceEntry("Pranje in sušenje", 30, 19_50, "reduced", "Lasje", ColourFamily.BLUE), ("MK", "AD")),
    (ServiceEntry("Otroško striženje", 30, 15_00, "reduced", "Lasje", ColourFamily.OLIVE), ("AD",)),
    (ServiceEntry("Nega obraza", 60, 48_50, "standard", "Nega", ColourFamily.ROSE, buffer_after=10), ("TS",)),
    (ServiceEntry("Oblikovanje obrvi", 15, 12_00, "standard", "Nega", ColourFamily.ORANGE), ("TS",)),
    (ServiceEntry("Manikira", 45, 28_00, "standard", "Nega", ColourFamily.UMBER, buffer_after=5), ("TS",)),
    (ServiceEntry("Pregled kože", 30, 50_00, "medical_care", "Nega", ColourFamily.SLATE), ("TS",)),
)
#: Each with the pieces on the shelf.
PRODUCTS: tuple[tuple[ProductEntry, int], ...] = (
    (ProductEntry("Šampon za suhe lase 250 ml", 16_90, "standard", "3830000000017", 4000), 14),
    (ProductEntry("Balzam z oljem konoplje 200 ml", 18_40, "standard", "3830000000024", 4000), 9),
    (ProductEntry("Vosek za pričesko 75 ml", 13_20, "standard", "3830000000031", 3000), 3),
    (ProductEntry("Krema za roke z ognjičem", 9_80, "standard", "3830000000048", 5000), 22),
    (ProductEntry("Knjiga Nega las", 24_90, "special", "9789610000006", 1000), 5),
    (ProductEntry("Zeliščni čaj", 4_50, "reduced", "3830000000055", 6000), 30),
)
NOTES = ("", "", "", "Pride s hčerko.", "", "Kratek konec tedna, naj ne čaka.", "", "")

_FIRST = (
    "Žana", "Čarna", "Špela", "Đurđa", "Ana", "Branka", "Neža", "Tina", "Urška", "Vesna", "Jože", "Luka", "Matjaž",
    "Željko", "Boštjan", "Črt", "Gašper", "Anže", "Sašo", "Miha",
)  # fmt: skip
_LAST = (
    "Čuček",
    "Žagar",
    "Šuštar",
    "Đorđević",
    "Hribernik",
    "Weiß",
    "Rožič",
    "Kočevar",
    "Mlakar",
    "Jerič",
    "Pšeničnik",
)
_ALERTS = {4: "Alergija na amonijak.", 17: "Vedno zamudi: pokličite dan prej.", 38: "Občutljiva koža."}


def customers(count: int = 60) -> Iterator[CustomerEntry]:
    """So many people, no two with the same name; the numbers are nobody's."""
    for number in range(count):
        yield CustomerEntry(
            first_name=_FIRST[number % len(_FIRST)],
            last_name=_LAST[number % len(_LAST)],
            phones=(f"041 000 {number:03d}",) if number % 7 else (),
            email=f"gost{number}@example.com" if number % 3 == 0 else "",
            birthday=Birthday(1 + number % 28, 1 + number % 12, 1960 + number % 45) if number % 2 else None,
            alert=_ALERTS.get(number, ""),
        )
