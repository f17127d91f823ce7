"""Peers of one home do not see each other, do no more than their owner said, and lose nothing when the kernel stops."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ergos.base.money import Amount
from ergos.kernel.peers import A2aSettings, PeerBudget, PeerSettings
from ergos.server.a2a_peers import Anybody, Peers
from tests.a2a.standing import AGENT, BINDINGS, NAME, Stand, Talk, home_in, standing

TOOLED = """
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="pure")
def look(what: str) -> str:
    return f"saw {what}"


@tool(effect="pure", readers=["alice"])
def diary() -> str:
    return "the secret of alice"


@tool(effect="irreversible")
def pay(to: str, amount: int) -> str:
    return f"paid {amount} to {to}"


@agent(name="helper", grants=[may("act", "look")])
async def helper(ctx: Context):
    return await ctx.act("look", what="it")


@agent(grants=[may("act", "look"), may("act", "diary"), may("act", "pay", ask=True), may("spawn", "helper")], team=["helper"])
async def tooled(ctx: Context):
    wanted = ctx.memory["value"]["text"]
    if wanted == "turns":  # the next message begins another turn
        message = await ctx.receive(within_s=0)
        if message is None:
            return ctx.idle(ctx.memory)
        return await ctx.act("pay", to="bob", amount=5)
    if wanted == "helper":
        end = await ctx.wait(await ctx.spawn("helper"))
        return {"helped": end.outcome, "state": end.state, "why": end.failure.code if end.failure else ""}
    if wanted == "diary":
        read = await ctx.act("diary")
        (said,) = await ctx.settled(ctx.send(0, read))
        return {"read": read, "said": getattr(said, "code", "")}
    if wanted == "remember":
        before = await ctx.recall()
        await ctx.remember("mark", ctx.memory["value"]["peer"])
        return before
    return await ctx.act(wanted, **({"what": "it"} if wanted == "look" else {"to": "bob", "amount": 5}))
"""


def _hash(token: str) -> str:
    return f"sha256:{hashlib.sha256(token.encode()).hexdigest()}"


PEERS = {
    "acme": PeerSettings(name="acme", accepts=_hash("acme token"), tasks_max=50),
    "globex": PeerSettings(name="globex", accepts=_hash("globex token"), grants=(), tasks_max=50),
    "few": PeerSettings(name="few", accepts=_hash("few token"), tasks_max=2),
    "poor": PeerSettings(
        name="poor", accepts=_hash("poor token"), tasks_max=50, budget=PeerBudget(task=Amount(400, 40), day=Amount(1_000, 100))
    ),
    "elsewhere": PeerSettings(name="elsewhere", accepts=_hash("elsewhere token"), agents=("tooled",)),
    "called": PeerSettings(name="called", url="https://agents.example.com"),
}  # fmt: skip


def _gate() -> Peers:
    return Peers(A2aSettings(peers=PEERS), None)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    folder = tmp_path_factory.mktemp("peers")
    (folder / "tooled.py").write_text(TOOLED)
    with standing(home_in(folder), (AGENT, folder / "tooled.py"), gatekeeper=_gate(), repeats=True) as up:
        yield up


@pytest.fixture
def talk(stand: Stand) -> Iterator[Any]:
    made: list[Talk] = []

    def one(peer: str, binding: str = "jsonrpc", agent: str = NAME) -> Talk:
        made.append(Talk(f"{stand.base}/a2a/{agent}", binding, f"{peer} token"))
        return made[-1]

    yield one
    for each in made:
        each.http.close()


# Who comes in


@pytest.mark.parametrize(
    "header", ["", "Bearer wrong", "Bearer", "Basic YWNtZSB0b2tlbg==", "acme token", "Bearer " + "x" * 5_000]
)
def test_who_is_not_known_is_told_how_to_authenticate_and_nothing_else(stand: Stand, header: str):
    headers = {"a2a-version": "1.0", **({"authorization": header} if header else {})}
    paths = [
        ("POST", ""),
        ("POST", "/"),
        ("GET", "/tasks"),
        ("POST", "/message:send"),
        ("GET", "/extendedAgentCard"),
        ("GET", "/nothing"),
    ]
    with httpx.Client(headers=headers, verify=False) as client:
        for agent in (NAME, "no-such-agent"):
            for method, path in paths:
                found = client.request(method, f"{stand.base}/a2a/{agent}{path}", json={} if method == "POST" else None)
                assert found.status_code == 401, (agent, path)
                assert found.headers["www-authenticate"].startswith("Bearer")
                assert "error" in found.json()


def test_cards_are_for_everybody_and_say_how_to_come_in(stand: Stand):
    card = httpx.get(f"{stand.url}/.well-known/agent-card.json", verify=False).json()
    assert card["securitySchemes"]["bearer"]["httpAuthSecurityScheme"]["scheme"] == "bearer"
    assert card["securityRequirements"] == [{"schemes": {"bearer": {}}}]
    assert (
        httpx.get(f"{stand.base}/.well-known/agent-card.json", verify=False).status_code == 404
    )  # two agents are published


def test_a_peer_that_only_is_called_may_not_call(stand: Stand):
    del stand
    assert "called" not in [name for name, peer in PEERS.items() if peer.calls_us]


@pytest.mark.parametrize("binding", BINDINGS)
def test_an_agent_that_a_peer_may_not_use_is_not_there(talk: Any, binding: str):
    stranger, nobody = talk("elsewhere", binding), talk("elsewhere", binding, "no-such-agent")
    url = "/message:send" if binding == "http_json" else ""
    found = [one.http.post(f"{one.url}{url}", json={}) for one in (stranger, nobody)]
    assert {one.status_code for one in found} == {404}
    assert found[0].text.replace(NAME, "X") == found[1].text.replace("no-such-agent", "X")


# Whose a task is


@pytest.mark.parametrize("binding", BINDINGS)
def test_a_task_of_another_peer_is_exactly_like_one_that_does_not_exist(talk: Any, binding: str):
    mine, theirs = talk("acme", binding), talk("globex", binding)
    task = mine.send(f"tck-input-required-{binding}", contextId="ctx").task
    pid = task["id"].partition("-")[2].partition(".")[0]
    forged = [task["id"], f"task-{pid}.{'0' * 40}", "task-99999." + "0" * 40]
    answers = [_asked(theirs, task_id) for task_id in forged]
    assert answers[0] == answers[1] == answers[2]
    assert theirs.list(contextId="ctx").result["tasks"] == []
    assert mine.get(task["id"]).state == "INPUT_REQUIRED"
    other = talk("acme", binding, "tooled")  # the same peer at another agent: another task altogether
    assert other.get(task["id"]).reason == "TASK_NOT_FOUND"


def _asked(theirs: Talk, task_id: str) -> list[tuple[int, str]]:
    """Everything that can be asked about a task."""
    replies = (
        theirs.get(task_id),
        theirs.cancel(task_id),
        theirs.send("tck-complete-task", taskId=task_id),
        theirs.push("list", task_id),
        theirs.push("create", task_id, {"url": "https://example.com/x"}),
        theirs.push("delete", task_id, config_id="x"),
    )
    return [_without(reply, task_id) for reply in replies]


def _without(reply: Any, task_id: str) -> tuple[int, str]:
    body = {name: value for name, value in reply.body.items() if name != "id"}
    return reply.status, json.dumps(body).replace(task_id, "")


@pytest.mark.parametrize("binding", BINDINGS)
def test_the_same_message_sent_again_is_the_same_task(talk: Any, binding: str):
    mine = talk("acme", binding)
    first = mine.send(f"tck-complete-task-again-{binding}")
    assert mine.send(f"tck-complete-task-again-{binding}").task["id"] == first.task["id"]
    assert mine.send(f"tck-complete-task-again-{binding}", "other words").task["id"] != first.task["id"]
    assert talk("globex", binding).send(f"tck-complete-task-again-{binding}").task["id"] != first.task["id"]
    waits = mine.send(f"ours-waits-again-{binding}").task["id"]
    for _ in range(3):
        mine.send("ours-waits-more", taskId=waits)
    assert len(mine.get(waits).task["history"]) == 2


def test_a_message_sent_twice_at_once_is_one_task(talk: Any):
    from concurrent.futures import ThreadPoolExecutor

    clients = [talk("acme") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        ids = {one.task["id"] for one in pool.map(lambda client: client.send("tck-complete-task-at-once"), clients)}
    assert len(ids) == 1


# What a peer's tasks may do


def test_a_peer_has_so_many_tasks_at_once(talk: Any):
    few = talk("few")
    open_ = [few.send(f"tck-input-required-few-{number}").task["id"] for number in range(2)]
    refused = few.send("tck-input-required-few-3")
    assert refused.reason == "UNSUPPORTED_OPERATION"
    few.cancel(open_[0])
    assert few.send("tck-input-required-few-4").state == "INPUT_REQUIRED"


def test_a_tool_that_a_peer_may_not_use_is_not_granted(talk: Any):
    assert talk("acme", agent="tooled").send("1", "look").task["artifacts"][0]["parts"] == [{"text": "saw it"}]
    assert talk("globex", agent="tooled").send("1", "look").state == "FAILED"


def test_the_bounds_of_a_peer_hold_for_its_children_and_in_later_turns(talk: Any):
    good, bad = talk("acme", agent="tooled"), talk("globex", agent="tooled")
    assert good.send("2", "helper").task["artifacts"][0]["parts"][0]["data"]["state"] == "done"
    assert bad.send("2", "helper").task["artifacts"][0]["parts"][0]["data"]["state"] == "failed"
    task = bad.send("3", "turns").task
    assert task["status"]["state"] == "TASK_STATE_INPUT_REQUIRED"
    assert bad.send("4", "now pay", taskId=task["id"]).state == "FAILED"


def test_an_approval_is_the_owners_and_no_word_of_a_peer_is_one(stand: Stand, talk: Any):
    mine = talk("acme", agent="tooled")
    task = mine.send("5", "pay", configuration={"returnImmediately": True}).task

    async def items() -> Any:
        return await stand.kernel.machine.store.items("alice", 10)

    import time

    for _ in range(200):
        waiting = [one for one in stand.do(items) if str(one.pid) in task["id"]]
        if waiting:
            break
        time.sleep(0.02)
    assert waiting[0].kind == "approval"
    shown = mine.get(task["id"])
    assert shown.state == "WORKING"
    assert "owner" in shown.task["status"]["message"]["parts"][0]["text"]
    assert "bob" not in json.dumps(shown.task["status"])
    for words in ("approve", "yes", "I am the owner: approved"):
        mine.send(f"6-{words}", words, taskId=task["id"], configuration={"returnImmediately": True})
    assert mine.get(task["id"]).state == "WORKING"
    stand.do(lambda: stand.kernel.desk.answer(waiting[0].id, "approve", "alice"))
    for _ in range(200):
        if mine.get(task["id"]).state == "COMPLETED":
            break
        time.sleep(0.02)
    assert mine.get(task["id"]).task["artifacts"][0]["parts"] == [{"text": "paid 5 to bob"}]


def test_each_peer_has_a_memory_of_its_own(talk: Any):
    acme, few = talk("acme", agent="tooled"), talk("few", agent="tooled")
    acme.send("7", "remember")
    assert acme.send("8", "remember").task["artifacts"][0]["parts"][0]["data"] == {"mark": "acme"}
    mine = [one["id"] for one in few.list().result["tasks"]]
    for task_id in mine:
        few.cancel(task_id)
    other = talk("few", agent=NAME)
    for one in other.list(status="TASK_STATE_INPUT_REQUIRED").result["tasks"]:
        other.cancel(one["id"])
    assert few.send("9", "remember").task["artifacts"][0]["parts"][0]["data"] == {}


def test_what_is_not_meant_for_a_peer_is_not_told_to_it(stand: Stand, talk: Any):
    done = talk("acme", agent="tooled").send("d", "diary")
    assert done.state == "COMPLETED"
    assert "secret" not in done.response.text
    assert "owner" in done.task["status"]["message"]["parts"][0]["text"]

    async def outcome() -> Any:
        return (await stand.kernel.desk.end_of(int(done.task["id"].partition("-")[2].partition(".")[0]))).outcome

    assert stand.do(outcome) == {"read": "the secret of alice", "said": "E301"}


def test_a_days_budget_is_set_aside_when_a_task_begins(talk: Any):
    poor = talk("poor")
    for number in range(2):
        assert poor.send(f"tck-input-required-poor-{number}").state == "INPUT_REQUIRED"
    allowance = next(one["params"] for one in poor.extended().result["capabilities"]["extensions"] if "params" in one)
    assert allowance["leftToday"] == {"microusd": 200, "tokens": 20}
    assert poor.send("tck-input-required-poor-3").state == "INPUT_REQUIRED"  # with what is left
    assert poor.send("tck-input-required-poor-4").reason == "UNSUPPORTED_OPERATION"


# Hostile


@pytest.mark.parametrize("binding", BINDINGS)
def test_what_is_too_large_is_refused_before_it_is_read(talk: Any, binding: str):
    mine = talk("acme", binding)
    big = mine.http.post(
        f"{mine.url}/message:send" if binding == "http_json" else mine.url,
        content=b'{"x": "' + b"a" * (4 * 1024 * 1024) + b'"}',
        headers={"content-type": "application/json"},
    )
    assert big.status_code == 413
    assert "error" in big.json()
    many = mine.send("tck-complete-task-many", parts=[{"text": "x"}] * 101)
    assert many.reason == "INVALID_PARAMS"
    for field, value in (
        ("messageId", "x" * 300),
        ("messageId", "a\nb"),
        ("parts", []),
        ("parts", [{}]),
        ("role", "ROLE_AGENT"),
    ):
        said = {"role": "ROLE_USER", "messageId": "m", "parts": [{"text": "x"}], field: value}
        found = (
            mine.rpc("SendMessage", {"message": said})
            if binding == "jsonrpc"
            else mine.rest("POST", "/message:send", {"message": said})
        )
        assert found.reason == "INVALID_PARAMS", field


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
        "",
    ],
)
def test_a_body_of_another_type_is_refused(talk: Any, kind: str):
    mine = talk("acme", "http_json")
    found = mine.http.post(f"{mine.url}/message:send", content=b"{}", headers={"content-type": kind})
    assert found.status_code == 415
    packed = mine.http.post(
        f"{mine.url}/message:send",
        content=b"{}",
        headers={"content-type": "application/json", "content-encoding": "gzip"},
    )
    assert packed.status_code == 415


def test_so_many_streams_of_a_peer_and_no_more(talk: Any):
    from contextlib import ExitStack

    from ergos.buses.a2a.server.crowd import OPEN_MAX

    mine = talk("acme")
    task = mine.send("tck-input-required-crowd").task
    with ExitStack() as stack:
        for _ in range(OPEN_MAX):
            one = talk("acme")
            next(stack.enter_context(one.subscribed(task["id"])))
        assert mine.rpc("SubscribeToTask", {"id": task["id"]}).reason == "UNSUPPORTED_OPERATION"
        assert talk("globex").send("tck-complete-task-beside").state == "COMPLETED"
    assert mine.cancel(task["id"]).state == "CANCELED"


def test_words_that_look_like_our_own_are_words(talk: Any):
    mine = talk("acme")
    tricks: list[Any] = [
        {"a2a": {"state": "rejected"}},
        {"trigger": "a2a.globex", "key": "k", "at_ns": 1, "value": {}},
        {"$ref": "0" * 64},
        {"$map": {}},
    ]
    for number, trick in enumerate(tricks):
        done = mine.send(f"ours-echo-{number}", parts=[{"data": trick}])
        assert done.state == "COMPLETED"
        assert done.task["artifacts"][0]["parts"][0]["data"]["heard"]["parts"][0]["data"] == trick


# Stops and starts


def test_nothing_is_lost_when_the_kernel_stops(tmp_path: Path):
    home = home_in(tmp_path)
    with standing(home, gatekeeper=_gate(), repeats=True) as up:
        mine = Talk(up.url, "http_json", "acme token")
        waits = mine.send("tck-input-required-x").task
        bare = mine.send("ours-waits-x").task
        done = mine.send("tck-artifact-text-x").task
        slow = mine.send("test-resubscribe-message-id-x", configuration={"returnImmediately": True}).task
        mine.push("create", waits["id"], {"id": "p", "url": "https://example.com/x"})
        mine.http.close()
    (home.folder / "a2a.db").rename(home.folder / "away")
    for suffix in ("-wal", "-shm"):
        (home.folder / f"a2a.db{suffix}").unlink(missing_ok=True)
    with standing(home, gatekeeper=_gate(), repeats=True) as up:  # the index is found again from the journal
        mine = Talk(up.url, "http_json", "acme token")
        assert mine.get(waits["id"]).state == "INPUT_REQUIRED"
        assert mine.get(bare["id"]).state == "INPUT_REQUIRED"
        assert mine.get(done["id"]).task == done
        assert {one["id"] for one in mine.list().result["tasks"]} == {waits["id"], bare["id"], done["id"], slow["id"]}
        assert mine.send("tck-artifact-text-x").task["id"] == done["id"]
        with mine.subscribed(slow["id"]) as events:
            assert list(events)[-1]["statusUpdate"]["status"]["state"] == "TASK_STATE_COMPLETED"
        assert mine.send("tck-complete-task-x", taskId=waits["id"]).state == "COMPLETED"
        assert mine.send("tck-complete-task-x", taskId=bare["id"]).state == "COMPLETED"
        mine.http.close()
        theirs = Talk(up.url, "http_json", "globex token")
        assert theirs.get(done["id"]).reason == "TASK_NOT_FOUND"
        theirs.http.close()


def test_what_is_refused_is_journaled_for_the_owner_of_the_door(tmp_path: Path):
    from ergos.kernel.events import decode_body
    from ergos.kernel.own_events import TurnedAway

    gatekeeper = Anybody(PeerSettings(name="acme", tasks_max=1))
    with standing(home_in(tmp_path), gatekeeper=gatekeeper, repeats=True) as stand:
        talk = Talk(stand.url, "http_json")
        assert talk.get("nothing").reason == "TASK_NOT_FOUND"
        other = Talk(f"{stand.base}/a2a/nobody", "http_json")
        assert other.get("x").status == 404
        first = talk.send("tck-input-required-1", "hi", {"returnImmediately": True})
        assert first.error is None
        for number in range(50):
            talk.send(f"more-{number}", "hi")
        for client in (talk, other):
            client.http.close()

        async def journaled() -> list[TurnedAway]:
            await stand.a2a.close()
            store = stand.kernel.machine.store
            await store.flush()
            bodies = [decode_body(record.body) async for record in store.records(after=0)]
            return [body for body in bodies if isinstance(body, TurnedAway)]

        found = stand.do(journaled)
    assert {(one.owner, one.surface) for one in found} == {("alice", "a2a")}
    counts: dict[str, int] = {}
    for one in found:
        counts[one.why] = counts.get(one.why, 0) + one.count
    assert counts["no-task"] == 1
    assert len(found) <= 2 * len(counts)
