"""Benchmarks: they measure against a floor taken in the same run, print one line per row, and assert nothing about time."""
