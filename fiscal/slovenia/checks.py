"""What must hold before a receipt is sealed: the rules of a draft that need neither certificate nor database.

Sources: FURS technical specification v3.2, sections 3.1 and 3.2 (marks, numbers, amounts); ZDavPR art. 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from fiscal.port import Draft, Kind, Means, Problem, VatBucket, VatCategory
from fiscal.slovenia.environment import ZONE

MARK: Final = re.compile(r"[0-9a-zA-Z]{1,20}", re.ASCII)
TAX_NUMBER: Final = re.compile(r"[1-9][0-9]{7}", re.ASCII)
_LARGEST_CENTS: Final = 10**14  # 12 digits of euros, far inside the schema and exact in 64 bits


def paid_in_cash_of_the_law(draft: Draft) -> bool:
    """Whether a payment is "cash" in the law's sense: everything but a transfer to the account (ZDavPR art. 2).

    A document without any payment (nothing to pay) is no cash supply.
    """
    return any(payment.means is not Means.TRANSFER for payment in draft.payments)


def draft_problems(draft: Draft) -> Iterator[Problem]:
    """Everything about the draft alone that stands in the way, verified or not."""
    if not TAX_NUMBER.fullmatch(draft.seller_tax_number):
        yield Problem("seller_tax_number_invalid", values={"tax_number": draft.seller_tax_number})
    if not MARK.fullmatch(draft.premise):
        yield Problem("premise_mark_invalid", values={"mark": draft.premise})
    if not MARK.fullmatch(draft.device):
        yield Problem("device_mark_invalid", values={"mark": draft.device})
    if not 0 <= draft.sequence < 10**20:
        yield Problem("number_invalid", values={"number": str(draft.sequence)})
    yield from _time(draft)
    yield from _amounts(draft)
    if draft.kind is Kind.CREDIT_NOTE and not draft.corrects:
        yield Problem("reference_missing")
    if draft.buyer_vat_number is not None and not 1 <= len(draft.buyer_vat_number) <= 20:
        yield Problem("buyer_vat_number_invalid", values={"number": draft.buyer_vat_number})


def operator_problems(draft: Draft) -> Iterator[Problem]:
    """What stands against naming the person who issues; asked only of documents that are verified."""
    if draft.operator_is_foreign:
        return
    if draft.operator_tax_number is None:
        yield Problem("operator_tax_number_missing")
    elif not TAX_NUMBER.fullmatch(draft.operator_tax_number):
        yield Problem("operator_tax_number_invalid", values={"tax_number": draft.operator_tax_number})


def _time(draft: Draft) -> Iterator[Problem]:
    local = draft.issued_at.astimezone(ZONE).replace(tzinfo=None, microsecond=0)
    if draft.wall_time.tzinfo is not None or draft.wall_time.microsecond or draft.wall_time != local:
        yield Problem("wall_time_differs", values={"printed": draft.wall_time.isoformat(), "local": local.isoformat()})


def _amounts(draft: Draft) -> Iterator[Problem]:
    if abs(draft.total_cents) >= _LARGEST_CENTS:
        yield Problem("amount_too_large")
    if (draft.total_cents < 0) if draft.kind is Kind.SALE else (draft.total_cents > 0):
        yield Problem("sign_wrong", values={"cents": str(draft.total_cents)})
    for bucket in draft.vat:
        if not _bucket_holds(bucket):
            yield Problem("vat_bucket_wrong", values={"rate": str(bucket.rate), "category": bucket.category.value})
    yield from _differs("vat_differs_from_total", sum(bucket.gross_cents for bucket in draft.vat), draft.total_cents)
    yield from _differs("payments_differ_from_total", sum(one.cents for one in draft.payments), draft.total_cents)


def _bucket_holds(bucket: VatBucket) -> bool:
    if bucket.net_cents + bucket.tax_cents != bucket.gross_cents:
        return False
    if bucket.category is VatCategory.TAXED:
        return 0 < bucket.rate <= 10_000
    return bucket.rate == 0 and bucket.tax_cents == 0


def _differs(code: str, found: int, total: int) -> Iterator[Problem]:
    if found != total:
        yield Problem(code, values={"found_cents": str(found), "total_cents": str(total)})
