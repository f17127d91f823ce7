"""What is imported is known by its content; what is hostile or nothing is a clear error; nothing is half done."""

from __future__ import annotations

import contextlib
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ergos.app.importing.recognise import imported
from ergos.app.importing.shape import FORMATS, Imported, members
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import DefinitionError

from . import samples

NOW_NS = 1_795_000_000 * 10**9


def codes(found: Imported) -> set[str]:
    return {one.code for one in found.remarks}


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("team.yaml", samples.DOCKER, "docker-agent"),
        ("team.txt", samples.DOCKER, "docker-agent"),
        ("spec.json", json.dumps(samples.AGENT_SPEC), "agent-spec"),
        ("flow.yml", samples.FLOW, "agent-spec"),
        ("loop.af", json.dumps(samples.LETTA), "letta"),
        ("loop.json", json.dumps(samples.LETTA), "letta"),
        ("twice.af", json.dumps(json.dumps(samples.LETTA)), "letta"),
        ("old.af", json.dumps(samples.LETTA_OLD), "letta"),
        ("openclaw.json", samples.CONFIG, "openclaw"),
    ],
)
def test_a_file_is_known_by_what_it_holds(tmp_path: Path, name: str, text: str, form: str) -> None:
    assert imported(samples.put(tmp_path / name, text), NOW_NS).format == form


def test_a_workspace_a_folder_with_one_file_and_archives_of_them_are_read(tmp_path: Path) -> None:
    folder = samples.workspace(tmp_path / "claw")
    assert imported(folder, NOW_NS).format == "openclaw"
    samples.put(tmp_path / "one" / "team.yaml", samples.DOCKER)
    samples.put(tmp_path / "one" / "README.md", "about")
    assert imported(tmp_path / "one", NOW_NS).format == "docker-agent"
    packed = tmp_path / "claw.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in samples.WORKSPACE.items():
            archive.writestr(f"claw/{path}", text)
    tarred = tmp_path / "claw.tar.gz"
    with tarfile.open(tarred, "w:gz") as archive:
        archive.add(folder, "claw")
    names = {imported(path, NOW_NS).agents[0].name for path in (folder, packed, tarred)}
    assert names == {"Iris"}


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("x.yaml", b"hello: world\n"),
        ("x.json", b"[1, 2]"),
        ("x.json", b"{}"),
        ("x.af", b'{"agents": '),
        ("x.af", b"\xff\xfe\x00\x01"),
        ("x.yaml", b"agents: {root: *nowhere}"),
        ("x.yaml", b"agents: &a [*a]"),
        ("x.yaml", b"agents: " + b"[" * 5_000),
        ("x.json", b'{"agents":' + b"[" * 100_000),
        ("x.json", b'{"agents":' + b"[" * 900 + b"]" * 900 + b',"blocks":[]}'),
        ("x.yaml", b"a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12)) + b"agents: {root: {model: x}}\n"),
        ("x.yaml", b"agents:\n  root: {instruction: \xff\xfe}"),
        ("x.yaml", b"agents: {}"),
        ("x.af", b'{"agents": [], "blocks": []}'),
        ("x.zip", b"PK\x03\x04broken"),
        ("x.tar.gz", b"\x1f\x8bbroken"),
        ("openclaw.json", b"{agents: "),
        ("x.json", b'{"component_type": "Invented", "name": "x"}'),
        ("x.bin", bytes(range(256))),
        ("empty", b""),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_clear_error(tmp_path: Path, name: str, raw: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(DefinitionError) as caught:
        imported(path, NOW_NS)
    assert len(str(caught.value)) < 1_000


def test_a_file_of_a_hundred_megabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.af"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(DefinitionError, match="at most"):
        imported(path, NOW_NS)


def test_links_paths_that_lead_out_and_devices_are_reported_and_never_followed(tmp_path: Path) -> None:
    folder = samples.workspace(tmp_path / "claw")
    outside = samples.put(tmp_path / "outside.md", "the private diary")
    (folder / "memory" / "link.md").symlink_to(outside)
    (folder / "linked").symlink_to(tmp_path)
    (folder / "USER.md").unlink()
    (folder / "USER.md").symlink_to(outside)
    found = imported(folder, NOW_NS)
    assert {"memory/link.md", "linked", "USER.md"} <= {one.where for one in found.remarks if one.code == "I103"}
    assert "diary" not in repr(found)
    (tmp_path / "door").symlink_to(folder)
    with pytest.raises(DefinitionError, match="link"):
        imported(tmp_path / "door", NOW_NS)


def test_an_archive_cannot_put_a_file_outside_or_grow_without_end(tmp_path: Path) -> None:
    packed = tmp_path / "slip.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in samples.WORKSPACE.items():
            archive.writestr(path, text)
        archive.writestr("../../evil.md", "x")
        archive.writestr("/etc/evil.md", "x")
        archive.writestr("C:\\evil.md", "x")
        link = zipfile.ZipInfo("memory/link.md")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    found = imported(packed, NOW_NS)
    assert len([one for one in found.remarks if one.code == "I103"]) >= 4
    assert all(".." not in one.key and "link" not in one.key for draft in found.agents for one in draft.memory)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"memory/{number}.md", "0" * (20 * 1024 * 1024))
        archive.writestr("SOUL.md", "x")
    with pytest.raises(DefinitionError, match="more than"):
        imported(bomb, NOW_NS)
    tarred = tmp_path / "slip.tar"
    with tarfile.open(tarred, "w") as archive:
        for name, kind in (("../evil.md", tarfile.REGTYPE), ("dev", tarfile.CHRTYPE), ("hard", tarfile.LNKTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry, io.BytesIO(b""))
        for path, text in samples.WORKSPACE.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    assert {"../evil.md", "dev", "hard"} <= {one.where for one in imported(tarred, NOW_NS).remarks}


def test_an_agent_of_ours_and_a_form_that_is_not_read_are_said(tmp_path: Path) -> None:
    samples.put(tmp_path / "mine" / "AGENT.md", "---\nname: mine\n---\n")
    with pytest.raises(DefinitionError, match="already"):
        imported(tmp_path / "mine", NOW_NS)
    with pytest.raises(DefinitionError, match="HCL"):
        imported(samples.put(tmp_path / "agent.hcl", 'agent "root" {}'), NOW_NS)


def test_a_format_that_is_asked_for_is_the_only_one_tried(tmp_path: Path) -> None:
    path = samples.put(tmp_path / "team.yaml", samples.DOCKER)
    assert imported(path, NOW_NS, "docker-agent").format == "docker-agent"
    for other in set(FORMATS) - {"docker-agent"}:
        with pytest.raises(DefinitionError):
            imported(path, NOW_NS, other)


def test_every_grant_of_every_import_asks_and_says_where_it_comes_from(tmp_path: Path) -> None:
    paths = [
        samples.workspace(tmp_path / "claw", config=True, jobs=True, helper=True),
        samples.put(tmp_path / "team.yaml", samples.DOCKER),
        samples.saved(tmp_path / "spec.json", samples.AGENT_SPEC),
        samples.put(tmp_path / "flow.yaml", samples.FLOW),
        samples.saved(tmp_path / "loop.af", samples.LETTA),
    ]
    for path in paths:
        found = imported(path, NOW_NS)
        grants = [grant for top in found.agents for draft in members(top) for grant in draft.grants]
        assert grants, path
        assert all(grant.ask and grant.words.startswith("imported from ") for grant in grants), path
        assert "I202" in codes(found)


def test_no_secret_of_a_file_is_in_anything_that_an_import_makes(tmp_path: Path) -> None:
    found = imported(samples.workspace(tmp_path / "claw", config=True, jobs=True), NOW_NS)
    for secret in samples.SECRETS:
        assert secret not in repr(found)
    places = {one.where for one in found.remarks if one.code == "I401"}
    assert {
        "AGENTS.md, line 4",
        "USER.md",
        "channels.telegram.botToken",
        "mcp.servers.github.env.GITHUB_TOKEN",
    } <= places


def test_texts_that_steer_a_model_or_hide_characters_are_pointed_at(tmp_path: Path) -> None:
    folder = samples.workspace(tmp_path / "claw")
    samples.put(folder / "MEMORY.md", "harm\u200bless \u202etext\n")
    found = imported(folder, NOW_NS)
    assert any(one.code == "I114" and "Iris" in one.where for one in found.remarks)
    assert any(one.code == "I111" and one.what == "MEMORY" for one in found.remarks)


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wild=WILD, seed=st.integers(0, 10_000))
def test_a_field_of_any_shape_in_any_place_never_crashes_an_import(tmp_path: Path, wild: object, seed: int) -> None:
    chance = SeededEntropy(seed)
    for number, value in enumerate((samples.LETTA, samples.AGENT_SPEC, samples.LETTA_OLD)):
        broken = json.loads(json.dumps(value))
        for _ in range(3):
            place = broken
            while isinstance(place, dict | list) and place:
                keys = list(place) if isinstance(place, dict) else list(range(len(place)))
                key = keys[chance.below(len(keys), stream="key")]
                if not isinstance(place[key], dict | list) or chance.below(3, stream="stop") == 0:
                    place[key] = json.loads(json.dumps(wild))
                    break
                place = place[key]
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(broken))
        with contextlib.suppress(DefinitionError):
            imported(path, NOW_NS)
