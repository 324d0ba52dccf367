"""The inbox on the screen: two sides, what differs, an answer by one key, and what follows."""

from __future__ import annotations

from datetime import time
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from desktop.access import PERMISSIONS, Actor, Role
from desktop.appointments.booking import find_visit
from desktop.appointments.entries import ShownVisit, shown_visit
from desktop.appointments.model import Status
from desktop.appointments.moving import move_visit
from desktop.appointments.progress import set_status
from desktop.sales.bills import LineEntry, open_bill
from desktop.sharing.conflict import ConflictKind
from desktop.sharing.views.answer import AnswerCard
from desktop.sharing.views.badge import ConflictBadge
from desktop.sharing.views.comparison import Comparison
from desktop.sharing.views.inbox_page import InboxPage
from fiscal.port import VatCategory
from fiscal.slovenia.certificate import Credential
from tests.desk import TestDesk
from tests.desktop.screen import Screen, button, error_of, field, labels, texts, type_into, until
from tests.sync.salon_of_desks import Salon
from tests.sync.test_second_try import refused_customer
from tests.sync.two_desks import DAY, collide, open_salon
from tests.sync.two_tills import TwoTills

LINE = LineEntry("free", "Striženje", 34_00, VatCategory.TAXED, 2200)


def visit(desk: TestDesk, identity: UUID) -> ShownVisit:
    return desk.read(lambda session, action: shown_visit(find_visit(session, action, identity)))


def cards(page: InboxPage) -> list[str]:
    return [one.accessibleName() for one in page.findChildren(AnswerCard) if one.isVisibleTo(page)]


async def opened(screen: Screen) -> InboxPage:
    page = screen.show(InboxPage(screen.context), 1200, 820)
    await until(lambda: screen.context.say("sharing.view.none") in texts(page) or cards(page), "the inbox")
    return page


def press(page: InboxPage, key: Qt.Key) -> None:
    page.list.setFocus()
    QTest.keyClick(page.list, key)


async def test_an_empty_inbox_says_so(screen: Screen) -> None:
    page = await opened(screen)
    assert page.list.count() == 0
    assert screen.context.say("sharing.view.none_then") in texts(page)


async def test_both_sides_are_seen_with_what_differs_marked_by_a_sign(screen: Screen, desks: Salon) -> None:
    collide(desks, open_salon(desks))
    page = await opened(screen)
    seen = texts(page)
    assert {
        "Ana",
        "Maja",
        screen.context.say("sharing.standing.waits"),
        screen.context.say("sharing.standing.holds"),
    } <= set(seen)
    differs = screen.context.say("sharing.view.differs")
    signs = [one.text() for one in labels(page) if one.accessibleName() == differs]
    assert signs == ["≠"], "the customer alone is another one"
    assert (
        page.list.item(0).data(Qt.ItemDataRole.AccessibleTextRole).startswith(screen.context.say("sharing.kind.visit"))
    )
    assert len(page.findChildren(Comparison)) == 1


async def test_one_key_moves_the_visit_and_the_inbox_is_empty(screen: Screen, desks: Salon) -> None:
    _, lost = collide(desks, open_salon(desks))
    page = await opened(screen)
    assert [card[0] for card in cards(page)] == ["1", "2", "3", "4"]
    press(page, Qt.Key.Key_2)
    await until(lambda: page.list.count() == 0, "no conflict any more")
    moved = visit(desks.desks[0], lost)
    assert (moved.claim_state, f"{moved.starts_at.astimezone(desks.desks[0].database.desk.zone):%H:%M}") == (
        "confirmed", "09:30",
    )  # fmt: skip


async def test_enter_takes_the_suggested_answer(screen: Screen, desks: Salon) -> None:
    _, lost = collide(desks, open_salon(desks))
    page = await opened(screen)
    press(page, Qt.Key.Key_Return)
    await until(lambda: page.list.count() == 0, "no conflict any more")
    assert f"{visit(desks.desks[0], lost).starts_at.astimezone(desks.desks[0].database.desk.zone):%H:%M}" == "08:30"


async def test_enter_on_an_answer_takes_that_one(screen: Screen, desks: Salon) -> None:
    _, lost = collide(desks, open_salon(desks))
    page = await opened(screen)
    card = next(one for one in page.findChildren(AnswerCard) if one.accessibleName().startswith("2"))
    card.setFocus()
    QTest.keyClick(card, Qt.Key.Key_Return)
    await until(lambda: page.list.count() == 0, "no conflict any more")
    assert f"{visit(desks.desks[0], lost).starts_at.astimezone(desks.desks[0].database.desk.zone):%H:%M}" == "09:30"


async def test_both_stay_by_a_click(screen: Screen, desks: Salon) -> None:
    _, lost = collide(desks, open_salon(desks))
    page = await opened(screen)
    words = screen.context.say("sharing.answer.beside")
    card = next(one for one in page.findChildren(AnswerCard) if words in one.accessibleName())
    QTest.mouseClick(card, Qt.MouseButton.LeftButton)
    await until(lambda: page.list.count() == 0, "no conflict any more")
    assert visit(desks.desks[0], lost).claim_state == "confirmed"


async def test_a_cancellation_asks_for_its_reason_and_its_figures_answer_nothing(screen: Screen, desks: Salon) -> None:
    _, lost = collide(desks, open_salon(desks))
    page = await opened(screen)
    press(page, Qt.Key.Key_4)
    reason = await field(page, "reason")
    QTest.keyClick(reason.editor, Qt.Key.Key_Return)
    await until(lambda: error_of(reason), "the reason is asked for")
    type_into(reason.editor, "prišla bo 1. 12.")
    assert visit(desks.desks[0], lost).status == "confirmed"
    QTest.keyClick(reason.editor, Qt.Key.Key_Return)
    await until(lambda: page.list.count() == 0, "no conflict any more")
    assert visit(desks.desks[0], lost).cancel_reason == "prišla bo 1. 12."


async def test_a_visit_that_took_place_can_only_stay(screen: Screen, desks: Salon) -> None:
    _, lost = collide(desks, open_salon(desks))
    desks.desks[0].write(set_status, lost, Status.DONE)
    page = await opened(screen)
    assert [card.split(".")[0] for card in cards(page)] == ["1 " + screen.context.say("sharing.answer.beside")]
    press(page, Qt.Key.Key_Return)
    await until(lambda: page.list.count() == 0, "no conflict any more")
    assert visit(desks.desks[0], lost).claim_state == "confirmed"


async def test_the_question_for_a_reason_can_be_left(screen: Screen, desks: Salon) -> None:
    collide(desks, open_salon(desks))
    page = await opened(screen)
    press(page, Qt.Key.Key_4)
    await field(page, "reason")
    button(page, screen.context.say("shell.cancel")).click()
    await until(lambda: len(cards(page)) == 4, "the answers again")


@pytest.mark.parametrize("key", [Qt.Key.Key_1, Qt.Key.Key_2])
async def test_what_was_refused_and_is_nowhere_else_is_done_again_or_let_go(
    screen: Screen, desks: Salon, key: Qt.Key
) -> None:
    here, there = desks.desks
    customer = refused_customer(desks)
    page = await opened(screen)
    say = screen.context.say
    assert any(say("sharing.explain.set_aside_alone") in one for one in texts(page))
    assert [card.split(".")[0] for card in cards(page)] == [
        "1 " + say("sharing.answer.again"),
        "2 " + say("sharing.answer.let_go"),
    ]
    press(page, key)
    await until(lambda: page.list.count() == 0, "nothing to decide any more")
    desks.settle()
    assert [customer.hex in desks.rows(desk, "customer") for desk in (here, there)] == 2 * [key == Qt.Key.Key_1]


async def test_what_another_one_settles_leaves_the_list_and_what_was_settled_is_listed(
    screen: Screen, desks: Salon
) -> None:
    here = desks.desks[0]
    _, lost = collide(desks, open_salon(desks))
    page = await opened(screen)
    here.write(move_visit, lost, DAY, time(12))
    await until(lambda: page.list.count() == 0, "no conflict any more")
    button(page, screen.context.say("sharing.view.done")).click()
    await until(lambda: page.list.count() == 1, "what was settled")
    await until(lambda: screen.context.say("audit.appointments.move_visit") in texts(page), "its history")


async def test_a_page_that_is_not_seen_reads_anew_when_it_is_shown(screen: Screen, desks: Salon) -> None:
    here = desks.desks[0]
    _, lost = collide(desks, open_salon(desks))
    page = await opened(screen)
    told: list[object] = []
    screen.context.changed.connect(told.append)
    page.hide()
    here.write(move_visit, lost, DAY, time(12))
    await until(lambda: told, "the news of the move")
    page.show()
    await until(lambda: page.list.count() == 0, "no conflict any more")


@pytest.fixture
def tills(desks: Salon, sealing: Credential) -> TwoTills:
    made = TwoTills(desks, sealing)
    bill = made.here.write(open_bill, lines=(LINE,))
    desks.settle()
    made.charge(0, bill.id)
    made.charge(1, bill.id)
    desks.settle()
    return made


async def test_a_credit_note_is_offered_ready_with_the_other_number_as_its_reason(
    screen: Screen, tills: TwoTills
) -> None:
    page = await opened(screen)
    asked: list[tuple[UUID, str]] = []
    page.credit_wanted.connect(lambda invoice, reason: asked.append((invoice, reason)))
    press(page, Qt.Key.Key_1)
    [(invoice, reason)] = asked
    assert reason == screen.context.say("sharing.answer.told", number="PE1-BL1-1")
    assert invoice == page._conflicts[0].sides[0].row
    assert page._conflicts[0].kind is ConflictKind.CHARGED_TWICE


async def test_two_right_receipts_are_left_by_one_key(screen: Screen, tills: TwoTills) -> None:
    page = await opened(screen)
    press(page, Qt.Key.Key_3)
    await until(lambda: page.list.count() == 0, "no conflict any more")


async def test_who_may_not_credit_is_offered_no_credit_note(screen: Screen, tills: TwoTills) -> None:
    owner = tills.owner
    screen.context.actor = Actor(owner.id, owner.name, PERMISSIONS[Role.RECEPTION])
    page = await opened(screen)
    assert [card.split(".")[0] for card in cards(page)] == ["1 " + screen.context.say("sharing.answer.both")]


async def test_the_badge_counts_and_counts_anew(screen: Screen, desks: Salon, qapp: QApplication) -> None:
    here = desks.desks[0]
    _, lost = collide(desks, open_salon(desks))
    told: list[int] = []
    owner = screen.show(QLabel())
    badge = ConflictBadge(screen.context, owner, told.append)
    badge.look()
    await until(lambda: told == [1], "one conflict")
    here.write(move_visit, lost, DAY, time(12))
    await until(lambda: told[-1] == 0, "none")
    badge.stop()
