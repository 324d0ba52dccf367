"""Vouchers and packages."""
