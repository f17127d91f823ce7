"""Calls of processes as tasks: durable, theirs alone, and made once."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from ergos.base.errors import DeadlineError
from tests.server.processes import Bench, Standing, ended, stand
from tests.server.talk import message, words
from tests.server.test_mcp import legacy, session


def test_a_call_that_waits_for_approval_is_a_task_and_its_answer_is_found_by_id(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        pid, talk = await standing.process("writer", asks=("mail.send",), tasks=True)
        made = await talk.tool("mail.send", {"to": "bob", "text": "hi"})
        assert made["resultType"] == "task"
        assert made["status"] == "working"
        assert not standing.bench.done
        task = made["taskId"]
        assert (await talk.result("tasks/get", {"taskId": task}))["status"] == "working"
        await standing.kernel.desk.answer(await standing.item(), "approve", "alice")
        now = await ended(talk, task)
        assert now["status"] == "completed"
        assert now["ttlMs"] is None
        assert words(now["result"]) == "sent to bob"
        assert standing.bench.done == ["bob: hi"]
        assert str(pid)

    stand(tmp_path, scenario)


def test_a_task_outlives_its_kernel(tmp_path: Path) -> None:
    bench, kept = Bench(), list[str]()

    async def before(standing: Standing) -> None:
        _, talk = await standing.process("writer", asks=("mail.send",), tasks=True)
        kept.append((await talk.tool("mail.send", {"to": "bob", "text": "hi"}))["taskId"])
        kept.append(talk.token)

    async def after(standing: Standing) -> None:
        talk = standing.talk(kept[1], tasks=True)
        assert (await talk.result("tasks/get", {"taskId": kept[0]}))["status"] == "working"
        await standing.kernel.desk.answer(await standing.item(), "approve", "alice")
        now = await ended(talk, kept[0])
        assert words(now["result"]) == "sent to bob"
        assert bench.done == ["bob: hi"]

    stand(tmp_path, before, bench)
    stand(tmp_path, after, bench)


def test_no_process_reaches_a_task_of_another(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        _, owner = await standing.process("a", asks=("mail.send",), tasks=True)
        _, other = await standing.process("b", "sum.add", asks=("mail.send",), tasks=True)
        task = (await owner.tool("mail.send", {"to": "bob", "text": "hi"}))["taskId"]
        subject, _, seal = task.rpartition(".")
        flipped = f"{subject}.{'0' if seal[0] != '0' else '1'}{seal[1:]}"
        for stolen in (
            task,
            flipped,
            subject,
            f"{subject}.",
            "",
            "run-1.0",
            f"{subject}.{'0' * 40}",
            task + "\n",
            "x" * 5000,
        ):
            for method, more in (("tasks/get", {}), ("tasks/update", {"inputResponses": {}}), ("tasks/cancel", {})):
                status, said = await other.ask(
                    method,
                    {"taskId": stolen, **more},
                    headers={} if stolen.isprintable() and stolen else {"mcp-name": "?"},
                )
                assert "result" not in said, (method, stolen)
                assert said["error"]["code"] in {-32602, -32020}
                assert status == 400
                assert "bob" not in str(said)
        assert (await owner.result("tasks/get", {"taskId": task}))["status"] == "working"
        assert not standing.bench.done

    stand(tmp_path, scenario)


def test_who_takes_no_tasks_is_answered_once_its_owner_said_yes(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        _, talk = await standing.process("writer", asks=("mail.send",))
        asked = asyncio.ensure_future(talk.tool("mail.send", {"to": "bob", "text": "hi"}))
        await standing.kernel.desk.answer(await standing.item(), "approve", "alice")
        assert words(await asked) == "sent to bob"
        assert await talk.code("tasks/get", {"taskId": "x"}) == -32021

    stand(tmp_path, scenario)


def test_a_client_that_leaves_and_asks_again_makes_no_second_call(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        _, talk = await standing.process("writer", asks=("mail.send",))
        for _ in range(3):
            with pytest.raises(DeadlineError):
                await talk.tool("mail.send", {"to": "bob", "text": "hi"}, deadline_s=0.5)
        assert len(await standing.kernel.machine.store.items(None, 10)) == 1
        asked = asyncio.ensure_future(talk.tool("mail.send", {"to": "bob", "text": "hi"}))
        await standing.kernel.desk.answer(await standing.item(), "approve", "alice")
        assert words(await asked) == "sent to bob"
        assert standing.bench.done == ["bob: hi"]

    stand(tmp_path, scenario)


def test_a_client_of_the_older_era_that_leaves_makes_no_second_call_either(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        _, talk = await standing.process("writer", asks=("mail.send",))
        named = await session(talk)
        letter = {"name": "mail.send", "arguments": {"to": "bob", "text": "hi"}}
        for number in range(10, 13):
            with pytest.raises(DeadlineError):
                await talk.send(legacy("tools/call", letter, number), named, deadline_s=0.5)
            await asyncio.sleep(0.1)
        assert len(await standing.kernel.machine.store.items(None, 10)) == 1
        asked = asyncio.ensure_future(talk.send(legacy("tools/call", letter, 20), named))
        await asyncio.sleep(0.2)
        await standing.kernel.desk.answer(await standing.item(), "approve", "alice")
        _, headers, body = await asked
        assert words(message(headers, body)["result"]) == "sent to bob"
        assert standing.bench.done == ["bob: hi"]

    stand(tmp_path, scenario)


def test_a_task_is_durable_when_its_id_is_told(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    kept: list[str] = []

    async def begun(standing: Standing) -> None:
        _, talk = await standing.process("writer", asks=("mail.send",), tasks=True)
        kept.extend([(await talk.tool("mail.send", {"to": "bob", "text": "hi"}))["taskId"], talk.token])
        shutil.copytree(before, after)  # what a crash at this moment would leave

    async def crashed(standing: Standing) -> None:
        talk = standing.talk(kept[1], tasks=True)
        looked = await asyncio.gather(*(talk.result("tasks/get", {"taskId": kept[0]}) for _ in range(5)))
        assert {one["status"] for one in looked} == {"working"}
        assert len(await standing.kernel.machine.store.items(None, 10)) == 1
        await standing.kernel.desk.answer(await standing.item(), "approve", "alice")
        assert words((await ended(talk, kept[0]))["result"]) == "sent to bob"
        assert standing.bench.done == ["bob: hi"]

    stand(before, begun)
    stand(after, crashed)


def test_two_calls_of_one_content_are_two_tasks(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        _, talk = await standing.process("writer", asks=("mail.send",), tasks=True)
        letter = {"to": "bob", "text": "hi"}
        tasks = [made["taskId"] for made in await asyncio.gather(*(talk.tool("mail.send", letter) for _ in range(3)))]
        assert len(set(tasks)) == 3
        items = await standing.kernel.machine.store.items(None, 10)
        assert len(items) == 3
        for item, verdict in zip(items, ("approve", "deny", "approve"), strict=True):
            await standing.kernel.desk.answer(item.id, verdict, "alice")
        results = [(await ended(talk, task))["result"]["isError"] for task in tasks]
        assert sorted(results) == [False, False, True]
        assert standing.bench.done == ["bob: hi"] * 2

    stand(tmp_path, scenario)
