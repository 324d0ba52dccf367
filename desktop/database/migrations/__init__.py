"""The migrations: one script a revision in `versions`, run by Alembic through `desktop.database.migrate` alone.

Rules of a script: prefer a native ALTER; a data migration depends on the row alone, gives the same result on every desk and
changes no hashed column; generated triggers are no business of a script, they are dropped before it and made anew after.
"""
