"""Talking to agents by AG-UI: threads, runs, interrupts and their answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.server.api.rig import ALICE, BOB, OPERATOR, STALE, VIEWER, House, play
from tests.server.api.run_rules import check_run

SSE = "text/event-stream"


def said(thread: str, run: str, text: str | None = "hi", **more: Any) -> dict[str, Any]:
    messages = [] if text is None else [{"id": "m", "role": "user", "content": text}]
    return {"threadId": thread, "runId": run, "messages": messages, **more}


async def ran(house: House, agent: str, body: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """The events of a run to its end."""
    answer = await house.ask("POST", f"/agui/{agent}", body, accept=SSE, **more)
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"].startswith(SSE)
    return [json.loads(one[6:]) for one in answer.body.decode().split("\n\n") if one.startswith("data: ")]


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def test_a_run_starts_an_agent_with_what_was_said_and_ends_with_its_answer(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        events = await ran(house, "quick", said("t1", "r1", "hello"))
        end = check_run(events)
        assert end["outcome"] == {"type": "success"}
        assert end["result"] == "you said hello"
        assert "you said hello" in [event.get("delta") for event in events]
        assert events[0] == {"type": "RUN_STARTED", "threadId": "t1", "runId": "r1", "protocolVersion": "1.0"}

    play(tmp_path, scenario)


def test_a_run_that_is_sent_again_starts_nothing_again(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        first = await ran(house, "quick", said("t1", "r1"))
        again = await ran(house, "quick", said("t1", "r1"))
        assert check_run(again)["result"] == check_run(first)["result"]
        assert len((await house.good("GET", "/processes", query="standing=all"))["processes"]) == 1
        assert (await house.refused("POST", "/agui/quick", said("t1", "r1", "else")))[0] == 409

    play(tmp_path, scenario)


def test_a_thread_is_one_process_that_is_told_what_is_said_next(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        check_run(await ran(house, "listener", said("t1", "r1")))
        assert check_run(await ran(house, "listener", said("t1", "r2", "one")))["outcome"] == {"type": "success"}
        check_run(await ran(house, "listener", said("ergos-1", "r3", "two")))
        assert check_run(await ran(house, "listener", said("t1", "r4", "enough")))["result"] == ["one", "two"]

    play(tmp_path, scenario)


def test_an_approval_interrupts_a_run_and_the_next_one_answers_it(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        events = await ran(house, "payer", said("t1", "r1"))
        (interrupt,) = check_run(events)["outcome"]["interrupts"]
        assert interrupt["reason"] == "tool_call"
        call = next(event for event in events if event["type"] == "TOOL_CALL_START")
        assert (call["toolCallName"], interrupt["toolCallId"]) == ("pay", call["toolCallId"])
        yes = [{"interruptId": interrupt["id"], "status": "resolved", "payload": {"approved": True}}]
        for who in (VIEWER, OPERATOR, STALE):
            assert (await house.refused("POST", "/agui/payer", said("t1", "r2", resume=yes), who=who))[0] in {403, 404}
        events = await ran(house, "payer", said("t1", "r2", resume=yes))
        assert check_run(events)["result"] == "paid 5 to bob"
        assert "TOOL_CALL_START" not in kinds(events)
        assert "TOOL_CALL_RESULT" in kinds(events)
        status, _ = await house.refused("POST", "/agui/payer", said("t1", "r3", resume=yes))
        assert status == 404

    play(tmp_path, scenario)


def test_a_no_is_told_to_the_agent(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        (interrupt,) = check_run(await ran(house, "payer", said("t1", "r1")))["outcome"]["interrupts"]
        no = [{"interruptId": interrupt["id"], "status": "cancelled"}]
        end = check_run(await ran(house, "payer", said("t1", "r2", resume=no)))
        assert (end["type"], end["code"]) == ("RUN_ERROR", "E306")

    play(tmp_path, scenario)


def test_an_answer_to_something_else_than_was_shown_answers_nothing(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        (interrupt,) = check_run(await ran(house, "payer", said("t1", "r1")))["outcome"]["interrupts"]
        number = interrupt["id"].partition(":")[0]
        for wrong in (number, f"{number}:", f"{number}:{'0' * 32}"):
            yes = [{"interruptId": wrong, "status": "resolved", "payload": {"approved": True}}]
            assert (await house.refused("POST", "/agui/payer", said("t1", f"r{wrong}", resume=yes)))[0] == 409
        odd = [{"interruptId": interrupt["id"], "status": "resolved", "payload": "yes please"}]
        end = check_run(await ran(house, "payer", said("t1", "r9", resume=odd)))
        assert end["type"] == "RUN_ERROR", "only a plain yes is one"

    play(tmp_path, scenario)


def test_a_question_is_answered_with_what_the_payload_says(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        (interrupt,) = check_run(await ran(house, "asker", said("t1", "r1", "m")))["outcome"]["interrupts"]
        assert (interrupt["reason"], interrupt["message"]) == ("input_required", "how are you?")
        fine = [{"interruptId": interrupt["id"], "status": "resolved", "payload": "fine"}]
        end = check_run(await ran(house, "asker", said("t1", "r2", resume=fine)))
        assert end["result"] == {"said": "fine", "memory": "m"}

    play(tmp_path, scenario)


def test_a_run_of_a_program_that_fails_ends_with_its_error(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        end = check_run(await ran(house, "broken", said("t1", "r1")))
        assert (end["type"], end["code"]) == ("RUN_ERROR", "E403")

    play(tmp_path, scenario)


def test_a_process_that_was_killed_is_a_run_that_was_cancelled(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("listener")
        await house.rests(pid, "waiting")
        await house.good("POST", f"/processes/{pid}/signal", {"signal": "kill"})
        answer = await house.ask("GET", f"/processes/{pid}/agui", accept=SSE)
        events = [json.loads(one[6:]) for one in answer.body.decode().split("\n\n") if one.startswith("data: ")]
        assert check_run(events)["outcome"] == {"type": "cancelled"}

    play(tmp_path, scenario)


def test_without_a_stream_it_answers_with_what_there_is(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        events = (await house.good("POST", "/agui/listener", said("t1", "r1")))["events"]
        check_run(events)
        pid = events[1]["snapshot"]["pid"]
        await house.rests(pid, "waiting")
        check_run((await house.good("GET", f"/processes/{pid}/agui"))["events"])

    play(tmp_path, scenario)


def test_another_owner_finds_neither_thread_nor_agent_of_it(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await ran(house, "listener", said("t1", "r1"))
        assert (await house.refused("POST", "/agui/listener", said("ergos-1", "r2"), who=BOB)) == (404, "E102")
        assert (await house.refused("GET", "/processes/1/agui", who=BOB)) == (404, "E102")
        assert (await house.refused("POST", "/agui/quick", said("ergos-1", "r3"), who=ALICE)) == (404, "E102")
        for agent in ("..", "nobody", "a%2Fb"):
            assert (await house.refused("POST", f"/agui/{agent}", said("x", "r4")))[0] in {400, 404}
        assert (await house.refused("POST", "/agui/listener", said("t1", "r5", None)))[0] == 409

    play(tmp_path, scenario)
