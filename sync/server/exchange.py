"""What a paired device asks for: its pushes judged, pages of a scope, a newer manifest, how the scopes stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from sqlalchemy import Connection, select, update

from sync.errors import Unlawful
from sync.manifest import Manifest
from sync.server import tables
from sync.server.deletions import allow_deletions, note_held
from sync.server.judge import TENANT_SCOPE, Judge
from sync.server.manifests import Manifests, offer
from sync.server.proving import Caller, device_of, welcome
from sync.server.pulling import pull
from sync.server.state import StateTaker
from sync.server.store import Store
from sync.wire import MOST_ROWS, Allowed, Offered, Page, Push, Pushed, State, StateTaken

#: How long after its revocation a device may hand in its ledger.
LAST_WORDS_MS: Final = 30 * 24 * 60 * 60_000


class Exchange:
    """`now`: milliseconds since 1970. Every call is one transaction, and begins with whether the device is welcome."""

    def __init__(self, store: Store, now: Callable[[], int]) -> None:
        self._store, self._now = store, now
        self._manifests = Manifests()

    def push(self, caller: Caller, push: Push) -> tuple[Pushed, dict[str, int]]:
        """The answer, and the counters of the scopes that the device writes to.

        A device that was revoked hands in its ledger for `LAST_WORDS_MS`: every operation is refused as ``revoked``, what happened on
        paper is kept.

        Raises `Unlawful` as `Judge.judge` does, ``unknown_manifest`` for one that the device has not offered, and ``revoked``.
        """
        now = self._now()

        def work(connection: Connection) -> tuple[Pushed, dict[str, int]]:
            known = device_of(connection, caller.tenant, caller.device)
            if known is None:
                raise Unlawful("unknown_device", device=caller.device)
            if known.revoked_at is not None and known.revoked_at + LAST_WORDS_MS < now:
                raise Unlawful("revoked", device=caller.device)
            refusal = None if known.revoked_at is None else "revoked"
            rules = self._manifests.of_tenant(connection, caller.tenant)
            manifest = rules.manifest
            if push.manifest > manifest.version:
                raise Unlawful("unknown_manifest", version=manifest.version)
            judge = Judge(caller.tenant, manifest, rules)
            verdicts = judge.judge(connection, caller.device, push.operations, now, refusal)
            own = tables.device
            same = (own.c.tenant == caller.tenant, own.c.device == caller.device)
            connection.execute(update(own).where(*same).values(seen_at=now, manifest=push.manifest))
            last = max(known.n, push.operations[-1].n)
            return Pushed(tuple(verdicts), last, now), _counters(connection, caller.tenant, known.shop)

        try:
            return self._store.tenant(caller.tenant, work)
        except Unlawful as error:
            rows = error.values.get("rows")
            if error.code == "mass_delete" and isinstance(rows, int):
                # told to the salon's other devices, which may allow it; the push itself left nothing behind
                self._store.tenant(caller.tenant, lambda c: note_held(c, caller.tenant, caller.device, rows, now))
            raise

    def take_state(self, caller: Caller, state: State) -> tuple[StateTaken, dict[str, int]]:
        """What became of a page of state, and the counters of the scopes that the device writes to.

        Raises `Unlawful` as `StateTaker.take` does, and ``unknown_manifest`` as `push`.
        """
        now = self._now()

        def work(connection: Connection) -> tuple[StateTaken, dict[str, int]]:
            known = welcome(connection, caller)
            rules = self._manifests.of_tenant(connection, caller.tenant)
            if state.manifest > rules.manifest.version:
                raise Unlawful("unknown_manifest", version=rules.manifest.version)
            taken = StateTaker(caller.tenant, rules).take(connection, caller.device, state, now)
            return taken, _counters(connection, caller.tenant, known.shop)

        return self._store.tenant(caller.tenant, work)

    def pull(self, caller: Caller, scope: str, cursor: int, most: int = MOST_ROWS, horizon: int = 0) -> Page:
        """A page of a scope that the device holds.

        Raises `Unlawful` ``foreign_scope`` for another one, ``too_old`` for a cursor behind which deleted rows have been dropped.
        """
        now = self._now()

        def work(connection: Connection) -> Page:
            known = welcome(connection, caller)
            if scope not in (TENANT_SCOPE, known.shop):
                raise Unlawful("foreign_scope", scope=scope)
            dropped = _horizon(connection, caller.tenant, scope)
            if 0 < cursor < dropped != horizon:
                raise Unlawful("too_old", scope=scope)
            page = pull(connection, caller.tenant, scope, cursor, now, min(most, MOST_ROWS))
            if not page.more:  # what was dropped may have been the latest: who has all the rest is not too old
                page = msgspec.structs.replace(page, cursor=max(page.cursor, dropped))
            return msgspec.structs.replace(page, judged=known.n, horizon=dropped)

        return self._store.read(caller.tenant, work)

    def offer(self, caller: Caller, manifest: Manifest) -> Offered:
        """A device's manifest; what stands afterwards. Raises `Unlawful` ``manifest_differs``."""

        def work(connection: Connection) -> Offered:
            welcome(connection, caller)
            stands = offer(connection, caller.tenant, manifest)
            return Offered(stands.version, stands.fingerprint())

        return self._store.tenant(caller.tenant, work)

    def allow_deletes(self, caller: Caller, device: str) -> Allowed:
        """Another device of the salon may delete many rows. Raises `Unlawful` ``own_device`` and ``unknown_device``."""

        def work(connection: Connection) -> Allowed:
            welcome(connection, caller)
            if device == caller.device:
                raise Unlawful("own_device")  # two people, or one who goes to another desk and thinks
            return Allowed(device, allow_deletions(connection, caller.tenant, device, self._now()))

        return self._store.tenant(caller.tenant, work)

    def counters(self, caller: Caller) -> dict[str, int]:
        """How the scopes of a device stand."""

        def work(connection: Connection) -> dict[str, int]:
            known = welcome(connection, caller)
            return _counters(connection, caller.tenant, known.shop)

        return self._store.read(caller.tenant, work)


def _horizon(connection: Connection, tenant: str, scope: str) -> int:
    """The place of the latest change of a scope that was dropped; 0 where nothing was."""
    own = tables.horizon.c
    return connection.execute(select(own.seq).where(own.tenant == tenant, own.scope == scope)).scalar() or 0


def _counters(connection: Connection, tenant: str, shop: str) -> dict[str, int]:
    own = tables.scope
    query = select(own.c.scope, own.c.counter).where(own.c.tenant == tenant, own.c.scope.in_((TENANT_SCOPE, shop)))
    found = {one.scope: one.counter for one in connection.execute(query)}
    return {TENANT_SCOPE: 0, shop: 0} | found
