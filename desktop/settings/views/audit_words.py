"""The words of the audit trail: what was done and what was refused, in sentences instead of codes."""

from __future__ import annotations

from desktop.database.history import AuditEntry
from desktop.texts import MissingText, Texts


def what_happened(entry: AuditEntry, texts: Texts) -> str:
    """What was done; an operation that this program has no words for is named by its code."""
    if entry.undoes is not None:
        return texts.say("audit.undone")
    kind = "database.refused" if entry.name == "refused" else entry.name
    return _words(kind, texts)


def with_what(entry: AuditEntry, texts: Texts) -> str:
    """What else is known: of a refusal the action and its reason, else the values that were kept."""
    details = dict(entry.details or {})
    parts = []
    operation = details.pop("operation", None)
    code = details.pop("code", None)
    if isinstance(operation, str):
        parts.append(_words(operation, texts))
    if isinstance(code, str):
        parts.append(_reason(code, texts))
    parts += [f"{name}: {value}" for name, value in details.items()]
    return " · ".join(parts)


def _words(name: str, texts: Texts) -> str:
    key = f"audit.{name}"
    return texts.say(key) if texts.has(key) else name


def _reason(code: str, texts: Texts) -> str:
    """The sentence of a refusal; its code where the sentence wants values, which are not kept: they may be personal."""
    room, _, rest = code.partition(".")
    try:
        sentence = texts.say(f"{room}.refused.{rest}")
    except MissingText:
        return code
    return code if "{" in sentence else sentence
