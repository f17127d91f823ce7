"""The skills extension: every file with its digest, and nothing beyond the shelf."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from ergos.base.errors import UnknownPathError
from ergos.buses.mcp.server.ports import RpcError, SkillEntry, SkillFile
from ergos.buses.mcp.server.skills import BYTES_MAX, FILES_MAX, PAGE_ENTRIES, SkillsExtension
from tests.buses.mcp.server.served import serve


class Shelf:
    """Skills in memory."""

    def __init__(self, *entries: SkillEntry) -> None:
        self.entries = entries

    def skills(self) -> tuple[SkillEntry, ...]:
        return self.entries

    def read(self, skill: str, file: str) -> bytes:
        if file == "gone":
            raise UnknownPathError("it was there")
        return b"\xff\0" if file.endswith(".bin") else f"{skill}:{file}".encode()


def entry(path: str, *files: str, size: int = 1, name: str | None = None) -> SkillEntry:
    matter = {"name": name if name is not None else path.rpartition("/")[2], "description": "d"}
    return SkillEntry(path, matter, tuple(SkillFile(file, "0" * 64, size) for file in files))


def test_what_is_listed_is_what_is_read() -> None:
    async def scenario(client) -> None:
        talk = client()
        listed = (await talk.result("skills/list"))["skills"]
        assert [one["uri"] for one in listed] == ["skill://greeting/SKILL.md", "skill://office/billing/SKILL.md"]
        for skill in listed:
            assert (await talk.result("skills/get", {"uri": skill["uri"]}))["skill"] == skill
            for file in skill["resources"]:
                (content,) = (await talk.result("resources/read", {"uri": file["uri"]}))["contents"]
                body = content["text"].encode()
                assert f"sha256:{hashlib.sha256(body).hexdigest()}" == file["digest"]
                assert len(body) == file["size"]
        children = (await talk.result("resources/directory/read", {"uri": "skill://greeting/templates"}))["resources"]
        assert [(one["name"], one["mimeType"]) for one in children] == [
            ("formal.md", "text/markdown"),
            ("short", "inode/directory"),
        ]

    serve(scenario)


@pytest.mark.parametrize(
    "uri",
    [
        "skill://greeting", "skill://greeting/", "skill://office/SKILL.md", "skill://greeting/skill.md", "skill://",
        "skill://greeting/../office/billing/SKILL.md", "skill://greeting/%53KILL.md", "SKILL://greeting/SKILL.md",
        "file:///etc/passwd", "skill://greeting/templates/formal.md", "skill://greeting//SKILL.md", "", "x" * 9_000,
    ],
)  # fmt: skip
def test_what_is_no_skill_is_not_served_as_one(uri: str) -> None:
    async def scenario(client) -> None:
        assert await client().code("skills/get", {"uri": uri}) == -32602

    serve(scenario)


@pytest.mark.parametrize(
    "uri", ["skill://greeting/SKILL.md", "skill://greet", "skill://greeting/", "skill://", "skill://office", "skill://greeting/templates/formal.md/", "skill://greeting/.."]
)  # fmt: skip
def test_what_is_no_directory_is_not_read_as_one(uri: str) -> None:
    async def scenario(client) -> None:
        assert await client().code("resources/directory/read", {"uri": uri}) == -32602

    serve(scenario)


def test_a_skill_that_hosts_need_not_take_is_not_offered() -> None:
    files = tuple(f"f{n}" for n in range(FILES_MAX))
    extension = SkillsExtension(
        Shelf(
            entry("many", "SKILL.md", *files), entry("large", "SKILL.md", size=BYTES_MAX + 1), entry("bare", "README.md"),
            entry("a/misnamed", "SKILL.md", name="other"), entry("fits", "SKILL.md", *files[1:]),
        )
    )  # fmt: skip
    assert [one["uri"] for one in asyncio.run(extension.resources())] == ["skill://fits/SKILL.md"]


def test_a_nested_skill_is_a_skill_and_part_of_the_one_around_it() -> None:
    extension = SkillsExtension(
        Shelf(entry("outer", "SKILL.md", "inner/SKILL.md", "inner/x.bin"), entry("outer/inner", "SKILL.md", "x.bin"))
    )
    content = asyncio.run(extension.read("skill://outer/inner/SKILL.md"))
    assert content is not None
    assert content[0]["text"] == "outer/inner:SKILL.md", "the innermost skill answers"
    binary = asyncio.run(extension.read("skill://outer/inner/x.bin"))
    assert binary is not None
    assert binary[0]["blob"] == "/wA="
    assert [one["uri"] for one in asyncio.run(extension.resources())] == [
        "skill://outer/SKILL.md",
        "skill://outer/inner/SKILL.md",
    ]
    assert asyncio.run(extension.read("skill://outer/inner/y")) is None


def test_a_file_that_goes_away_is_not_there() -> None:
    assert asyncio.run(SkillsExtension(Shelf(entry("s", "SKILL.md", "gone"))).read("skill://s/gone")) is None


def test_long_listings_come_in_pages_and_false_cursors_are_refused() -> None:
    async def scenario(client) -> None:
        for cursor in ("-1", "x", "1e3", "٣", "9" * 30, ""):
            assert await client().code("skills/list", {"cursor": cursor}) == -32602
        assert (await client().result("skills/list", {"cursor": "500"}))["skills"] == []

    serve(scenario)
    from ergos.buses.mcp.server.skills import _paged

    page, more = _paged(list(range(PAGE_ENTRIES + 1)), None)
    assert len(page) == PAGE_ENTRIES
    assert _paged(list(range(PAGE_ENTRIES + 1)), more["nextCursor"]) == ([PAGE_ENTRIES], {})
    with pytest.raises(RpcError):
        _paged([], "x")
