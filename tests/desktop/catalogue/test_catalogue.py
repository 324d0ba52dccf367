"""Services, products, rooms and VAT rates: kept as typed, refused at the field, found by the scanner and by parts of names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from desktop.catalogue.model import VatRate
from desktop.catalogue.products import (
    ProductEntry,
    add_product,
    change_product,
    find_by_barcode,
    list_products,
    remove_product,
    search_items,
)
from desktop.catalogue.resources import ResourceEntry, add_resource, change_resource, list_resources, remove_resource
from desktop.catalogue.services import (
    ServiceEntry,
    Terms,
    add_service,
    change_service,
    list_services,
    remove_service,
    show_service,
)
from desktop.catalogue.vat import list_vat_rates, set_up_vat_rates
from desktop.errors import InvalidInput, NotPermitted, Refused
from desktop.ids import new_id
from tests.desk import TestDesk

CUT = ServiceEntry("Žensko striženje", 45, 34_00, "reduced", "Lasje", needs=("stol",))
COLOUR = ServiceEntry("Barvanje", 120, 80_00, "reduced", processing_start=30, processing=40, buffer_after=10)
SHAMPOO = ProductEntry("Šampon za đ in ß", 16_90, "standard", "4006381333931")


@pytest.fixture
def shop(desk: TestDesk) -> TestDesk:
    desk.write(set_up_vat_rates)
    return desk


def test_the_rates_are_data_and_set_up_once(shop: TestDesk) -> None:
    shop.write(set_up_vat_rates)
    rates = shop.read(list_vat_rates)
    assert [(vat.code, vat.rate) for vat in rates[:3]] == [("standard", 2200), ("reduced", 950), ("special", 500)]
    assert all(vat.clause for vat in rates if vat.rate == 0)


def test_a_rate_holds_on_its_days(shop: TestDesk) -> None:
    ends = datetime(2026, 12, 31, tzinfo=UTC).date()
    shop.write(lambda s, a: s.execute(update(VatRate).where(VatRate.code == "special").values(valid_until=ends)))
    assert "special" in [vat.code for vat in shop.read(list_vat_rates)]
    shop.clock.set(datetime(2027, 1, 1, 12, tzinfo=UTC))
    assert "special" not in [vat.code for vat in shop.read(list_vat_rates)]


def test_a_service_has_people_with_terms_of_their_own(shop: TestDesk) -> None:
    maja, tine = new_id(), new_id()
    made = shop.write(add_service, CUT, [Terms(maja), Terms(tine, 40_00, 60)])
    assert (made.price_of(maja), made.duration_of(maja)) == (34_00, 45)
    assert (made.price_of(tine), made.duration_of(tine)) == (40_00, 60)
    changed = shop.write(change_service, made.id, replace(CUT, price_cents=36_00), [Terms(maja)])
    assert changed.terms(tine) is None
    assert changed.price_of(maja) == 36_00
    again = shop.write(change_service, made.id, CUT, [Terms(tine)])
    assert again.terms(tine) == Terms(tine)
    assert shop.read(show_service, made.id) == again


def test_the_list_is_in_order_and_without_what_is_gone(shop: TestDesk) -> None:
    first = shop.write(add_service, CUT)
    second = shop.write(add_service, replace(COLOUR, section="Lasje"))
    off = shop.write(add_service, replace(CUT, name="Staro", active=False))
    assert [one.id for one in shop.read(list_services)] == [second.id, first.id]
    assert off.id in [one.id for one in shop.read(list_services, inactive=True)]
    shop.write(remove_service, first.id)
    assert [one.id for one in shop.read(list_services)] == [second.id]
    with pytest.raises(Refused, match=r"catalogue\.no_service"):
        shop.read(show_service, first.id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 10_000_000}, "name"),
        ({"duration": 0}, "duration"),
        ({"duration": 1441}, "duration"),
        ({"price_cents": -1}, "price_cents"),
        ({"vat_code": "none"}, "vat_code"),
        ({"buffer_after": -5}, "buffer_after"),
        ({"processing_start": 30, "processing": 16}, "processing"),
    ],
)
def test_what_cannot_be_a_service_is_refused_at_the_field(shop: TestDesk, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        shop.write(add_service, replace(CUT, **changes))
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 10_000_000}, "name"),
        ({"name": "Šampon\x00"}, "name"),
        ({"price_cents": -1}, "price_cents"),
        ({"price_cents": 2**63}, "price_cents"),
        ({"vat_code": ""}, "vat_code"),
        ({"barcode": "1" * 41}, "barcode"),
        ({"low_level": -1}, "low_level"),
    ],
)
def test_what_cannot_be_a_product_is_refused_at_the_field(shop: TestDesk, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        shop.write(add_product, replace(SHAMPOO, **changes))
    assert refusal.value.field == field
    assert shop.read(search_items, "šampon") == []


def test_a_product_may_have_an_emoji_in_its_name(shop: TestDesk) -> None:
    made = shop.write(add_product, replace(SHAMPOO, name="Šampon 🧴"))
    assert shop.read(search_items, "šampon")[0].name == made.entry.name == "Šampon 🧴"


def test_products_are_found_by_scanner_and_by_parts_of_their_names(shop: TestDesk) -> None:
    made = shop.write(add_product, SHAMPOO)
    assert shop.read(find_by_barcode, "4006381333931") == made
    assert shop.read(find_by_barcode, " ") is None
    assert shop.read(find_by_barcode, "4006381333932") is None
    for typed in ("sampon", "ŠAMP d", "ss", "400638"):
        assert shop.read(list_products, typed) == (made,), typed
    assert shop.read(list_products, "balzam") == ()
    shop.write(add_service, replace(CUT, name="Šamponiranje"))
    assert [item.kind for item in shop.read(search_items, "šampon")] == ["service", "product"]
    assert shop.read(search_items, "100%_") == []


def test_a_barcode_is_one_products_and_an_odd_one_is_said(shop: TestDesk) -> None:
    made = shop.write(add_product, SHAMPOO)
    with pytest.raises(InvalidInput) as refusal:
        shop.write(add_product, replace(SHAMPOO, name="Drugi"))
    assert refusal.value.values["name"] == SHAMPOO.name
    assert shop.write(change_product, made.id, replace(SHAMPOO, barcode="4006381333930")).odd_barcode
    shop.write(remove_product, made.id)
    assert shop.read(list_products) == ()
    assert not shop.write(add_product, SHAMPOO).odd_barcode


def test_rooms_have_a_capacity(shop: TestDesk) -> None:
    room = shop.write(add_resource, ResourceEntry("Soba 1", "soba", 2))
    assert shop.read(list_resources) == (room,)
    changed = shop.write(change_resource, room.id, ResourceEntry("Soba A", "soba", 3))
    assert changed.entry.capacity == 3
    with pytest.raises(InvalidInput):
        shop.write(add_resource, ResourceEntry("Soba", "soba", 0))
    shop.write(remove_resource, room.id)
    assert shop.read(list_resources) == ()


def test_the_catalogue_is_changed_by_those_who_may(shop: TestDesk) -> None:
    for use_case, entry in ((add_service, CUT), (add_product, SHAMPOO), (add_resource, ResourceEntry("x", "y"))):
        with pytest.raises(NotPermitted):
            shop.write(use_case, entry, actor=shop.reception)
