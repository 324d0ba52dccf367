"""Bills, checkout, invoices, credit notes and their receipts."""
