"""Skills, models, secrets and tokens over HTTP: the keeper's, and nothing secret is ever read back."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tests.server.api.rig import ALICE, BOB, OPERATOR, STALE, VIEWER, House, play


def test_a_secret_is_set_and_forgotten_and_never_read_back(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        assert (await house.ask("PUT", "/secrets/github", {"value": "s3cr3t-value"})).status == 204
        assert await house.good("GET", "/secrets") == {"names": ["github"]}
        for path in ("/secrets", "/secrets/github", "/status", "/look", "/journal", "/access", "/models"):
            assert b"s3cr3t-value" not in (await house.ask("GET", path)).body
        assert (await house.ask("GET", "/secrets/github")).status == 405
        for who in (STALE, OPERATOR, VIEWER, BOB):
            for method, body in (("PUT", {"value": "x"}), ("DELETE", None)):
                assert (await house.refused(method, "/secrets/github", body, who=who))[0] == 403
        for name, value in (("-x", "v"), ("a/b", "v"), ("ok", ""), ("ok", "a\0b"), ("ok", "x" * 2_001)):
            assert (await house.refused("PUT", f"/secrets/{name}", {"value": value}))[0] in {400, 404}
        assert (await house.ask("DELETE", "/secrets/github")).status == 204
        assert await house.refused("DELETE", "/secrets/github") == (404, "E101")

    play(tmp_path, scenario)


def test_a_token_is_made_shown_once_and_taken_back(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        body = {"label": "phone", "name": "vera", "role": "operator", "days": 7}
        answer = await house.ask("POST", "/access", body)
        token = answer.json["token"]
        assert (answer.status, answer.headers["location"]) == (201, "/api/v1/access/phone")
        who = house.register.principal_of_token(token, "api")
        assert who is not None
        assert (who.name, who.role, who.owner, who.fresh) == ("vera", "operator", "alice", False)
        shown = await house.good("GET", "/access/phone")
        assert (shown["kind"], shown["name"], shown["role"], shown["decides"]) == ("api", "vera", "operator", False)
        assert token.encode() not in (await house.ask("GET", "/access")).body
        assert (await house.ask("DELETE", "/access/phone", who=STALE)).status == 204
        assert house.register.principal_of_token(token, "api") is None
        assert await house.refused("GET", "/access/phone") == (404, "E101")
        assert await house.refused("POST", "/access", {"label": "x", "role": "viewer", "decides": True}) == (
            409,
            "E100",
        )
        for wrong in ({"label": "a b"}, {"label": "x", "role": "agent"}, {"label": "x", "days": 0}, {}):
            assert (await house.refused("POST", "/access", wrong))[0] == 400
        for who_else in (STALE, OPERATOR, BOB):
            assert (await house.refused("POST", "/access", {"label": "x"}, who=who_else))[0] == 403

    play(tmp_path, scenario)


def test_nobody_takes_the_credential_back_they_came_in_with(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await house.good("POST", "/access", {"label": "mine", "role": "owner"})
        me = msgspec.structs.replace(ALICE, credential="token:mine")
        assert await house.refused("DELETE", "/access/mine", who=me) == (409, "E100")
        assert await house.refused("POST", "/access", {"label": "mine"}, who=me) == (409, "E100")
        assert (await house.ask("DELETE", "/access/mine")).status == 204

    play(tmp_path, scenario)


def test_a_token_for_another_owner_sees_theirs(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        body = {"label": "bobs", "owner": "bob", "role": "owner", "decides": True}
        token = (await house.good("POST", "/access", body))["token"]
        who = house.register.principal_of_token(token, "api")
        assert who is not None
        assert (who.owner, who.keeper, who.fresh) == ("bob", False, True)

    play(tmp_path, scenario)


def test_skills_are_listed_shown_and_removed(tmp_path: Path) -> None:
    from ergos.app.skill_store import SkillStore
    from ergos.drivers.host import HostClock

    async def scenario(house: House) -> None:
        folder = tmp_path / "pdf-forms"
        folder.mkdir()
        (folder / "SKILL.md").write_text("---\nname: pdf-forms\ndescription: Fills forms.\n---\nOpen the file.\n")
        store = SkillStore(house.home.folder / "skills", HostClock())
        store.install(store.look(folder), "alice")
        (skill,) = (await house.good("GET", "/skills", who=VIEWER))["skills"]
        assert (skill["name"], skill["state"], skill["description"]) == ("pdf-forms", "ready", "Fills forms.")
        assert "Open the file." in (await house.good("GET", "/skills/pdf-forms"))["instructions"]
        assert await house.refused("GET", "/skills/other") == (404, "E101")
        assert await house.refused("DELETE", "/skills/pdf-forms", who=STALE) == (403, "E313")
        assert (await house.ask("DELETE", "/skills/pdf-forms")).status == 204
        assert await house.refused("DELETE", "/skills/pdf-forms") == (404, "E101")

    play(tmp_path, scenario)


def test_models_are_listed_and_an_unknown_one_cannot_be_tried(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        assert (await house.good("GET", "/models", who=VIEWER))["models"] == []
        assert await house.refused("POST", "/models/test", {"name": "none"}) == (404, "E307")
        assert await house.refused("GET", "/models", who=BOB) == (403, "E300")

    play(tmp_path, scenario)
