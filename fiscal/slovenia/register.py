"""The Slovenian adapter behind `fiscal.port.FiscalRegister`: says what stands in the way, and seals.

Sealing is one RSA signature, a journal row and an outbox row inside the caller's transaction. Which receipts are subject
to verification: ZDavPR art. 2 (every means of payment but the transfer to an account; corrections of verified receipts;
and every document of a series that is verified as a whole).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.engine import Connection

from fiscal.errors import CertificateError, NoCredential, NotSealable
from fiscal.journal import EntryKind, append, append_certificate, uncompress
from fiscal.outbox import enqueue
from fiscal.port import Draft, Kind, Problem, Sealed, Severity
from fiscal.records import SealRecord
from fiscal.slovenia.certificate import Credential
from fiscal.slovenia.checks import draft_problems, operator_problems, paid_in_cash_of_the_law
from fiscal.slovenia.code import receipt_code
from fiscal.slovenia.deadline import submit_before
from fiscal.slovenia.environment import Mode
from fiscal.slovenia.messages import AmountField, encode_invoice
from fiscal.slovenia.zoi import protect, signed_text
from fiscal.tables import journal, to_ms

COUNTRY: Final = "SI"
_WARN_BEFORE: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class RegisterSettings:
    """What the register must know besides its certificates.

    Attributes:
        tax_number: of the taxpayer, 8 digits.
        not_payer: where the turnover of somebody who is no VAT payer (ZDDV-1 art. 94) goes in the message.
    """

    mode: Mode
    shop_id: UUID
    device_id: UUID
    tax_number: str
    not_payer: AmountField = AmountField.EXEMPT


def choose_credential(
    credentials: Sequence[Credential], *, mode: Mode, tax_number: str | None, at: datetime
) -> Credential:
    """The certificate to sign with at `at`: of those that can be used, the one that took over last.

    Raises:
        NoCredential: there is none at all.
        CertificateError: there are some, but none can be used; the reason of the newest.
    """
    reason: CertificateError | None = None
    for one in sorted(credentials, key=lambda each: (each.use_from, each.facts.not_after), reverse=True):
        try:
            one.facts.check(mode=mode, at=at, tax_number=tax_number)
        except CertificateError as error:
            reason = reason or error
            continue
        if one.use_from <= at:
            return one
    raise reason or NoCredential()


class SlovenianRegister:
    """A `FiscalRegister` for Slovenia. `credentials` are loaded once; a new certificate means a new register.

    `registered_premises` are the marks known to be registered (see `fiscal.slovenia.premise.registered`); they only
    decide over a warning.
    """

    def __init__(
        self,
        settings: RegisterSettings,
        credentials: Sequence[Credential],
        *,
        registered_premises: frozenset[str] = frozenset(),
    ) -> None:
        self._settings = settings
        self._credentials = tuple(credentials)
        self.registered_premises = registered_premises

    def validate(self, draft: Draft) -> list[Problem]:
        """Everything that stands in the way of issuing `draft`; its `sequence` may be 0. No network, no database."""
        problems = list(draft_problems(draft))
        if self._must_verify(draft):
            problems += operator_problems(draft)
            problems += self._certificate_problems(draft)
            if draft.premise not in self.registered_premises:
                problems.append(Problem("premise_not_registered", Severity.WARNING, {"mark": draft.premise}))
        return problems

    def seal(self, connection: Connection, draft: Draft) -> Sealed:
        """Seals `draft` on `connection`; the caller commits or rolls back.

        Raises:
            NotSealable: the draft has an error that `validate` names, or its number is not 1 or more.
        """
        subject = self._must_verify(draft) or self._corrects_verified(connection, draft)
        problems = list(draft_problems(draft))
        if subject:
            problems += operator_problems(draft)
        if draft.sequence < 1:
            problems.append(Problem("number_invalid", values={"number": str(draft.sequence)}))
        if problems:
            raise NotSealable(problems)
        if not subject:
            self._append_seal(connection, draft, self._record(draft))
            return Sealed(subject=False, protection=None, code=None, submit_before=None)
        return self._seal_subject(connection, draft)

    def _seal_subject(self, connection: Connection, draft: Draft) -> Sealed:
        settings = self._settings
        try:
            credential = self._credential(draft)
        except (CertificateError, NoCredential) as error:
            raise NotSealable([_problem_of(error)]) from None
        text = signed_text(
            tax_number=draft.seller_tax_number,
            wall_time=draft.wall_time,
            sequence=draft.sequence,
            premise=draft.premise,
            device=draft.device,
            total_cents=draft.total_cents,
        )
        protection = protect(credential.key, text)
        code = receipt_code(zoi=protection.zoi, tax_number=draft.seller_tax_number, wall_time=draft.wall_time)
        message = encode_invoice(draft, zoi=protection.zoi, not_payer=settings.not_payer)
        deadline = submit_before(draft.wall_time.date())
        append_certificate(
            connection,
            shop_id=settings.shop_id,
            device_id=settings.device_id,
            at=draft.issued_at,
            der=credential.der,
            fingerprint=credential.facts.fingerprint,
        )
        record = msgspec.structs.replace(
            self._record(draft),
            subject=True,
            protection=protection.zoi,
            code=code,
            signed=protection.signed,
            signature=protection.signature,
            certificate=credential.facts.fingerprint,
            submit_before=to_ms(deadline),
            message=msgspec.Raw(message),
        )
        seal_n = self._append_seal(connection, draft, record)
        enqueue(
            connection,
            document_id=draft.document_id,
            shop_id=settings.shop_id,
            device_id=settings.device_id,
            number=printed_number(draft),
            issued_at=draft.issued_at,
            seal_n=seal_n,
            payload=message,
            submit_before=deadline,
        )
        return Sealed(subject=True, protection=protection.zoi, code=code, submit_before=deadline)

    def _must_verify(self, draft: Draft) -> bool:
        return draft.verify_all or paid_in_cash_of_the_law(draft)

    def _corrects_verified(self, connection: Connection, draft: Draft) -> bool:
        """Whether a credit note corrects a verified document. One that this database does not know counts as verified."""
        if draft.kind is not Kind.CREDIT_NOTE:
            return False
        for one in draft.corrects:
            number = f"{one.premise}-{one.device}-{one.sequence}"
            query = select(journal.c.n, journal.c.body).where(
                journal.c.reference == number, journal.c.kind == EntryKind.SEAL
            )
            seals = [
                msgspec.json.decode(uncompress(row.body, row.n), type=SealRecord) for row in connection.execute(query)
            ]
            if not seals or any(seal.subject for seal in seals):
                return True
        return False

    def _credential(self, draft: Draft) -> Credential:
        return choose_credential(
            self._credentials, mode=self._settings.mode, tax_number=draft.seller_tax_number, at=draft.issued_at
        )

    def _certificate_problems(self, draft: Draft) -> Iterator[Problem]:
        if draft.seller_tax_number != self._settings.tax_number:
            yield Problem(
                "wrong_tax_number", values={"expected": self._settings.tax_number, "found": draft.seller_tax_number}
            )
        try:
            chosen = self._credential(draft)
        except (CertificateError, NoCredential) as error:
            yield _problem_of(error)
            return
        last = max((one.facts.not_after for one in self._credentials), default=chosen.facts.not_after)
        if last - draft.issued_at < _WARN_BEFORE:
            yield Problem("certificate_expires_soon", Severity.WARNING, {"not_after": last.date().isoformat()})

    def _record(self, draft: Draft) -> SealRecord:
        return SealRecord(
            subject=False,
            country=COUNTRY,
            kind=draft.kind.value,
            premise=draft.premise,
            device=draft.device,
            sequence=draft.sequence,
            wall_time=draft.wall_time.isoformat(timespec="seconds"),
            seller_tax_number=draft.seller_tax_number,
            total_cents=draft.total_cents,
        )

    def _append_seal(self, connection: Connection, draft: Draft, record: SealRecord) -> int:
        return append(
            connection,
            shop_id=self._settings.shop_id,
            device_id=self._settings.device_id,
            kind=EntryKind.SEAL,
            at=draft.issued_at,
            body=record,
            document_id=draft.document_id,
            reference=printed_number(draft),
        )


def printed_number(draft: Draft) -> str:
    """The number as printed: premise, device and sequence with hyphens."""
    return f"{draft.premise}-{draft.device}-{draft.sequence}"


def _problem_of(error: CertificateError | NoCredential) -> Problem:
    return Problem(error.code, values={name: str(value) for name, value in error.values.items()})
