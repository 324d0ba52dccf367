"""The manifest: consistent in itself, only added to, and strict about values."""

from __future__ import annotations

import msgspec
import pytest

from sync.errors import ManifestError, Unlawful
from sync.manifest import ClaimKind, Collection, DataClass, Field, FieldType, Hot, Manifest, Scope, follows

TEXT, NUMBER, ID = Field(FieldType.TEXT), Field(FieldType.INTEGER), Field(FieldType.ID, required=True)


def customer(**changed: object) -> Collection:
    given: dict[str, object] = {
        "name": "customer",
        "data_class": DataClass.MERGEABLE,
        "scope": Scope.TENANT,
        "fields": {"name": TEXT, "street": TEXT, "town": TEXT, "cents": NUMBER, "owner": ID},
        "groups": {"address": ("street", "town")},
    }
    return Collection(**(given | changed))  # type: ignore[arg-type]  # built from a table of arguments


def test_it_survives_its_own_wire_form() -> None:
    manifest = Manifest(1, (customer(hot=Hot("cents", 90)),))
    again = msgspec.json.decode(msgspec.json.encode(manifest), type=Manifest)
    assert again == manifest
    assert again.fingerprint() == manifest.fingerprint()


@pytest.mark.parametrize(
    "wrong",
    [
        {"groups": {"address": ("street", "nowhere")}},
        {"groups": {"one": ("street",), "two": ("street", "town")}},
        {"groups": {"cents": ("street", "town")}},
        {"claim": ClaimKind.EXCLUSIVE},
        {"data_class": DataClass.CLAIM, "claim": ClaimKind.EXCLUSIVE},
        {"places_of": "street"},
        {"freeing": {"nowhere": ("cancelled",)}},
        {"data_class": DataClass.CLAIM},
        {"unique": ("name",)},
        {"data_class": DataClass.CLAIM, "claim": ClaimKind.UNIQUE},
        {"hot": Hot("nowhere", 90)},
        {"data_class": DataClass.LEDGER},
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ManifestError):
        Manifest(1, (customer(**wrong),))


def test_a_collection_stands_once() -> None:
    with pytest.raises(ManifestError, match="twice"):
        Manifest(1, (customer(), customer()))


def test_a_later_version_only_adds() -> None:
    first = Manifest(1, (customer(),))
    fields = customer().fields
    follows(first, Manifest(2, (customer(fields=fields | {"later": TEXT}), customer(name="other"))))
    for changed in (
        Manifest(1, (customer(),)),
        Manifest(2, ()),
        Manifest(2, (customer(scope=Scope.SHOP),)),
        Manifest(2, (customer(groups={}),)),
        Manifest(2, (customer(fields=fields | {"name": NUMBER}),)),
        Manifest(2, (customer(fields=fields | {"later": ID}),)),
    ):
        with pytest.raises(ManifestError):
            follows(first, changed)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": 5}, "value_type"),
        ({"name": "x" * 1_000_001}, "value_too_long"),
        ({"cents": "5"}, "value_type"),
        ({"cents": True}, "value_type"),
        ({"cents": 2**63}, "value_type"),
        ({"cents": 1.0}, "value_type"),
        ({"owner": None}, "value_missing"),
        ({"owner": "ab"}, "value_type"),
        ({"owner": "G" * 32}, "value_type"),
        ({"street": "Nova 1"}, "group_incomplete"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_field(values: dict[str, object], code: str) -> None:
    with pytest.raises(Unlawful) as refused:
        customer().check(values)
    assert refused.value.code == code


def test_what_fits_passes_and_what_is_unknown_is_a_newer_programs() -> None:
    customer().check({"name": None, "cents": -(2**63), "owner": "0" * 32, "street": "", "town": None, "later": [1]})


def test_an_unknown_collection_is_refused() -> None:
    with pytest.raises(Unlawful, match="unknown_collection"):
        Manifest(1, ()).collection("customer")
