"""What `pult verify` checks of the sales: numbers, sums, stock, cash and the protection codes, each naming its first bad row."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from desktop.database.verify import Finding
from fiscal.port import Means

#: Finding code → (what the rows are about, query for the first bad row: its id, then facts).
_QUERIES: dict[str, tuple[str, str]] = {
    "sales.number_gap": (
        "invoice",
        """SELECT id, number || ' after ' || before FROM (
             SELECT id, number, sequence,
                    lag(sequence, 1, 0) OVER (PARTITION BY premise, device ORDER BY sequence) AS before
             FROM (SELECT min(id) AS id, number, premise, device, sequence FROM invoice
                   GROUP BY premise, device, sequence)) WHERE sequence <> before + 1 ORDER BY id LIMIT 1""",
    ),
    "sales.number_twin": (
        "invoice",
        """SELECT max(id), number FROM invoice GROUP BY premise, device, sequence HAVING count(*) > 1 LIMIT 1""",
    ),
    "sales.lines_differ": (
        "invoice",
        """SELECT i.id, i.number FROM invoice i
           WHERE i.total_cents <> (SELECT coalesce(sum(total_cents), 0) FROM invoice_line WHERE invoice_id = i.id)
           ORDER BY i.id LIMIT 1""",
    ),
    "sales.line_wrong": (
        "invoice_line",
        """SELECT id, name FROM invoice_line
           WHERE total_cents <> gross_cents - discount_cents - bill_discount_cents ORDER BY id LIMIT 1""",
    ),
    "sales.vat_differs": (
        "invoice",
        """SELECT i.id, i.number FROM invoice i
           WHERE i.total_cents <> (SELECT coalesce(sum(gross_cents), 0) FROM invoice_vat WHERE invoice_id = i.id)
           ORDER BY i.id LIMIT 1""",
    ),
    "sales.vat_wrong": (
        "invoice_vat",
        """SELECT v.id, v.rate FROM invoice_vat v
           WHERE v.net_cents + v.tax_cents <> v.gross_cents OR v.gross_cents <> (
             SELECT coalesce(sum(l.total_cents), 0) FROM invoice_line l
             WHERE l.invoice_id = v.invoice_id AND l.vat_category = v.category AND l.vat_rate = v.rate)
           ORDER BY v.id LIMIT 1""",
    ),
    "sales.payments_differ": (
        "invoice",
        """SELECT i.id, i.number FROM invoice i
           WHERE i.total_cents <> (SELECT coalesce(sum(cents), 0) FROM invoice_payment WHERE invoice_id = i.id)
           ORDER BY i.id LIMIT 1""",
    ),
    "sales.stock_differs": (
        "invoice",
        """SELECT i.id, i.number FROM invoice i
           JOIN (SELECT invoice_id, item_id, sum(quantity) AS sold FROM invoice_line
                 WHERE kind = 'product' AND item_id IS NOT NULL GROUP BY invoice_id, item_id) l ON l.invoice_id = i.id
           WHERE -l.sold <> (SELECT coalesce(sum(quantity), 0) FROM stock_movement
                             WHERE document_id = i.id AND product_id = l.item_id)
           ORDER BY i.id LIMIT 1""",
    ),
    "sales.cash_differs": (
        "invoice",
        f"""SELECT i.id, i.number FROM invoice i WHERE
             (SELECT coalesce(sum(cents), 0) FROM invoice_payment
              WHERE invoice_id = i.id AND means = '{Means.CASH.value}')
             <> (SELECT coalesce(sum(cents), 0) FROM cash_movement
                 WHERE document_id = i.id AND kind IN ('sale', 'refund'))
             OR (SELECT coalesce(sum(cents), 0) FROM tip WHERE invoice_id = i.id AND means = '{Means.CASH.value}')
             <> (SELECT coalesce(sum(cents), 0) FROM cash_movement WHERE document_id = i.id AND kind = 'tip')
           ORDER BY i.id LIMIT 1""",
    ),
    "sales.close_differs": (
        "day_close",
        """SELECT c.id, 'Z ' || c.z_number FROM day_close c
           WHERE c.expected_cents <> (SELECT coalesce(sum(cents), 0) FROM cash_movement
                                      WHERE session_id = c.session_id AND kind <> 'difference')
              OR c.difference_cents <> c.counted_cents - c.expected_cents
              OR c.difference_cents <> (SELECT coalesce(sum(cents), 0) FROM cash_movement
                                        WHERE session_id = c.session_id AND kind = 'difference')
           ORDER BY c.id LIMIT 1""",
    ),
    "sales.close_gap": (
        "day_close",
        """SELECT id, 'Z ' || z_number FROM (
             SELECT id, z_number, lag(z_number, 1, 0) OVER (PARTITION BY device_id ORDER BY z_number) AS before
             FROM day_close) WHERE z_number <> before + 1 ORDER BY id LIMIT 1""",
    ),
    "sales.not_sealed": (
        "invoice",
        """SELECT i.id, i.number FROM invoice i
           WHERE NOT EXISTS (SELECT 1 FROM fiscal_journal j
                             WHERE j.document_id = i.id AND j.kind = 'seal' AND j.reference = i.number)
           ORDER BY i.id LIMIT 1""",
    ),
    "sales.sealed_without_invoice": (
        "fiscal_journal",
        """SELECT j.id, j.reference FROM fiscal_journal j
           WHERE j.kind = 'seal' AND NOT EXISTS (SELECT 1 FROM invoice i WHERE i.id = j.document_id)
           ORDER BY j.id LIMIT 1""",
    ),
}


def check_sales(connection: Connection) -> Iterator[Finding]:
    """Every finding of the sales; nothing when all is well. Reads only."""
    for code, (table, query) in _QUERIES.items():
        row = connection.execute(text(query)).first()
        if row is not None:
            yield Finding(code, table, row[0].hex(), str(row[1]))
