"""A new device's beginning: the hot part of a snapshot before the first pull, the archive beside the people's work.

Each part is checked against the signed list before anything of it is written; one that is not right is fetched again. How far it is stands
in the device's own data, written together with the rows, so that a cut at any point costs what was on its way.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

from sync.client.ports import Unreachable
from sync.errors import Unlawful
from sync.snapshot import Chunk, Damaged, Listing, Snapshot, checked, opened

_TRIES: Final = 3
#: After how many failures of the server's own the device goes without a snapshot, until its program starts again.
_TROUBLES: Final = 3
_BROKEN: Final = "broken"
#: The server has none, or knows nothing of snapshots: the device pulls.
_NONE: Final = frozenset({"no_snapshot", "unknown_path"})


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a snapshot is: the parts before `chunk` are here, and of it the first `row` rows."""

    listing: Listing
    chunk: int
    row: int

    @property
    def ended(self) -> bool:
        """Whether all of it is here."""
        return self.chunk >= len(self.listing.chunks)


class FreshReplica(Protocol):
    """The data of a device that may begin with a snapshot. Each call is one transaction, but for `bring`."""

    async def server_key(self) -> str:
        """The server's public key (hex) as it was told at pairing; "" where it was not."""
        ...

    async def wants_snapshot(self) -> bool:
        """Whether this device has pulled nothing yet."""
        ...

    async def snapshot_reached(self) -> Reached | None:
        """How far the snapshot is that was begun; None where none is, or all of it is here."""
        ...

    async def begin_snapshot(self, listing: Listing) -> None:
        """Begins with a snapshot, also in the place of one that is gone from the server."""
        ...

    async def give_up_snapshot(self) -> None:
        """Goes without: what is here stays, the pull begins at the beginning."""
        ...

    async def bring(self, chunk: Chunk, reached: Reached) -> None:
        """Takes the rows of a part that are not here yet, in one transaction or, where people work, several.

        Each notes how far it is; behind the hot part the pull goes on at the snapshot's counters.
        """
        ...


class SnapshotLine(Protocol):
    """The way to the server's snapshots. Raises `Unreachable`, and `Unlawful` with the server's code."""

    async def snapshot(self, shop: str) -> Snapshot: ...

    async def chunk(self, snapshot: str, n: int) -> bytes: ...


class Bootstrap:
    """`tenant`: the server's name for the salon."""

    def __init__(self, replica: FreshReplica, line: SnapshotLine, tenant: str, shop: str) -> None:
        self._replica, self._line = replica, line
        self._tenant, self._shop = tenant, shop
        self._at: Reached | None = None
        self._troubles = 0
        self._ahead: tuple[Reached, asyncio.Task[Chunk]] | None = None

    async def hot(self) -> bool:
        """Brings the hot part, where there is one to bring; whether its archive is to follow. Raises `Unreachable` and `Unlawful` of the line."""
        if self._troubles >= _TROUBLES:
            return False
        try:
            reached = await self._replica.snapshot_reached()
            if reached is None:
                reached = await self._begin() if await self._replica.wants_snapshot() else None
            while reached is not None and reached.chunk < reached.listing.hot:
                reached = await self._bring(reached)
        except Unreachable as error:
            await self._weigh(error)
            raise
        return reached is not None

    def start_over(self) -> None:
        """The device forgot how far it was: what is on its way counts no more."""
        self._at = None
        self.close()

    async def archive(self) -> bool:
        """Brings one part of the archive; whether there is more. Raises as `hot` does."""
        reached, self._at = self._at or await self._replica.snapshot_reached(), None
        if reached is None:
            return False
        try:
            self._at = await self._bring(reached)
        except Unreachable as error:
            await self._weigh(error)
            raise
        return self._at is not None

    async def _weigh(self, error: Unreachable) -> None:
        """A server that answers, but never rightly, must not keep the device from its data: after some tries it pulls everything."""
        if isinstance(error.__cause__, Damaged) or str(error) == _BROKEN:
            self._troubles += 1
            if self._troubles == _TROUBLES:
                await self._replica.give_up_snapshot()

    async def _begin(self) -> Reached | None:
        key = await self._replica.server_key()
        if not key:
            return None
        try:
            snapshot = await self._line.snapshot(self._shop)
        except Unlawful as error:
            if error.code in _NONE:
                return None
            raise
        try:
            listing = checked(snapshot, key, self._tenant, self._shop)
        except Damaged as error:
            raise Unreachable(str(error)) from error
        await self._replica.begin_snapshot(listing)
        return await self._replica.snapshot_reached()

    async def _bring(self, reached: Reached) -> Reached | None:
        """Brings the part that is next, or its rest, while the one behind it is fetched; how far it is then, None at the end."""
        try:
            chunk = await self._part(reached)
            behind = Reached(reached.listing, reached.chunk + 1, 0)
            if not behind.ended:
                task = asyncio.create_task(self._fetch(behind), name="next part")
                task.add_done_callback(lambda done: done.cancelled() or done.exception())  # who awaits it is told
                self._ahead = behind, task
            await self._replica.bring(chunk, reached)
        except BaseException as error:
            self.close()
            if isinstance(error, Unlawful) and error.code == "unknown_snapshot":
                await self._begin()
                raise Unreachable("the snapshot was replaced") from error
            raise
        return None if behind.ended else behind

    async def _part(self, reached: Reached) -> Chunk:
        """The part that is next, from where it was fetched ahead."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            if (ahead[0].listing, ahead[0].chunk) == (reached.listing, reached.chunk):
                return await ahead[1]
            ahead[1].cancel()
        return await self._fetch(reached)

    def close(self) -> None:
        """Lets go what is fetched ahead."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead[1].cancel()

    async def _fetch(self, reached: Reached) -> Chunk:
        listed = reached.listing.chunks[reached.chunk]
        for _ in range(_TRIES):
            packed = await self._line.chunk(reached.listing.snapshot, reached.chunk)
            try:
                return await asyncio.to_thread(opened, packed, listed)
            except Damaged as error:
                damage = error
        raise Unreachable(str(damage)) from damage
