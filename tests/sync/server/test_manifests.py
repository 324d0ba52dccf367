"""The manifest of a tenant: a later one that only adds takes the place of the one before, and equal ones are kept once."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import insert

from sync.errors import Unlawful
from sync.manifest import Collection, Field, FieldType, Manifest
from sync.server import tables
from sync.server.manifests import Manifests, offer
from sync.server.store import Store
from tests.sync.server.books import BOOKS, TENANT

OTHER = "b" * 32


def later(version: int, **more: Field) -> Manifest:
    """The manifest with fields added to its first collection."""
    first, *rest = BOOKS.collections
    return Manifest(version, (msgspec.structs.replace(first, fields=first.fields | more), *rest))


def customer_of(manifests: Manifests, store: Store, tenant: str = TENANT) -> Collection:
    return store.read(tenant, lambda c: manifests.of_tenant(c, tenant)).collection("customer")


@pytest.fixture
def salons(store: Store) -> Store:
    """Two tenants whose salon has brought no manifest yet."""
    store.make_tenant(OTHER, "Salon Bor", 1)
    for tenant in (TENANT, OTHER):
        row = {"tenant": tenant, "salon": tenant, "practice": 0, "manifest_version": 0, "manifest": ""}
        store.tenant(tenant, lambda c, row=row: c.execute(insert(tables.salon), row))
    return store


def give(store: Store, manifest: Manifest, tenant: str = TENANT) -> Manifest:
    return store.tenant(tenant, lambda c: offer(c, tenant, manifest))


def test_a_later_manifest_that_only_adds_stands_and_an_older_one_changes_nothing(salons: Store) -> None:
    manifests = Manifests()
    with pytest.raises(LookupError):
        customer_of(manifests, salons)
    assert give(salons, BOOKS) == BOOKS
    assert "email" not in customer_of(manifests, salons).fields
    newer = later(2, email=Field(FieldType.TEXT))
    assert give(salons, newer) == newer
    assert give(salons, newer) == newer
    assert give(salons, BOOKS) == newer
    assert "email" in customer_of(manifests, salons).fields


@pytest.mark.parametrize(
    "other",
    [
        later(1, email=Field(FieldType.TEXT)),
        later(2, notes=Field(FieldType.INTEGER)),
        later(2, email=Field(FieldType.TEXT, required=True)),
    ],
)
def test_one_that_differs_at_the_same_version_or_takes_away_is_refused(salons: Store, other: Manifest) -> None:
    give(salons, BOOKS)
    with pytest.raises(Unlawful, match="manifest_differs"):
        give(salons, other)
    assert customer_of(Manifests(), salons) == BOOKS.collection("customer")


def test_tenants_with_the_same_manifest_share_what_is_kept_of_it(salons: Store) -> None:
    manifests = Manifests()
    for tenant in (TENANT, OTHER):
        give(salons, BOOKS, tenant)
    assert customer_of(manifests, salons) is customer_of(manifests, salons, OTHER)
    give(salons, later(2, email=Field(FieldType.TEXT)), OTHER)
    assert customer_of(manifests, salons) == BOOKS.collection("customer")
    assert "email" in customer_of(manifests, salons, OTHER).fields
