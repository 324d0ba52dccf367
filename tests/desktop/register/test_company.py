"""The company of the receipts: what is typed is made clean, and what cannot be right is refused at its field."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktop.errors import InvalidInput, Refused
from desktop.register.company import require_company, set_company, show_company
from tests.desk import TestDesk
from tests.desktop.salon import COMPANY, TAX_NUMBER


def test_there_is_none_before_the_set_up(desk: TestDesk) -> None:
    assert desk.read(show_company) is None
    with pytest.raises(Refused, match=r"register\.no_company"):
        desk.read(require_company)


def test_what_is_typed_is_made_clean(desk: TestDesk) -> None:
    typed = replace(
        COMPANY, tax_number=f"si {TAX_NUMBER[:4]} {TAX_NUMBER[4:]}", country="si", name="  Salon   Živa ",
        iban="si56 1910 0000 0123 438", email="Info@Example.COM",
    )  # fmt: skip
    stored = desk.write(set_company, typed)
    assert stored == desk.read(show_company)
    assert (stored.tax_number, stored.country, stored.name) == (TAX_NUMBER, "SI", "Salon Živa")
    assert (stored.iban, stored.email) == ("SI56191000000123438", "info@example.com")


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("tax_number", "12345678", "register.tax_number"),
        ("tax_number", "", "register.tax_number"),
        ("country", "SLO", "register.country"),
        ("iban", "SI56191000000123439", "register.iban"),
        ("name", " ", "entry.required"),
        ("legal_name", "x" * 121, "entry.too_long"),
        ("street", "a\0b", "entry.nul"),
        ("post_code", "1" * 11, "entry.too_long"),
        ("town", "", "entry.required"),
        ("email", "ni naslov", "entry.email"),
    ],
)
def test_what_cannot_be_right_is_refused_at_its_field(desk: TestDesk, field: str, typed: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        desk.write(set_company, replace(COMPANY, **{field: typed}))  # type: ignore[arg-type]  # a field of text
    assert (refusal.value.field, refusal.value.code) == (field, code)
    assert desk.read(show_company) is None
