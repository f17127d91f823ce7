"""Processes reach their granted tools at /mcp, and nothing of each other's."""

from __future__ import annotations

from pathlib import Path

from tests.server.processes import Standing, names, stand
from tests.server.talk import words


def test_a_process_sees_and_calls_exactly_the_tools_it_was_granted(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        _, talk = await standing.process("adder", "sum.add")
        _, nobody = await standing.process("nobody")
        listed = await talk.result("tools/list")
        assert names(listed) == ["sum.add"]
        assert listed["tools"][0]["inputSchema"]["properties"].keys() == {"a", "b"}
        assert listed["tools"][0]["annotations"]["readOnlyHint"] is True
        assert words(await talk.tool("sum.add", {"a": 2, "b": 3})) == "5"
        assert await talk.code("tools/call", {"name": "mail.send", "arguments": {}}) == -32602
        assert names(await nobody.result("tools/list")) == []
        assert await nobody.code("tools/call", {"name": "sum.add", "arguments": {"a": 1, "b": 1}}) == -32602
        wrong = await talk.tool("sum.add", {"a": "x", "b": []})
        assert wrong["isError"] is True

    stand(tmp_path, scenario)


def test_wrong_tokens_and_tokens_of_other_purposes_are_refused(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        pid, talk = await standing.process("adder", "sum.add")
        again = standing.talk(
            standing.kernel.reactor.guests.tokens.token((await standing.kernel.desk.enter(pid, ())).visitor)
        )
        for token in (
            "",
            "x",
            "ergos-1-1-",
            f"ergos-{pid}-9-{'0' * 40}",
            "ergosowner-" + "0" * 64,
            talk.token[:-1],
            talk.token + "0",
        ):
            status, said = await standing.talk(token).ask("tools/list")
            assert status == 401, token
            assert said["error"]
        assert names(await again.result("tools/list")) == ["sum.add"]
        _, old = await talk.ask("tools/list")
        assert "error" in old, "an earlier start's token is good no more"

    stand(tmp_path, scenario)
