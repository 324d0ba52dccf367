"""Settings by key, for what is no column of a room: of one shop, or of this device alone.

Values are plain data (texts, integers, booleans, lists, dicts). A key is dotted and begins with its room: ``sales.footer``.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.feed import LocalSetting, ShopSetting
from desktop.ids import natural_id

# Built once and run past the session's own machinery: a sale reads settings, and that costs more than the query.
_OF_SHOP = select(ShopSetting.key, ShopSetting.value).where(
    ShopSetting.key.in_(bindparam("keys", expanding=True)),
    ShopSetting.shop_id == bindparam("shop"),
    ShopSetting.deleted_at.is_(None),
)


def shop_setting(session: Session, action: Action, key: str, default: Any = None) -> Any:
    """A setting of this shop, or `default`."""
    return shop_settings(session, action, (key,)).get(key, default)


def shop_settings(session: Session, action: Action, keys: Collection[str]) -> dict[str, Any]:
    """Those of `keys` that are set in this shop, in one query: what issues a receipt reads several at once."""
    found = session.connection().execute(_OF_SHOP, {"keys": list(keys), "shop": action.desk.shop})
    return {row.key: row.value for row in found}


def set_shop_setting(session: Session, action: Action, key: str, value: Any) -> None:
    """Stores a setting of this shop; the caller has checked the right."""
    identity = natural_id(action.desk.shop, "setting", key)
    row = session.get(ShopSetting, identity)
    if row is None:
        session.add(ShopSetting(id=identity, shop_id=action.desk.shop, key=key, value=value))
    else:
        row.value, row.deleted_at = value, None
    session.flush()  # reads go past the session


def local_setting(session: Session, key: str, default: Any = None) -> Any:
    """A setting of this device, or `default`."""
    found = session.execute(select(LocalSetting.value).where(LocalSetting.key == key)).first()
    return default if found is None else found.value


def set_local_setting(session: Session, key: str, value: Any) -> None:
    """Stores a setting of this device; it is no operation and is not synced."""
    session.merge(LocalSetting(key=key, value=value))
