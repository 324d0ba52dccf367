"""Widgets are destroyed by the window's thread alone, however much other threads allocate."""

import gc
import threading

from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from desktop.garbage import collect_due


class Kept(QWidget):
    """A view in a reference cycle, as one with a bound callback is; it writes down which thread destroys it."""

    def __init__(self, destroyed_by: set[str]) -> None:
        super().__init__()
        self.itself, self.edit, self.destroyed_by = self, QLineEdit(self), destroyed_by

    def __del__(self) -> None:
        self.destroyed_by.add(threading.current_thread().name)


def test_a_thread_that_allocates_destroys_no_widget(qapp: QApplication) -> None:
    destroyed_by: set[str] = set()
    for _ in range(20):
        Kept(destroyed_by)

    def allocate() -> None:
        for _ in range(200):
            [[[]] for _ in range(1000)]  # far more than any threshold

    thread = threading.Thread(target=allocate, name="database")
    thread.start()
    thread.join()
    assert destroyed_by == set()
    gc.collect()
    assert destroyed_by == {threading.current_thread().name}


def test_what_is_due_is_collected_from_the_young_to_the_old() -> None:
    gc.collect()
    assert collect_due() is None
    kept: list[list[int]] = [[] for _ in range(gc.get_threshold()[0] + 1)]
    collected = {collect_due() for _ in range(3)}
    assert kept
    assert 0 in collected
    assert None in collected
