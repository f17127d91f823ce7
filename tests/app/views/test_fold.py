from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ergos.base.entropy import SeededEntropy
from ergos.base.ids import Digest, Pid
from ergos.base.money import Amount
from ergos.kernel.calls import Failure, Hold
from ergos.kernel.events import (
    Called,
    Committed,
    Doubted,
    Exited,
    Intended,
    Refused,
    Repeated,
    Restarted,
    Resulted,
    Signalled,
    Woken,
)
from ergos.kernel.own_events import Booted, Capped, Granted, Halted, Inquired, Pinned, Reached, Revoked
from ergos.kernel.permission.grants import Grant
from ergos.kernel.process import State
from ergos.sim.explore import History
from ergos.sim.faults import random_plan
from tests.app.views.rig import RAW, START_NS, Asking, Written, call, folded, on_loop, stored

DAY = START_NS // 86_400_000_000_000


@settings(max_examples=8)
@given(seed=st.integers(1, 100_000))
@example(seed=5_048)  # a call that failed, was charged and is performed again
def test_sums_of_spending_are_the_ledger(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("sums")
    history = History(seed, random_plan(SeededEntropy(f"plan/{seed}")))
    history.run()
    stored(folder, history.disk)
    folded(folder)
    spent = {key: meter.spent for key, meter in history.disk.meters.items() if meter.spent}
    connection = sqlite3.connect(folder / "views.db")
    sums: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    rows = connection.execute(
        "SELECT o.name, s.day, a.name, s.microusd, s.tokens FROM spend s JOIN owner o ON o.id = s.owner"
        " JOIN agent a ON a.id = s.agent"
    ).fetchall()
    processes = connection.execute("SELECT pid, microusd, tokens FROM process").fetchall()
    connection.close()
    for owner, day, agent, microusd, used in rows:
        for key in (f"owner/{owner}", f"day/{owner}/{day}", f"agent/{owner}/{agent}"):
            sums[key] += microusd
            tokens[key] += used
    for pid, microusd, used in processes:
        sums[f"process/{pid}"] += microusd
        tokens[f"process/{pid}"] += used
    found = {key: Amount(sums[key], tokens[key]) for key in sums if sums[key] or tokens[key]}
    told = {key: amount for key, amount in spent.items() if key.split("/")[0] not in ("week", "month")}
    assert found == told

    async def asked() -> None:
        async with Asking(folder) as views:
            for owner in ("alice", "bob"):
                total = spent.get(f"owner/{owner}", Amount())
                for by in ("day", "agent", "model"):
                    answer = await views.of(owner).spend(by)  # type: ignore[arg-type]
                    assert sum(row.microusd for row in answer) == total.microusd
                    assert sum(row.tokens for row in answer) == total.tokens

    asyncio.run(asked())


HOLD = Hold(amount=Amount(100, 10), provider="tool", day=DAY, long=True)


@on_loop
async def test_a_charge_is_paid_on_the_day_of_its_hold_to_whom_the_result_names(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    yesterday = msgspec.structs.replace(HOLD, day=DAY - 1, provider="auto")
    written.add(
        1,
        1,
        Intended(call("a"), HOLD),
        Resulted("a", charge=Amount(60, 6)),
        Intended(call("b", "think", "model.auto"), yesterday),
        Resulted("b", charge=Amount(7, 7), provider="near/big"),
    )
    async with Asking(written.folder) as views:
        own = views.of("alice")
        assert [(row.key, row.microusd, row.tokens, row.calls) for row in await own.spend("day")] == [
            ("2024-10-03", 7, 7, 1),
            ("2024-10-04", 60, 6, 1),
        ]
        assert [(row.key, row.microusd) for row in await own.spend("model")] == [("tool", 60), ("near/big", 7)]
        assert [row.key for row in await own.spend("day", since_day=DAY)] == ["2024-10-04"]
        assert [row.microusd for row in await own.spend("model", agent="clerk")] == [60, 7]
        assert await own.spend("model", agent="other") == ()


@on_loop
async def test_a_repeated_call_pays_what_it_may_have_cost_and_then_its_result(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    again = msgspec.structs.replace(HOLD, amount=Amount(50, 5))
    written.add(
        1, 1, Intended(call("a"), HOLD), Repeated("a", Amount(100, 10), again), Resulted("a", charge=Amount(9, 9))
    )
    async with Asking(written.folder) as views:
        (row,) = await views.of("alice").spend("agent")
        assert (row.microusd, row.tokens, row.calls) == (109, 19, 1)
        (made,) = await views.of("alice").calls(Pid(1))
        assert (made.microusd, made.repeats, made.held_microusd) == (109, 1, 0)


@on_loop
async def test_a_call_that_failed_and_is_performed_again_is_paid_twice(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    failure = Failure("E501", "it happened, but")
    written.add(1, 1, Intended(call("a"), HOLD), Resulted("a", failure=failure, charge=HOLD.amount))
    written.add(1, 1, Restarted(failure, 0), Repeated("a", hold=HOLD))
    async with Asking(written.folder) as views:
        (made,) = await views.of("alice").calls(Pid(1))
        assert (made.result_seq, made.failure, made.held_microusd) == (None, None, 100)
        written.add(1, 1, Resulted("a", charge=Amount(30, 3)))
        (row,) = await views.of("alice").spend("agent")
        assert (row.microusd, row.tokens, row.calls) == (130, 13, 2)
        (made,) = await views.of("alice").calls(Pid(1))
        assert (made.microusd, made.repeats, made.failure) == (130, 1, None)


@on_loop
async def test_what_comes_after_the_end_is_paid_and_moves_nothing(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    written.add(1, 1, Intended(call("a"), HOLD), Exited("killed"), Resulted("a", charge=Amount(9, 9), late=True))
    written.put(1, "alice", "clerk", State.KILLED)
    async with Asking(written.folder) as views:
        row = await views.of("alice").one(Pid(1))
        assert row is not None
        assert (row.state, row.microusd, row.ended_ns is not None) == ("killed", 9, True)
        (agent,) = await views.of("alice").agents()
        assert (agent.live, agent.ended, agent.failed) == (0, 1, 1)


def think(key: str, name: str = "brief", inputs: bytes = b"1", solver: str | None = "mind") -> Intended:
    return Intended(call(key, "think", name, args={"inputs": RAW(inputs)}, solver=solver))


ACCEPTED = (think("a"), Resulted("a", checked=True))
REJECTED = (think("b"), Resulted("b", faults=("no",), checked=True))
DONE = Exited("done", RAW(b'"brief"'))


@pytest.mark.parametrize(
    ("bodies", "verified"),
    [
        ((*ACCEPTED, DONE), True),
        ((DONE,), False),
        ((think("a"), Resulted("a"), DONE), False),  # a task without checks
        ((think("a", "model.auto", solver=None), Resulted("a"), DONE), False),
        ((*REJECTED, DONE), False),
        ((*REJECTED, *ACCEPTED, DONE), True),  # done again, better
        ((*ACCEPTED, *REJECTED, DONE), False),
        ((*ACCEPTED, think("c", inputs=b"2"), Resulted("c", faults=("no",)), DONE), False),
        ((think("a"), Resulted("a", failure=Failure("E500", "x"), checked=True), DONE), False),
        ((think("a", "accept"), Resulted("a", RAW(b"[]")), DONE), True),
        ((think("a", "accept"), Resulted("a", RAW(b'["too long"]')), DONE), False),
        ((*ACCEPTED, Exited("failed", failure=Failure("E400", "x"))), False),
        ((*ACCEPTED, Exited("killed")), False),
    ],
)
@on_loop
async def test_an_outcome_is_verified_where_checks_accepted_it(
    written: Written, bodies: tuple[msgspec.Struct, ...], *, verified: bool
) -> None:
    written.spawn(1, "alice", "clerk")
    written.add(1, 1, *bodies)  # type: ignore[arg-type]
    ended = bodies[-1]
    assert isinstance(ended, Exited)
    async with Asking(written.folder) as views:
        row = await views.of("alice").one(Pid(1))
        assert row is not None
        assert row.verified is verified
        (came,) = await views.of("alice").outcomes("agent") or (None,)
        if ended.state == "killed":
            assert came is None
        else:
            assert came is not None
            assert (came.delivered, came.verified, came.failed) == (
                int(ended.state == "done"),
                int(verified),
                int(ended.state == "failed"),
            )


@on_loop
async def test_each_accepted_run_of_a_hosted_agent_is_an_outcome(written: Written) -> None:
    body = b'{"agent":"clerk","program":"/x","work":{"steps":[]}}'
    steps = Digest(hashlib.sha256(body).hexdigest())
    written.run("INSERT INTO blob VALUES (?, ?, 0, ?)", (bytes.fromhex(steps), len(body), body))
    written.spawn(1, "alice", "clerk", definition=steps)
    memory = b'{"armed":"x","runs":3,"failures":1}'
    name = hashlib.sha256(memory).hexdigest()
    written.run("INSERT INTO blob VALUES (?, ?, 0, ?)", (bytes.fromhex(name), len(memory), memory))
    written.add(1, 1, Committed(RAW(b'{"armed":"x"}')))  # armed its triggers: no run
    written.add(1, 2, Woken("mail"), *ACCEPTED, Committed(RAW(b'{"armed":"x","runs":1}')))
    written.add(1, 3, Woken("mail"), Committed(RAW(b'{"armed":"x","runs":2}')))  # nothing was checked
    written.add(1, 4, Woken("mail"), *REJECTED, Committed(RAW(b'{"armed":"x","runs":2,"failures":1}')))
    written.add(1, 5, Woken("mail"), *ACCEPTED, Committed(RAW(b'{"$ref":"%s"}' % name.encode())))
    declined = (
        b'{"$map":{"armed":"x","runs":4,"failures":1,"declined":1,"said":{"$list":"%s","count":9}}}' % name.encode()
    )
    written.add(1, 6, Woken("mail"), *ACCEPTED, Committed(RAW(declined)))  # its owner said no
    written.add(1, 7, Woken("mail"), Exited("done", RAW(b'{"stopped":"by its owner","runs":4}')))
    async with Asking(written.folder) as views:
        (came,) = await views.of("alice").outcomes("day")
        assert (came.delivered, came.verified, came.failed) == (3, 2, 1)
        (agent,) = await views.of("alice").agents()
        assert (agent.delivered, agent.verified, agent.ended) == (3, 2, 1)


@on_loop
async def test_turns_of_a_program_that_goes_on_count_where_something_was_checked(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    written.add(1, 1, *ACCEPTED, Committed(RAW(b"1")))
    written.add(1, 2, Woken("mail"), Committed(RAW(b"2")))
    written.add(1, 3, Woken("mail"), *REJECTED, Committed(RAW(b"3")))
    written.add(1, 4, Woken("mail"), Exited("done"))
    async with Asking(written.folder) as views:
        (came,) = await views.of("alice").outcomes("day")
        assert (came.delivered, came.verified, came.failed) == (2, 1, 0)


@on_loop
async def test_whose_the_kernels_own_records_are(written: Written) -> None:
    written.add(0, 0, Booted("1", "h", 2))
    written.spawn(1, "alice", "clerk")
    written.add(
        0,
        0,
        Halted(on=True, by="me"),
        Granted("alice", Grant(agent="clerk", verb="act", name="mail.send"), "alice"),
        Revoked("bob", "g", "bob"),
        Capped("alice", None, None),
        Pinned("server", Digest("d"), "alice"),
        Inquired(1, "bob", Pid(0), "server", "code?"),
        Reached(Pid(1), "GET", "example.com", refusal="no rule"),
        Reached(Pid(0), "GET", "example.com"),
    )
    written.raw(0, 0, b'{"k":"answer","item":1,"key":"","verdict":"answer","by":"bob"}')

    async def kinds(owner: str, *, keeper: bool = False) -> list[str]:
        rows = await views.of(owner, keeper=keeper).records(limit=200)
        return [row.kind for row in reversed(rows) if row.pid == 0]

    async with Asking(written.folder) as views:
        assert await kinds("alice") == ["boot", "halt", "grant", "cap", "pin", "reach"]
        assert await kinds("bob") == ["boot", "halt", "revoke", "inquire", "answer"]
        assert await kinds("nobody") == ["boot", "halt"]
        assert await kinds("nobody", keeper=True) == ["boot", "halt", "reach"]
        assert [row.kind for row in await views.of("alice").faults()] == ["reach"]
        assert await views.of("bob").faults() == ()


@on_loop
async def test_faults_are_failures_refusals_and_doubts(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    failure = Failure("E500", "no")
    written.add(
        1,
        1,
        Refused(call("a"), failure),
        Intended(call("b")),
        Resulted("b", failure=failure),
        *ACCEPTED,
        *REJECTED,
        Called(call("d", "recall"), failure=failure),
        Intended(call("e", effect="irreversible")),
        Doubted("e", 1, "nobody knows"),
        Restarted(failure, 0),
        Exited("failed", failure=failure),
    )
    async with Asking(written.folder) as views:
        rows = await views.of("alice").faults(limit=50)
        assert [row.kind for row in rows] == ["exit", "restart", "doubt", "call", "result", "result", "refuse"]
        assert [row.kind for row in await views.of("alice").faults(limit=1)] == ["exit"]
        assert await views.of("alice").faults(since_ns=written.at_ns + 1) == ()
        one = await views.of("alice").one(Pid(1))
        assert one is not None
        assert one.fault == "E500 no"
        (turn,) = [row for row in await views.of("alice").turns(Pid(1)) if row.turn == 1]
        assert turn.faults == 7


@on_loop
async def test_who_gives_work_and_word_to_whom(written: Written) -> None:
    written.spawn(1, "alice", "chief")
    written.spawn(2, "alice", "clerk", parent=1)
    written.spawn(3, "bob", "spy")
    for to in (2, 3, 99):
        written.add(1, 1, Called(call(f"s{to}", "send", str(to), args={"to": RAW(b"%d" % to), "body": RAW(b'"hi"')})))
    taken = RAW(b'{"id":1,"sender":1,"body":"hi"}')
    written.add(2, 1, Called(call("r", "receive", "mail"), taken), Called(call("r2", "receive", "mail"), RAW(b"null")))
    async with Asking(written.folder) as views:
        (row,) = await views.of("alice").traffic()
        assert (row.sender, row.receiver, row.spawned, row.sent) == ("chief", "clerk", 1, 1)
        assert await views.of("bob").traffic() == ()
        sent = await views.of("alice").mail(Pid(1))
        assert [(one.sent, one.other, one.agent, bytes(one.body)) for one in sent] == [
            (True, 3, "", b'"hi"'),  # who that is belongs to another owner
            (True, 2, "clerk", b'"hi"'),
        ]
        (got,) = await views.of("alice").mail(Pid(2))
        assert (got.sent, got.other, got.agent, bytes(got.body)) == (False, 1, "chief", bytes(taken))


@on_loop
async def test_versions_are_counted_by_process(written: Written) -> None:
    other = Digest("cd" * 32)
    written.spawn(1, "alice", "clerk")
    written.spawn(2, "alice", "clerk")
    written.add(1, 1, Committed(RAW(b"1")))
    written.add(1, 2, Woken("mail", other), Signalled("pause", "alice"))
    async with Asking(written.folder) as views:
        newest, older = await views.of("alice").versions("clerk")
        assert (newest.definition, newest.processes, older.processes) == (other, 1, 2)
        (agent,) = await views.of("alice").agents()
        assert agent.definition == older.definition  # of the newest process
        assert await views.of("bob").versions("clerk") == ()


def test_a_fold_without_records_is_empty(tmp_path: Path) -> None:
    written = Written(tmp_path / "empty")
    written.close()
    assert folded(written.folder) == 0
