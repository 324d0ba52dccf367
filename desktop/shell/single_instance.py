"""A second start raises the window of the first one instead of opening another.

The lock on the data directory (`desktop.database.lock`) decides who is first; this is only the bell between the two. So
whoever has the lock may clear away a socket that a killed process left: nobody else can be behind it.
"""

from __future__ import annotations

import getpass
import hashlib
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_RING = b"raise\n"
_HEARD = b"raised\n"


def bell_name(directory: Path) -> str:
    """The name of the local socket of a user and a data directory; short, because socket paths are."""
    told = f"{getpass.getuser()}\n{directory.resolve()}"
    return f"pult-{hashlib.sha256(told.encode()).hexdigest()[:24]}"


def ring(directory: Path, timeout: int = 2000) -> bool:
    """Asks the window that has the directory open to come to the front; whether it answered within `timeout` milliseconds.

    Called when the lock was refused. False: it is no window that holds the lock, but a command.
    """
    socket = QLocalSocket()
    socket.connectToServer(bell_name(directory))
    if not socket.waitForConnected(timeout):
        return False
    socket.write(_RING)
    heard = socket.waitForReadyRead(timeout) and bytes(socket.readAll().data()) == _HEARD
    socket.abort()
    return heard


class Bell(QObject):
    """Listens for second starts, in the window that holds the lock.

    Signals:
        rung: another start asks for the window.
    """

    rung = Signal()

    def __init__(self, directory: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._directory = directory
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._answer)

    def start(self) -> bool:
        """Begins to listen; False when the system refuses, which costs nothing but the raising."""
        name = bell_name(self._directory)
        QLocalServer.removeServer(name)
        return self._server.listen(name)

    def shutdown(self) -> None:
        """Stops listening and removes the socket."""
        self._server.close()

    def _answer(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(lambda socket=socket: self._hear(socket))
            socket.disconnected.connect(socket.deleteLater)
            if socket.bytesAvailable():
                self._hear(socket)

    def _hear(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            return
        if bytes(socket.readLine().data()) == _RING:
            socket.write(_HEARD)
            socket.flush()
            self.rung.emit()
        else:
            socket.abort()
