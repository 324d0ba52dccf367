"""The schema of Pult: every room's tables, the libraries' tables and what is derived from them."""

from __future__ import annotations

from desktop.database import feed
from desktop.database.schema import Schema

SCHEMA = Schema(metadatas=(feed.operation.metadata,), derived=())
