"""Whatever order records come in, spans are well formed; what waits for its owner is one span from question to answer."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.telemetry import names
from ergos.app.telemetry.answers import Read
from ergos.app.telemetry.fold import Fold, Whose
from ergos.app.telemetry.spans import Measured, Span, process_span, trace_of, turn_span
from ergos.base.ids import Digest, Pid
from ergos.base.money import Amount
from ergos.kernel.calls import Call, Failure
from ergos.kernel.events import (
    Answered,
    Asked,
    Body,
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
    Spawned,
    Woken,
    encode_body,
)
from ergos.kernel.journal import Sealed
from ergos.kernel.models import Usage
from ergos.kernel.values import NULL


def call(key: str = "k", kind: str = "act", name: str = "pay") -> Call:
    return Call(key=key, kind=kind, name=name, args={}, effect="irreversible")  # type: ignore[arg-type]


class Journal:
    """Records one after the other, a second apart."""

    def __init__(self, **how: object) -> None:
        self.fold = Fold("store", **how)  # type: ignore[arg-type]
        self.seq = 0
        self.told: list[object] = []

    def write(self, body: Body, pid: int = 1, turn: int = 1, read: Read | None = None) -> list[object]:
        self.seq += 1
        record = Sealed(self.seq, Pid(pid), turn, self.seq * 10**9, encode_body(body), b"")
        told = self.fold.take(record, body, read)
        self.told += told
        return list(told)

    @property
    def spans(self) -> list[Span]:
        return [one for one in self.told if isinstance(one, Span)]


SPAWNED = Spawned("me", "payer", Digest("d" * 64), Pid(0))


def test_a_call_that_waits_for_its_owner_is_one_span_with_what_happened():
    journal = Journal()
    for body in (
        SPAWNED,
        Woken("start"),
        Asked("k", 1, "approval", Digest("0" * 64), 99, call(), rule="reach"),
        Answered(1, "k", "approve", "me"),
        Intended(call(), grant="g1"),
        Repeated("k", why="owner"),
        Resulted("k", charge=Amount(5, 0)),
        Committed(NULL),
    ):
        journal.write(body)
    _, span, turn = journal.spans
    assert (span.start_ns, span.end_ns) == (3 * 10**9, 7 * 10**9)
    assert [event.name for event in span.events] == [names.ASKED, names.ANSWERED, names.REPEATED]
    assert span.attributes[names.GRANT] == "g1"
    assert span.attributes[names.COST] == turn.attributes[names.COST] == 5
    assert (turn.start_ns, turn.end_ns) == (2 * 10**9, 8 * 10**9)


def test_the_span_of_a_call_says_how_long_it_was_in_a_queue():
    journal = Journal()
    journal.write(SPAWNED)
    journal.write(Woken("start"))
    for key, kind, name in (("a", "act", "pay"), ("b", "think", "model.auto")):
        journal.write(Intended(call(key, kind, name)))
        journal.write(Resulted(key, queued_ns=250_000_000))
        assert journal.spans[-1].attributes[names.QUEUED] == 250_000_000
    journal.write(Called(call("c", "recall", "x")))
    assert names.QUEUED not in journal.spans[-1].attributes


def test_a_tool_of_a_server_has_a_span_for_what_the_server_did():
    journal = Journal(servers=("github",))
    journal.write(SPAWNED)
    journal.write(Woken("start"))
    journal.write(Intended(call(name="github.search")))
    journal.write(Resulted("k", failure=Failure("E501", "secret words")))
    _, outer, inner = journal.spans
    assert (outer.name, inner.name) == ("execute_tool github.search", "tools/call search")
    assert inner.parent_id == outer.span_id
    assert inner.attributes[names.MCP_METHOD] == "tools/call"
    assert (outer.error, inner.error) == ("E501", "E501")  # the words are content
    metrics = {one.metric for one in journal.told if isinstance(one, Measured)}
    assert metrics == {names.TOOL_DURATION, names.MCP_DURATION}


def test_failures_have_their_words_where_content_is_wanted():
    journal = Journal(words=True)
    journal.write(SPAWNED)
    journal.write(Woken("start"))
    journal.write(Refused(call(), Failure("E301", "no grant")))
    assert journal.spans[-1].error == "no grant"
    journal.write(Exited("failed", NULL, Failure("E403", "it broke")))
    assert journal.spans[-1].error == "it broke"
    assert journal.spans[-1].attributes[names.STATE] == "failed"
    assert not journal.fold.knows(Pid(1))


def test_a_child_stands_below_the_turn_that_spawned_it():
    journal = Journal()
    journal.write(SPAWNED)
    journal.write(Woken("start"))
    journal.write(msgspec.structs.replace(SPAWNED, parent=Pid(1), agent="child"), pid=2)
    child = journal.spans[-1]
    assert child.parent_id == turn_span("store", Pid(1), 1)
    assert child.trace_id == trace_of("store", Pid(1))
    journal.write(Woken("start"), pid=2)
    journal.write(Committed(NULL), pid=2)
    assert journal.spans[-1].parent_id == process_span("store", Pid(2))


def test_a_model_call_is_counted_once_by_kind_of_token():
    journal = Journal()
    journal.write(SPAWNED)
    journal.write(Woken("start"))
    journal.write(Intended(call(kind="think", name="model.auto")))
    journal.write(Resulted("k", provider="vendor/m"), read=Read(usage=Usage(3, 4), model="m-1"))
    tokens = [one for one in journal.told if isinstance(one, Measured) and one.metric == names.TOKEN_USAGE]
    assert [(one.value, dict(one.attributes)[names.TOKEN_TYPE]) for one in tokens] == [(3, "input"), (4, "output")]
    assert journal.spans[-1].name == "chat m"
    assert journal.spans[-1].attributes[names.PROVIDER] == "vendor"


KEYS = st.sampled_from(["a", "b"])
BODIES = st.one_of(
    st.just(SPAWNED),
    st.just(Woken("mail")),
    st.just(Committed(NULL)),
    st.builds(lambda key: Intended(call(key)), KEYS),
    st.builds(lambda key: Called(call(key)), KEYS),
    st.builds(lambda key: Refused(call(key), Failure("E1", "x")), KEYS),
    st.builds(Resulted, KEYS),
    st.builds(Repeated, KEYS),
    st.builds(lambda key: Doubted(key, 1, "x"), KEYS),
    st.builds(lambda key: Answered(1, key, "approve", "me"), KEYS),
    st.just(Restarted(Failure("E1", "x"), 0)),
    st.just(Signalled("pause", "me")),
    st.just(Exited("done")),
)


@given(st.lists(st.tuples(BODIES, st.integers(1, 3), st.integers(1, 2)), max_size=40), st.booleans())
def test_whatever_comes_spans_are_well_formed(records: list[tuple[Body, int, int]], known: bool):
    journal = Journal()
    if known:
        journal.fold.know(Whose(pid=Pid(1), owner="me", agent="payer", root=Pid(1)))
    for body, pid, turn in records:
        journal.write(body, pid, turn)
    for span in journal.spans:
        assert span.start_ns <= span.end_ns
        assert len(span.trace_id) == 16
        assert len(span.span_id) == 8
        assert len(span.parent_id) in (0, 8)
