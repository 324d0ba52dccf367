"""How the operations of this room are undone: an issued document never is; the refusal names it, and what corrects it.

Source: ZDavPR art. 2(3): what was issued is corrected by a new document that names it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.undo import UndoneOperation, UndoRule
from desktop.errors import Refused
from desktop.sales.model import Invoice
from fiscal.port import Kind

#: What nobody means by "undo": a bill that was opened is thrown away, and the step before it is the one that counts.
NO_STEPS = frozenset({"sales.open_bill", "sales.open_bill_for_visit"})


def refuse_issued(session: Session, action: Action, target: UndoneOperation) -> None:
    """Raises `Refused` ``sales.issued_stays`` (values: number, `invoice_id` of the receipt that a credit note corrects), or
    ``sales.credit_note_stays`` where the operation issued a credit note and nothing else."""
    issued = [change.row for change in target.rows if change.table == Invoice.__tablename__ and change.kind == "i"]
    query = select(Invoice.id, Invoice.kind, Invoice.premise, Invoice.device, Invoice.sequence)
    documents = session.execute(query.where(Invoice.id.in_(issued)).order_by(Invoice.sequence)).all()
    if not documents:
        raise Refused("database.not_undoable", name=target.name)
    sales = [one for one in documents if one.kind == Kind.SALE.value]
    found = (sales or documents)[-1]
    code = "sales.issued_stays" if sales else "sales.credit_note_stays"
    raise Refused(code, number=f"{found.premise}-{found.device}-{found.sequence}", invoice_id=found.id)


RULES: Mapping[str, UndoRule] = {
    "sales.check_out": refuse_issued,
    "sales.issue_credit_note": refuse_issued,
    "sales.change_payment_means": refuse_issued,
}
