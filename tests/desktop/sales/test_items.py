"""Lines out of the catalogue: price of the person, VAT of today, the clause of what is exempt."""

from __future__ import annotations

import pytest

from desktop.catalogue.products import ProductEntry, add_product
from desktop.catalogue.services import ServiceEntry, Terms, add_service
from desktop.catalogue.vat import set_up_vat_rates
from desktop.errors import InvalidInput, Refused
from desktop.ids import new_id
from desktop.sales.items import line_of_item
from fiscal.port import VatCategory
from tests.desktop.salon import Salon


@pytest.fixture(autouse=True)
def rates(salon: Salon) -> None:
    salon.desk.write(set_up_vat_rates)


def test_a_service_at_the_price_of_the_person(salon: Salon) -> None:
    reception = salon.reception.id
    entry = ServiceEntry("Striženje", 45, 34_00, "reduced")
    service = salon.desk.write(add_service, entry, [Terms(reception, 38_00), Terms(salon.owner.id)])
    by_reception = salon.desk.read(line_of_item, "service", service.id, member_id=reception)
    assert (by_reception.unit_cents, by_reception.vat_rate, by_reception.member_id) == (38_00, 950, reception)
    assert salon.desk.read(line_of_item, "service", service.id, member_id=salon.owner.id).unit_cents == 34_00
    assert salon.desk.read(line_of_item, "service", service.id).unit_cents == 34_00
    assert salon.desk.read(line_of_item, "service", service.id, price_cents=20_00).unit_cents == 20_00


def test_a_product_and_an_exempt_service_reach_the_receipt(salon: Salon) -> None:
    shampoo = salon.desk.write(add_product, ProductEntry("Šampon", 16_90, "standard"))
    care = salon.desk.write(add_service, ServiceEntry("Pregled kože", 30, 50_00, "medical_care"))
    product = salon.desk.read(line_of_item, "product", shampoo.id, quantity=2000)
    exempt = salon.desk.read(line_of_item, "service", care.id)
    assert (exempt.vat_category, exempt.vat_rate) == (VatCategory.EXEMPT, 0)
    assert "42. člena" in exempt.clause
    assert salon.sell(product, exempt).total_cents == 2 * 16_90 + 50_00


def test_what_is_not_in_the_catalogue_is_refused(salon: Salon) -> None:
    with pytest.raises(Refused, match=r"catalogue\.no_service"):
        salon.desk.read(line_of_item, "service", new_id())
    with pytest.raises(Refused, match=r"catalogue\.no_product"):
        salon.desk.read(line_of_item, "product", new_id())
    with pytest.raises(InvalidInput, match=r"sales\.line_kind"):
        salon.desk.read(line_of_item, "voucher", new_id())
