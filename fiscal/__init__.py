"""Fiscal verification of receipts: one port, one package per country. Usable alone."""
