"""How this desk looks and speaks: theme, language, text size. Local settings, anybody's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.settings import local_setting, set_local_setting

_KEY = "settings.look"


@dataclass(frozen=True, slots=True)
class Look:
    """Theme, language and percent of the text size (100, 115, 130)."""

    theme: Literal["light", "dark"] = "light"
    language: Literal["sl", "en"] = "sl"
    scale: int = 100


def show_look(session: Session, action: Action) -> Look:
    """The look of this desk."""
    stored = local_setting(session, _KEY)
    return Look(**stored) if stored else Look()


def set_look(session: Session, action: Action, look: Look) -> Look:
    """Stores the look of this desk."""
    set_local_setting(session, _KEY, {"theme": look.theme, "language": look.language, "scale": look.scale})
    return look
