from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from ergos.base.errors import ErgosError
from ergos.drivers.tools.catalogue import BuiltinMounts, BuiltinParts, builtins, workspaces_of
from ergos.kernel.packages import Mounts, Tool
from ergos.kernel.tool_settings import Folder, Mail, ToolSettings
from tests.drivers.tools.errands import errand

NAMES = (
    "calendar.add feeds.read files.append files.delete files.edit files.list files.move files.read files.search files.write "
    "git.commit git.diff git.log git.show git.status http.fetch http.send mail.send notify.owner press.publish python.cell "
    "python.run shell.run sources.read sql.query table.append webhook.send"
).split()  # fmt: skip


@pytest.fixture
def tools(tmp_path: Path) -> Any:
    return builtins(BuiltinParts(workspaces=workspaces_of(tmp_path, "alice", ToolSettings())))


def test_every_tool_is_there_even_where_nothing_else_is(tools: Any) -> None:
    mounts: Mounts = BuiltinMounts(tools)
    assert list(mounts.names()) == NAMES
    assert mounts.tool("no.tool") is None
    assert mounts.why_not("no.tool") == ""
    for name in NAMES:
        tool = mounts.tool(name)
        assert tool is not None
        assert tool.spec.name == name


def test_every_tool_says_what_it_is_to_the_policy(tools: Any) -> None:
    for name, tool in tools.items():
        assert tool.spec.reach is not None, name
        assert tool.spec.summary.endswith("."), name
        assert tool.spec.parameters["type"] == "object", name
        assert len(tool.digest) == 64
        if tool.spec.reach in {"own", "others"}:
            assert set(tool.spec.roles) == set(tool.spec.parameters["properties"]), name
        if tool.spec.effect == "pure":
            assert tool.spec.reach in {"read", "code"}, name


def test_nothing_a_tool_finds_is_trusted_by_itself(tools: Any) -> None:
    assert not any(tool.spec.trusted for tool in tools.values())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "args", [{"zzz": 1}, {"path": 7}, {"path": None, "text": []}, {"code": {}, "url": [], "to": 1, "query": 0}]
)
def test_garbage_is_refused_before_anything_happens(tools: Any, name: str, args: Any) -> None:
    assert tools[name].misfit(args)


CALLS: dict[str, dict[str, Any]] = {
    "http.fetch": {"url": "http://example.org/"}, "http.send": {"url": "http://example.org/"}, "feeds.read": {"url": "http://example.org/"},
    "webhook.send": {"hook": "x", "json": 1}, "sql.query": {"query": "select 1", "files": ["a.db"]}, "shell.run": {"command": "id"},
    "python.run": {"code": "1"}, "python.cell": {"code": "1"}, "git.status": {}, "notify.owner": {"text": "x"},
    "mail.send": {"to": ["a@b.org"], "subject": "s", "text": "t"},
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_what_is_not_available_says_what_to_do(tools: Any, name: str) -> None:
    assert not tools[name].misfit(CALLS[name])
    with pytest.raises(ErgosError) as caught:
        asyncio.run(tools[name].run(CALLS[name], errand()))
    assert len(caught.value.what_to_do) > 20


def test_mail_that_can_be_looked_for_is_reconcilable(tmp_path: Path) -> None:
    def effect(mail: Mail) -> Tool:
        settings = ToolSettings(mail=mail)
        return builtins(BuiltinParts(workspaces=workspaces_of(tmp_path, "alice", settings), settings=settings))[
            "mail.send"
        ]

    assert effect(Mail(host="h", sender="a@b")).spec.effect == "irreversible"
    assert effect(Mail(host="h", sender="a@b", sent_host="i")).spec.effect == "reconcilable"


def test_the_owners_folders_are_rooms(tmp_path: Path) -> None:
    settings = ToolSettings(folders={"rates": Folder(path=str(tmp_path), trusted=True)})
    assert workspaces_of(tmp_path, "alice", settings).rooms() == ("rates",)


def test_the_schemas_of_all_tools_are_small(tools: Any) -> None:
    import msgspec

    for name, tool in tools.items():
        assert len(msgspec.json.encode(tool.spec.parameters)) < 1_500, name
