"""Any order of events at the spool: nothing is lost, and nothing of which a byte was sent begins again without a person's word."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from printing import spool
from printing.document import Document, Text
from printing.spool import State
from printing.tables import metadata

PAPER = Document((Text("Račun"),))
OUTCOMES = st.sampled_from((State.PRINTED, State.HANDED_OVER, State.UNKNOWN, State.FAILED))


class SpoolMachine(RuleBasedStateMachine):
    jobs: Bundle[UUID] = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        metadata.create_all(engine)
        self.engine = engine
        self.connection = engine.connect()
        self.now = datetime(2026, 11, 21, tzinfo=UTC)
        self.known: set[UUID] = set()
        self.touched: set[UUID] = set()  # some of it has left, and no person has said that it did not print

    def teardown(self) -> None:
        self.connection.close()
        self.engine.dispose()

    def state(self, job_id: UUID) -> State:
        job = spool.job(self.connection, job_id)
        assert job is not None
        return job.state

    @rule(target=jobs, held=st.booleans(), minutes=st.none() | st.integers(1, 9))
    def add(self, held: bool, minutes: int | None) -> UUID:
        job_id = uuid4()
        expires_at = None if minutes is None else self.now + timedelta(minutes=minutes)
        if held:
            spool.hold(
                self.connection,
                job_id=job_id,
                printer="p",
                kind="receipt",
                subject=job_id,
                now=self.now,
                expires_at=expires_at,
            )
        else:
            spool.enqueue(
                self.connection,
                job_id=job_id,
                printer="p",
                kind="receipt",
                subject=job_id,
                document=PAPER,
                now=self.now,
                expires_at=expires_at,
            )
        self.known.add(job_id)
        return job_id

    @rule(job_id=jobs)
    def release(self, job_id: UUID) -> None:
        before = self.state(job_id)
        done = spool.release(self.connection, job_id=job_id, document=PAPER, now=self.now)
        assert done == (before is State.HELD)

    def begin(self) -> UUID | None:
        job = spool.next_job(self.connection, "p", self.now)
        if job is None:
            return None
        assert job.id not in self.touched, "sent a second time without a person's word"
        assert job.expires_at is None or job.expires_at > self.now
        assert spool.begin(self.connection, job.id, self.now)
        return job.id

    @rule(sent=st.sampled_from((0, 1, 900)), outcome=OUTCOMES)
    def deliver(self, sent: int, outcome: State) -> None:
        if (job_id := self.begin()) is None:
            return
        if not sent:
            assert spool.postpone(self.connection, job_id, self.now, "refused")
            return
        assert spool.settle(self.connection, job_id, State.SENT, self.now, sent_bytes=sent)
        self.touched.add(job_id)
        assert not spool.postpone(self.connection, job_id, self.now, "refused")
        assert spool.settle(self.connection, job_id, outcome, self.now, sent_bytes=sent)

    @rule(sent=st.booleans())
    def crash(self, sent: bool) -> None:
        job_id = self.begin()
        if job_id is not None and sent:
            spool.settle(self.connection, job_id, State.SENT, self.now, sent_bytes=1)
        recovered = spool.recover(self.connection, None, self.now)
        assert [job.id for job in recovered] == ([] if job_id is None else [job_id])
        assert all(job.state is State.UNKNOWN for job in recovered)
        self.touched.update(job.id for job in recovered)
        assert spool.jobs(self.connection, states={State.SENDING, State.SENT}) == []

    @rule(job_id=jobs, printed=st.booleans())
    def answer(self, job_id: UUID, printed: bool) -> None:
        before = self.state(job_id)
        done = spool.answer_unknown(self.connection, job_id, printed, self.now)
        assert done == (before is State.UNKNOWN)
        if done and not printed:
            self.touched.discard(job_id)

    @rule(job_id=jobs)
    def retry(self, job_id: UUID) -> None:
        spool.retry(self.connection, job_id, self.now)

    @rule(job_id=jobs)
    def cancel(self, job_id: UUID) -> None:
        before = self.state(job_id)
        assert spool.cancel(self.connection, job_id, self.now) == (before in (State.HELD, State.QUEUED))

    @rule(minutes=st.integers(1, 5))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @invariant()
    def nothing_is_lost_and_nothing_sent_waits_to_be_sent(self) -> None:
        found = {job.id: job for job in spool.jobs(self.connection, states=set(State), limit=10_000)}
        assert set(found) == self.known
        waiting = {job_id for job_id, job in found.items() if job.state is State.QUEUED}
        assert not waiting & self.touched
        assert all(found[job_id].sent_bytes == 0 for job_id in waiting)


TestSpool = SpoolMachine.TestCase
TestSpool.settings = settings(max_examples=60, stateful_step_count=25)
