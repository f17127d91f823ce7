"""An owner runs, follows, answers and stops over MCP."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from ergos.app.home import Home
from ergos.server.mcp_owner import TABLE
from tests.server.owners import Standing, home_in, stand
from tests.server.talk import words


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_in(tmp_path)


def test_an_approval_is_of_the_call_that_was_seen(home: Home):
    async def scenario(standing: Standing) -> None:
        talk = standing.plain
        started = await talk.tool("run", {"path": standing.agent("payer")})
        pid = started["structuredContent"]["pid"]
        for _ in range(300):
            items = (await talk.tool("inbox"))["structuredContent"]["items"]
            if items:
                break
            await asyncio.sleep(0.02)
        assert "bob" in json.dumps(items[0]["call"])
        wrong = await talk.tool("approve", {"number": items[0]["number"], "digest": "0" * 64})
        assert wrong["isError"] is True
        assert (await talk.tool("approve", {"number": items[0]["number"]}))["isError"] is True
        assert (await talk.tool("answer", {"number": items[0]["number"], "value": "x"}))["isError"] is True
        await talk.tool("approve", {"number": items[0]["number"], "digest": items[0]["digest"]})
        for _ in range(20):
            ended = await talk.tool("wait", {"pid": pid, "within_s": 1})
            if words(ended).startswith("paid"):
                break
        assert words(ended) == "paid 5 to bob"
        again = await talk.tool("approve", {"number": items[0]["number"], "digest": items[0]["digest"]})
        assert again["isError"] is True
        shown = await talk.tool("watch", {"pid": pid})
        assert shown["structuredContent"]["records"][0]["k"] == "spawn"

    stand(home, scenario)


def test_tools_refuse_wrong_arguments_with_words_and_do_nothing(home: Home):
    async def scenario(standing: Standing) -> None:
        talk = standing.plain
        listed = await talk.result("tools/list")
        assert [one["name"] for one in listed["tools"]] == list(TABLE)
        for name, arguments in (
            ("run", {}), ("run", {"path": 5}), ("run", {"path": "relative"}), ("run", {"path": "/nowhere\0x"}), ("wait", {"pid": -1}),
            ("run", {"path": "/nowhere"}), ("wait", {"pid": 2**70}), ("wait", {"pid": 99}), ("signal", {"pid": 1, "name": "dance"}), ("signal", {"pid": 99, "name": "kill"}),
            ("processes", {"more": 1}), ("answer", {"number": 10**30}), ("deny", {"number": 0}), ("watch", {"pid": 1, "after": "x"}),
        ):  # fmt: skip
            result = await talk.tool(name, arguments)
            assert result["isError"] is True, (name, arguments)
            assert "Traceback" not in words(result)
        assert await talk.code("tools/call", {"name": "nothing", "arguments": {}}) == -32602
        assert (await talk.tool("processes"))["structuredContent"]["processes"] == []

    stand(home, scenario)


def test_stop_and_signals_reach_the_kernel(home: Home):
    async def scenario(standing: Standing) -> None:
        talk = standing.plain
        assert (await talk.tool("stop"))["structuredContent"] == {"stopped": True}
        assert (await talk.tool("processes"))["structuredContent"]["stopped"] is True
        await talk.tool("stop", {"on": False})
        pid = (await talk.tool("run", {"path": standing.agent("asker")}))["structuredContent"]["pid"]
        assert (await talk.tool("signal", {"pid": pid, "name": "kill"}))["structuredContent"]["state"] == "killed"

    stand(home, scenario)
