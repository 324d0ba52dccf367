"""Sharing in the settings: a desk is paired by a code, says how it stands, adds and revokes desks, pauses; the light follows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine, insert, select

from desktop.customers.customers import CustomerEntry, add_customer, remove_customer
from desktop.customers.search import search_customers
from desktop.database.feed import Event
from desktop.errors import NotPermitted, Refused
from desktop.services.pairing import look
from desktop.services.sharing import SharingState, SharingStatus
from desktop.sharing.views.pairing_card import PairingCard
from desktop.sharing.views.words import clock_words_of, light_of, short_words_of, words_of
from desktop.texts import LANGUAGES
from sync import tables
from tests.desktop.screen import Screen, button, buttons, error_of, field, texts, type_into, until
from tests.desktop.services.shared_salon import SharedDesk, SharedSalon


@pytest_asyncio.fixture
async def salon(tmp_path: Path) -> AsyncIterator[SharedSalon]:
    made = SharedSalon(tmp_path)
    yield made
    await made.close()


class Card:
    """The card of one desk on its screen."""

    def __init__(self, shared: SharedDesk, language: str = "en") -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self.shared = shared
        self.screen = Screen(application, shared.desk, shared.desk.owner, language)
        self.say = self.screen.context.say
        shared.sharing._on_change = self.screen.context.sharing_changed.emit
        self.card = self.screen.show(PairingCard(self.screen.context, shared.sharing), 1000)

    async def write(self, **typed: str) -> None:
        for name, words in typed.items():
            editor = (await field(self.card, name)).editor
            if isinstance(editor, QPlainTextEdit):
                editor.setPlainText(words)
            else:
                type_into(editor, words)  # type: ignore[arg-type]  # a line

    def click(self, key: str) -> None:
        button(self.card, self.say(key)).click()

    async def sees(self, words: str) -> None:
        await until(lambda: any(words in one for one in texts(self.card)), words)

    async def pair(self, salon: SharedSalon) -> None:
        await self.write(url=salon.server.url, code=salon.code(), desk="Recepcija", trust=salon.trust)
        self.click("sharing.pairing.look")
        await self.sees("Salon Ana")
        self.click("sharing.pairing.pair")
        await self.sees(self.say("sharing.paired.title", salon="Salon Ana"))
        await self.shared.until(SharingState.AGREED)


def names(widget: QWidget) -> set[str]:
    return {word for one in buttons(widget) for word in (one.text(), one.accessibleName())}


@pytest_asyncio.fixture
async def card(salon: SharedSalon, qtbot: QtBot) -> AsyncIterator[Card]:
    made = Card(salon.desk())
    yield made
    await made.screen.close()


async def test_a_desk_is_paired_in_two_steps_and_says_that_all_agree(salon: SharedSalon, card: Card) -> None:
    await card.write(url=salon.server.url, code=salon.code(), desk="Recepcija", trust=salon.trust)
    card.click("sharing.pairing.look")
    await card.sees("Salon Ana")
    await card.sees(card.say("sharing.pairing.first"))
    assert card.shared.sharing.status.state is SharingState.ALONE, "looking pairs nothing"
    card.click("sharing.pairing.pair")
    await card.sees("All desks agree")
    await card.sees("Recepcija")
    assert (card.say("sharing.pairing.paired", salon="Salon Ana"), "success") in card.screen.said


async def test_what_was_typed_wrong_is_said_at_its_field_and_kept(salon: SharedSalon, card: Card) -> None:
    await card.write(url=salon.server.url, code="123", desk="Recepcija", trust=salon.trust)
    card.click("sharing.pairing.look")
    code = await field(card.card, "code")
    await until(lambda: error_of(code), "refused")
    assert error_of(code) == card.say("sharing.refused.code")
    await card.write(code="00000000")
    card.click("sharing.pairing.look")
    await until(lambda: card.screen.said, "said")
    assert card.screen.said[-1] == (card.say("sharing.refused.unknown_code"), "danger")
    assert (await field(card.card, "desk")).editor.text() == "Recepcija"  # type: ignore[attr-defined]  # a line


async def test_another_desk_is_added_by_a_code_and_revoked_after_a_second_question(
    salon: SharedSalon, card: Card
) -> None:
    await card.pair(salon)
    card.click("sharing.desks.add")
    await card.sees(" is good for one desk"[1:])
    code = next(one for one in texts(card.card) if len(one) == 9 and one.replace(" ", "").isdigit())
    there = salon.desk()
    entry = salon.entry(code)
    await there.sharing.pair(there.desk.owner, entry, await look(entry))
    await there.until(SharingState.AGREED)
    again = card.screen.show(PairingCard(card.screen.context, card.shared.sharing), 1000)
    revoke = f"{card.say('sharing.desks.revoke')}: Recepcija"
    for words in (revoke, card.say("shell.cancel"), revoke, card.say("sharing.desks.revoke_sure")):
        await until(lambda words=words: words in names(again), words)
        button(again, words).click()
    await until(lambda: any("revoked" in one for one in texts(again)), "revoked")
    there.sharing.wake()
    await there.until(SharingState.STOPPED, "revoked")


async def test_the_list_follows_by_itself_and_a_question_that_is_open_stays(salon: SharedSalon, card: Card) -> None:
    await card.pair(salon)
    there = salon.desk()
    entry = replace(salon.entry(), desk="Studio")
    await there.sharing.pair(there.desk.owner, entry, await look(entry))
    await there.until(SharingState.AGREED)
    card.shared.sharing.wake()
    await card.sees("Studio")
    revoke = f"{card.say('sharing.desks.revoke')}: Studio"
    button(card.card, revoke).click()
    sure = card.say("sharing.desks.revoke_sure")
    await until(lambda: sure in names(card.card), "the question")
    contact = card.shared.sharing.status.contact
    await there.desk.database.write(there.desk.owner, add_customer, CustomerEntry("Ana", "Čeh"))
    await until(lambda: card.shared.sharing.status.contact != contact, "a round")
    assert sure in names(card.card)
    button(card.card, card.say("shell.cancel")).click()
    await until(lambda: revoke in names(card.card), "the button again")


async def test_deletions_of_another_desk_are_allowed_after_a_second_question(salon: SharedSalon, card: Card) -> None:
    await card.pair(salon)
    there = salon.desk()
    entry = replace(salon.entry(), desk="Studio")
    await there.sharing.pair(there.desk.owner, entry, await look(entry))
    own = there.desk
    made = [own.write(add_customer, CustomerEntry(f"Ana {n}", "Čeh")).customer.id for n in range(25)]
    await until(lambda: there.sharing.status.state is SharingState.AGREED and not there.sharing.status.pending, "all")
    for one in made:
        own.write(remove_customer, one)
    await there.until(SharingState.WAITING, "mass_delete")
    await until(lambda: card.shared.sharing.status.state is SharingState.AGREED, "the first desk agrees")
    card.shared.sharing.wake()
    allow = f"{card.say('sharing.desks.allow', count=25)}: Studio"
    await until(lambda: allow in names(card.card), "what waits")
    await card.sees(card.say("sharing.desks.held", count=25))
    button(card.card, allow).click()
    sure = card.say("sharing.desks.allow_sure", count=25)
    await until(lambda: sure in names(card.card), "the question")
    button(card.card, sure).click()
    done = card.say("sharing.desks.allowed", desk="Studio"), "success"
    await until(lambda: done in card.screen.said, "it is allowed")
    assert not any("deletions" in one for one in texts(card.card)), "nothing waits any more"
    await there.until(SharingState.AGREED)
    here = card.shared.desk
    await until(lambda: here.read(search_customers, "Ana") == (), "gone at the first desk too")
    kinds = here.read(lambda session, _action: session.scalars(select(Event.kind)).all())
    assert "sharing.deletes_allowed" in kinds


async def test_who_may_not_edit_settings_allows_nothing(salon: SharedSalon, card: Card) -> None:
    await card.pair(salon)
    with pytest.raises(NotPermitted):
        await card.shared.sharing.allow_deletes(card.shared.desk.reception, "1" * 32)
    with pytest.raises(Refused, match="own_device"):
        await card.shared.sharing.allow_deletes(card.shared.desk.owner, card.shared.desk.database.desk.device.hex)


async def test_what_was_left_over_is_told_and_nothing_where_there_is_nothing(salon: SharedSalon, card: Card) -> None:
    await card.pair(salon)
    assert not any("newer program" in one for one in texts(card.card))
    unread = insert(tables.unread).values(collection="later", row=b"1" * 16)
    missed = {
        "collection": "visit",
        "row": b"1" * 16,
        "field": "customer_id",
        "parent": "customer",
        "parent_row": b"2" * 16,
    }
    orphan = insert(tables.orphan).values(**missed, scope="", missed=1)

    def work(engine: Engine) -> None:
        with engine.begin() as connection:
            connection.execute(unread)
            connection.execute(orphan)

    card.shared.desk.on_writer(work)
    again = card.screen.show(PairingCard(card.screen.context, card.shared.sharing), 1000)
    await until(lambda: any("1 record was written by a newer program" in one for one in texts(again)), "what is unread")
    assert any("1 record names another one that never came" in one for one in texts(again))


async def test_a_clock_that_is_wrong_is_said_until_it_is_set(salon: SharedSalon, card: Card) -> None:
    await card.pair(salon)
    for seconds, words in ((600, "10 minutes ahead"), (-600 - 7_200, "2 hours behind"), (10 * 86_400, "10 days ahead")):
        card.shared.ahead.append(seconds)
        card.shared.sharing.wake()
        await card.sees(words)
        await card.sees("All desks agree")
        status = card.shared.sharing.status
        assert (light_of(status), short_words_of(card.screen.context, status)) == ("warning", "Clock is wrong")
    card.shared.ahead.clear()
    card.shared.sharing.wake()
    await until(lambda: not any("Receipts carry its time" in one for one in texts(card.card)), "a clock that is right")
    assert light_of(card.shared.sharing.status) == "fine"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("ahead", "said"), [(4, "4"), (-5, "5"), (119, "119"), (-120, "2"), (2879, "48"), (2880, "2"), (-14_400, "10")]
)
def test_how_wrong_the_clock_is_has_words_in_every_language(
    card: Card, ahead: int, said: str, language: str, qtbot: QtBot
) -> None:
    screen = Screen(QApplication.instance(), card.shared.desk, card.shared.desk.owner, language)  # type: ignore[arg-type]  # there is one
    words = clock_words_of(screen.context, ahead)
    assert said in words.split()
    assert words in words_of(screen.context, SharingStatus(SharingState.AGREED, 1.0, 0, None, ahead))


async def test_a_pause_is_said_and_ends_by_the_same_button(salon: SharedSalon, card: Card) -> None:
    await card.pair(salon)
    card.click("sharing.paired.pause")
    await card.sees(card.say("sharing.status.paused"))
    card.click("sharing.paired.resume")
    await card.sees("All desks agree")


async def test_without_a_line_it_says_since_when_and_what_waits(salon: SharedSalon, card: Card) -> None:
    await card.pair(salon)
    await asyncio.to_thread(salon.server.stop)
    desk = card.shared.desk
    await desk.database.write(desk.owner, add_customer, CustomerEntry("Ana", "Čeh"))
    await card.sees("No line to the server since")
    await card.sees("1 action waits")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ["mass_delete", "too_old"])
def test_what_only_waits_for_a_person_says_what_to_do(card: Card, code: str, language: str, qtbot: QtBot) -> None:
    screen = Screen(QApplication.instance(), card.shared.desk, card.shared.desk.owner, language)  # type: ignore[arg-type]  # there is one
    status = SharingStatus(SharingState.WAITING, 1.0, 2, code)
    assert words_of(screen.context, status) == screen.context.say(f"sharing.stopped.{code}")
    assert light_of(status) == "warning"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "status",
    [
        *(SharingStatus(state, 1.0, 3) for state in SharingState if state is not SharingState.STOPPED),
        SharingStatus(SharingState.WAITING, None, 2, "unreachable"),
        SharingStatus(SharingState.WAITING, 1.0, 2, "unreachable"),
        SharingStatus(SharingState.WAITING, 1.0, 2, "malformed"),
        *(SharingStatus(SharingState.STOPPED, 1.0, 3, code) for code in ("revoked", "forked", "something new")),
    ],
)
def test_every_state_has_words_in_every_language(
    card: Card, status: SharingStatus, language: str, qtbot: QtBot
) -> None:
    screen = Screen(QApplication.instance(), card.shared.desk, card.shared.desk.owner, language)  # type: ignore[arg-type]  # there is one
    assert light_of(status) in ("fine", "info", "warning", "danger")
    assert words_of(screen.context, status)
    assert short_words_of(screen.context, status)


@pytest.mark.parametrize(
    ("contact", "words"), [(None, "The server does not answer. Nothing waits."), (1.0, "Nothing waits.")]
)
def test_where_nothing_waits_no_number_is_said(card: Card, contact: float | None, words: str, qtbot: QtBot) -> None:
    status = SharingStatus(SharingState.WAITING, contact, 0, "unreachable")
    assert words_of(card.screen.context, status).endswith(words)
    assert short_words_of(card.screen.context, status) == "No line"
