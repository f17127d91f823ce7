"""A client that acts for an owner over MCP decides nothing that is reserved to the owner."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from ergos.app.client import ask
from ergos.app.home import home_at
from ergos.runtime.control import Answer
from tests.server.owners import Standing, home_in, stand, until
from tests.server.talk import Talk, words


async def item(talk: Talk) -> dict[str, Any]:
    for _ in range(300):
        items = (await talk.tool("inbox"))["structuredContent"]["items"]
        if items:
            return items[0]
        await asyncio.sleep(0.02)
    raise AssertionError("nothing waits")


def test_a_client_neither_approves_nor_denies_what_is_reserved(tmp_path: Path) -> None:
    folder = home_in(tmp_path).folder
    folder.mkdir()
    (folder / "settings.toml").write_text('[rights]\nreserved = ["pay"]\n')
    home = home_at(folder, {"HOME": str(tmp_path), "ERGOS_OWNER": "alice"})

    async def scenario(standing: Standing) -> None:
        talk = standing.plain
        pid = (await talk.tool("run", {"path": standing.agent("payer")}))["structuredContent"]["pid"]
        found = await item(talk)
        for name, arguments in (
            ("approve", {"number": found["number"], "digest": found["digest"]}),
            ("deny", {"number": found["number"]}),
        ):
            said = await talk.tool(name, arguments)
            assert said["isError"] is True
            assert "only alice decides" in words(said)
        await ask(home, Answer(number=found["number"], verdict="approve", by="alice"))
        for _ in range(20):
            ended = await talk.tool("wait", {"pid": pid, "within_s": 1})
            if words(ended).startswith("paid"):
                break
        assert words(ended) == "paid 5 to bob"

    stand(home, scenario)


def test_a_client_that_is_asked_by_elicitation_cannot_decide_it_either(tmp_path: Path) -> None:
    folder = home_in(tmp_path).folder
    folder.mkdir()
    (folder / "settings.toml").write_text('[rights]\nreserved = ["*"]\n')
    home = home_at(folder, {"HOME": str(tmp_path), "ERGOS_OWNER": "alice"})

    async def scenario(standing: Standing) -> None:
        talk = standing.talk
        task = (await talk.tool("run", {"path": standing.agent("payer")}))["taskId"]
        now = await until(talk, task, "input_required")
        (key,) = now["inputRequests"]
        for answer in ("approve", "deny"):
            said = {key: {"action": "accept", "content": {"answer": answer}}}
            await talk.result("tasks/update", {"taskId": task, "inputResponses": said})
            assert (await talk.result("tasks/get", {"taskId": task}))["status"] == "input_required"
        await ask(home, Answer(number=1, verdict="approve", by="alice"))
        assert words((await until(talk, task, "completed"))["result"]) == "paid 5 to bob"

    stand(home, scenario)
