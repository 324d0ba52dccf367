"""People: adding, changing and removing them, the first owner, and the lists that other rooms show.

Rules: the mark on receipts is short and one person's only; the tax number is a Slovenian one or the person is marked as
without (fiscal-si research, section 3.2: operator tax number or foreign operator); only an owner touches an owner, and the
last one stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from stdnum.si import ddv

from desktop.access import Permission, Role
from desktop.action import Action
from desktop.colour import ColourFamily
from desktop.entry import line, whole
from desktop.errors import InvalidInput, NotPermitted, Refused
from desktop.ids import new_id
from desktop.staff.model import Member
from desktop.staff.pin import hash_pin

MARK = 6  # characters of a mark: it stands in a narrow column of the receipt


@dataclass(frozen=True, slots=True)
class MemberEntry:
    """What is typed about a person.

    `mark` is printed on receipts, at most 6 characters. `tax_number` has 8 digits, with or without "SI", or is "" together
    with `without_tax_number` (a foreign operator) or while the person does not charge. `bookable` people get a column in
    the calendar. `position` orders them, smallest first.
    """

    name: str
    mark: str
    role: Role
    tax_number: str = ""
    without_tax_number: bool = False
    colour: ColourFamily = ColourFamily.SLATE
    position: int = 0
    bookable: bool = True
    active: bool = True


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person as stored; `entry` is what a form shows, `has_pin` says whether the person can sign in."""

    id: UUID
    entry: MemberEntry
    has_pin: bool

    @property
    def name(self) -> str:
        return self.entry.name


def set_up_owner(session: Session, action: Action, entry: MemberEntry, pin: str) -> StaffMember:
    """Makes the first person of a new salon, an owner with a PIN; asks for no permission because nobody is there yet.

    Raises `Refused` ``staff.owner_exists`` when there is an owner, `InvalidInput` as `add_member` and `hash_pin`.
    """
    if _owners(session):
        raise Refused("staff.owner_exists")
    if entry.role is not Role.OWNER or not entry.active:
        raise InvalidInput("role", "staff.first_is_owner")
    return _add(session, entry, hash_pin(pin))


def add_member(session: Session, action: Action, entry: MemberEntry, pin: str = "") -> StaffMember:
    """Adds a person; without a PIN the person cannot sign in.

    Raises `NotPermitted` without `EDIT_STAFF` or when somebody other than an owner adds an owner; `InvalidInput` with the
    field and ``staff.mark_taken`` (value `name`), ``staff.tax_number``, ``staff.tax_number_or_without``, ``staff.pin_…``,
    ``entry.…``.
    """
    action.actor.require(Permission.EDIT_STAFF)
    _guard_owner(action, entry.role)
    return _add(session, entry, hash_pin(pin) if pin else None)


def change_member(
    session: Session, action: Action, member_id: UUID, before: MemberEntry, after: MemberEntry
) -> StaffMember:
    """Writes what differs between the entry that the form was filled with and the one it holds now.

    Raises as `add_member`; `Refused` ``staff.not_found`` and ``staff.last_owner`` (demoting or deactivating the last one).
    """
    action.actor.require(Permission.EDIT_STAFF)
    member = _find(session, member_id)
    _guard_owner(action, Role(member.role))
    _guard_owner(action, after.role)
    if member.role == Role.OWNER and (after.role is not Role.OWNER or not after.active):
        _keep_one_owner(session, member_id)
    clean = _clean(session, after, member_id)
    old = _columns(before)
    for name, value in _columns(clean).items():
        if value != old[name]:
            setattr(member, name, value)
    session.flush()
    return _shown(member)


def remove_member(session: Session, action: Action, member_id: UUID) -> StaffMember:
    """Takes a person off all lists; what the person did stays. Raises as `change_member`, ``staff.yourself``."""
    action.actor.require(Permission.EDIT_STAFF)
    member = _find(session, member_id)
    _guard_owner(action, Role(member.role))
    if member.role == Role.OWNER:
        _keep_one_owner(session, member_id)
    if member_id == action.actor.id:
        raise Refused("staff.yourself")
    member.deleted_at = action.now
    session.flush()
    return _shown(member)


def list_members(session: Session, action: Action, inactive: bool = False) -> tuple[StaffMember, ...]:
    """The people of the tenant in their order, at most 256; with `inactive` also those who no longer work here.

    Asks for no permission: before anybody is signed in, the lock screen shows them.
    """
    query = (
        select(Member).where(Member.deleted_at.is_(None)).order_by(Member.position, Member.name, Member.id).limit(256)
    )
    if not inactive:
        query = query.where(Member.active)
    return tuple(_shown(member) for member in session.scalars(query))


def _add(session: Session, entry: MemberEntry, pin_hash: str | None) -> StaffMember:
    clean = _clean(session, entry, None)
    member = Member(id=new_id(), pin_hash=pin_hash, **_columns(clean))
    session.add(member)
    session.flush()
    return _shown(member)


def _columns(entry: MemberEntry) -> dict[str, object]:
    return {
        "name": entry.name,
        "mark": entry.mark,
        "role": entry.role.value,
        "tax_number": entry.tax_number or None,
        "without_tax_number": entry.without_tax_number,
        "colour": entry.colour.value,
        "position": entry.position,
        "bookable": entry.bookable,
        "active": entry.active,
    }


def _clean(session: Session, entry: MemberEntry, own_id: UUID | None) -> MemberEntry:
    """The entry as it is stored; raises for what cannot be."""
    mark = line(entry.mark, "mark", required=True, maximum=MARK)
    others = select(Member.id, Member.mark, Member.name).where(Member.deleted_at.is_(None))
    for other_id, other_mark, name in session.execute(others):
        if other_id != own_id and other_mark.casefold() == mark.casefold():
            raise InvalidInput("mark", "staff.mark_taken", name=name)
    return MemberEntry(
        name=line(entry.name, "name", required=True),
        mark=mark,
        role=Role(entry.role),
        tax_number=_tax_number(entry),
        without_tax_number=entry.without_tax_number,
        colour=ColourFamily(entry.colour),
        position=whole(entry.position, "position", 0, 10_000),
        bookable=entry.bookable,
        active=entry.active,
    )


def _tax_number(entry: MemberEntry) -> str:
    typed = line(entry.tax_number, "tax_number", maximum=20)
    if not typed:
        return ""
    if entry.without_tax_number:
        raise InvalidInput("tax_number", "staff.tax_number_or_without")
    if not ddv.is_valid(typed):
        raise InvalidInput("tax_number", "staff.tax_number")
    return str(ddv.compact(typed))


def _find(session: Session, member_id: UUID) -> Member:
    member = session.get(Member, member_id)
    if member is None or member.deleted_at is not None:
        raise Refused("staff.not_found")
    return member


def _guard_owner(action: Action, role: Role) -> None:
    """Only who may do everything touches an owner, so that nobody makes himself one."""
    if role is Role.OWNER and not action.actor.permissions >= frozenset(Permission):
        raise NotPermitted("staff.owner_only", permission=Permission.EDIT_STAFF.value, actor=action.actor.name)


def _owners(session: Session) -> set[UUID]:
    query = select(Member.id).where(Member.role == Role.OWNER.value, Member.active, Member.deleted_at.is_(None))
    return set(session.scalars(query))


def _keep_one_owner(session: Session, leaving: UUID) -> None:
    if not _owners(session) - {leaving}:
        raise Refused("staff.last_owner")


def _shown(member: Member) -> StaffMember:
    entry = MemberEntry(
        name=member.name,
        mark=member.mark,
        role=Role(member.role),
        tax_number=member.tax_number or "",
        without_tax_number=member.without_tax_number,
        colour=ColourFamily(member.colour),
        position=member.position,
        bookable=member.bookable,
        active=member.active,
    )
    return StaffMember(member.id, entry, member.pin_hash is not None)
