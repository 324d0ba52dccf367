"""The manifest that Pult's classes make: complete, and true to what a row looks like on its way."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, UniqueConstraint

from desktop.customers.customers import CustomerEntry, add_customer
from desktop.database import classes
from desktop.database.classes import class_of
from desktop.database.history import record_history
from desktop.schema import SCHEMA
from desktop.sync_manifest import CLAIMS, HOT, PARENTS, build_manifest
from sync.manifest import ClaimKind, DataClass, FieldType, Scope
from tests.desk import TestDesk

SYNCED = {classes.DataClass.LEDGER, classes.DataClass.MERGEABLE, classes.DataClass.CLAIM}


def test_every_table_that_is_shared_is_in_it_and_no_other() -> None:
    manifest = build_manifest(SCHEMA)
    assert [one.name for one in manifest.collections] == sorted(
        table.name for table in SCHEMA.tables() if class_of(table) in SYNCED
    )
    assert manifest.fingerprint() == build_manifest(SCHEMA).fingerprint()


def test_every_rule_names_a_table() -> None:
    known = {one.name for one in build_manifest(SCHEMA).collections}
    assert HOT.keys() | CLAIMS.keys() <= known


def test_some_collections_as_they_are_meant() -> None:
    manifest = build_manifest(SCHEMA)
    customer, visit, invoice = (manifest.collection(name) for name in ("customer", "visit", "invoice"))
    assert (customer.data_class, customer.scope) == (DataClass.MERGEABLE, Scope.TENANT)
    assert customer.groups["address"] == ("street", "post_code", "town", "country")
    assert (visit.claim, visit.scope, visit.fields["starts_at"].type) == (
        ClaimKind.EXCLUSIVE, Scope.SHOP, FieldType.INTEGER,
    )  # fmt: skip
    assert visit.fields["customer_id"].type is FieldType.ID
    assert not visit.fields["customer_id"].required
    assert invoice.data_class is DataClass.LEDGER
    assert invoice.fields["hash"].required


def test_what_the_feed_writes_down_passes_its_check(desk: TestDesk) -> None:
    entry = CustomerEntry("Ana", "Čeh", ("041 555 283",), notes="đ ß €", street="Nova 1", town="Celje")
    made = desk.write(add_customer, entry).customer
    [written] = desk.read(record_history, "customer", made.id)
    assert written.new is not None
    customer = build_manifest(SCHEMA).collection("customer")
    customer.check(written.new)
    assert written.new.keys() == customer.fields.keys()


def test_two_desks_can_break_no_rule_of_the_file_by_writing_one_row_each() -> None:
    """A unique index on a shared table would stop the pull of the second row for ever."""
    one_row = {"setting": ("key",)}  # its id is made of the key: both write the same row
    own = {"day_close": ("session_id",), "fiscal_journal": ("device_id", "n")}  # written by one device alone
    for table in SCHEMA.tables():
        if class_of(table) in SYNCED:
            rules = [tuple(one.columns.keys()) for one in table.indexes if one.unique]
            rules += [tuple(one.columns.keys()) for one in table.constraints if isinstance(one, UniqueConstraint)]
            assert [one for one in rules if one not in ((one_row | own).get(table.name),)] == [], table.name
            assert not any(isinstance(one, CheckConstraint) for one in table.constraints)


def test_of_every_field_that_holds_an_id_it_is_known_whether_it_names_a_row_that_must_be_there() -> None:
    people_and_devices = {"actor", "created_by", "device", "device_id", "opened_by", "owner_id", "shop_id"}
    # The product or service of a line and who did it stand in the line; a document may be of another kind than the row says.
    told_in_full = {"document_id", "item_id", "job_id", "member_id", "print_job", "subject"}
    manifest = build_manifest(SCHEMA)
    known = {one.name: one for one in manifest.collections}
    for one in manifest.collections:
        ids = {name for name, field in one.fields.items() if field.type is FieldType.ID}
        assert ids - PARENTS.get(one.name, {}).keys() <= people_and_devices | told_in_full, one.name
    for name, fields in PARENTS.items():
        for field, parent in fields.items():
            assert known[name].fields[field].type is FieldType.ID
            assert known[parent].scope is Scope.TENANT or known[parent].scope is known[name].scope
