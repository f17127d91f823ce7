"""A call is known by its key, whether its process is in memory or not."""

from __future__ import annotations

from pathlib import Path

from ergos.server.mcp_calls import KernelCalls
from tests.server.processes import Standing, ended, stand
from tests.server.talk import words


def test_what_waits_is_found_by_content_and_what_is_answered_by_key(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        calls = KernelCalls(standing.kernel.machine)
        pid, talk = await standing.process("writer", "sum.add", asks=("mail.send",), tasks=True)
        letter = {"to": "bob", "text": "hi"}
        assert await calls.waiting(pid, "mail.send", letter) == ()
        task = (await talk.tool("mail.send", letter))["taskId"]
        (found,) = await calls.waiting(pid, "mail.send", letter)
        assert (found.name, found.args, found.answer) == ("mail.send", letter, None)
        assert found.item == await standing.item()
        for name, args in (("mail.send", {**letter, "to": "eve"}), ("sum.add", letter)):
            assert await calls.waiting(pid, name, args) == ()
        assert await calls.known(pid, "no such key") is None
        await standing.kernel.desk.answer(found.item, "deny", "alice")
        assert (await ended(talk, task))["result"]["isError"] is True
        assert await calls.waiting(pid, "mail.send", letter) == ()
        assert await standing.kernel.machine.store.items(None, 10) == (), "asking about it asked nothing again"
        known = await calls.known(pid, found.key)
        assert known is not None
        assert known.answer is not None
        assert known.answer.failure is not None
        stored = await calls._recorded(pid, found.key)
        assert stored is not None
        assert stored.answer == known.answer, "memory and store say the same"
        assert words(await talk.tool("sum.add", {"a": 1, "b": 1})) == "2"

    stand(tmp_path, scenario)
