"""No way of saying that somebody has to agree first is lost."""

import pytest

from ergos.compile.words.gates import gate_behind, gate_in
from tests.compile.owner import said, verbs

GATES = [
    "I want the last word before it is sent.",
    "Not without my say-so.",
    "Run it past me first.",
    "I sign off every mail.",
    "I'd rather eyeball it beforehand.",
    "Nothing leaves the building unless I nod.",
    "Keep a human in the loop.",
    "Hold it for my okay.",
    "Dana's sign-off is needed.",
    "Don't send it off your own bat.",
    "It stays a draft until I hit send.",
    "Clear it with Rosa beforehand.",
    "A colleague has to proofread it before it goes out.",
    "Wait for my reply.",
    "等我点头再发。",
    "我过目后再发。",
    "先给我看看。",
    "没有我的允许不要发送。",
    "未经我同意不得发送。",
    "发送须经人工复核。",
    "草稿给我瞄一眼再说。",
    "我不拍板就别动。",
    "发之前知会我一声。",
    "不得擅自发送。",
    "发不发最后由我定。",
    "老板签字才能发。",
    "先让罗莎过目。",
    "得合著者同意才行。",
    "前提是我点过头。",
    "回回都得编辑放行。",
    "发之前要有同事校对过。",
]


@pytest.mark.parametrize("gate", GATES)
def test_a_gate_is_never_lost(gate: str) -> None:
    approvals = said(f"Summarise ./notes and mail it to a@b.example. {gate}").approvals
    assert approvals
    assert all(one.value.before in {"send", "anything"} and not one.value.when for one in approvals)


@pytest.mark.parametrize(
    "prose",
    [
        "Mail ./a.md to a@b.example, not without my say-so",
        "Mail ./a.md to a@b.example unless I object",
        "Mail ./a.md to a@b.example, but I sign off on each one before it leaves",
    ],
)
def test_what_a_gate_is_about_is_done_all_the_same(prose: str) -> None:
    intent = said(prose)
    assert [one.value.target for one in intent.actions] == ["a@b.example"]
    assert [one.value.before for one in intent.approvals] == ["send"]


@pytest.mark.parametrize(
    "prose", ["mail ./a.md to a@b.example, no approval needed", "把 ./a.md 发给 a@b.example，无需我确认"]
)
def test_where_nobody_has_to_agree_there_is_no_gate(prose: str) -> None:
    assert not said(prose).approvals


@pytest.mark.parametrize(
    "prose", ["send me the brief before I wake up", "list the orders that I approved", "我确认过的订单列出来"]
)
def test_what_only_speaks_of_the_owner_is_no_gate(prose: str) -> None:
    assert gate_in(prose, 0, len(prose)) is None


def test_a_chinese_gate_adds_no_action_of_its_own() -> None:
    assert verbs("把 ./a.md 发给 a@b.example，我过目后再发") == ["send"]


def test_a_gate_that_holds_back_by_itself_is_not_split() -> None:
    prose = "do not publish it without my ok"
    assert gate_behind(prose, 0, len(prose)) == len(prose)


@pytest.mark.parametrize("piece", ["unless I ", "没有我", ", but my ", "until ", "等我先", "nothing without "])
def test_a_flood_of_gates_is_read_to_its_end(piece: str) -> None:
    assert said((piece * 90_000)[:90_000]).prose
