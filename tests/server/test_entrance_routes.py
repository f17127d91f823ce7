"""Signing in leads back into this site and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.server.entrance_routes import BODY_BYTES_MAX, here
from tests.server.entrances import FORM, JSON, OWNER, Browser, Door, play


@pytest.mark.parametrize(
    "to",
    [
        "", "//evil.example", "/\\evil.example", "\\/evil", "https://evil.example", "javascript:alert(1)", "evil", "/a b", "/a\r\nx: y",
        "/\t/evil", "/é", "/enter", "/enter?again=1", "/a\\b", "/" + "a" * 3_000, "/%0d\n", " /a",
    ],
)  # fmt: skip
def test_what_is_no_path_of_ours_leads_to_the_front(to: str) -> None:
    assert here(to) == "/"


@pytest.mark.parametrize("to", ["/", "/agents/x", "/process/7?tab=replay&x=%22", "/a//b", "/x;y=1"])
def test_a_path_of_ours_is_kept(to: str) -> None:
    assert here(to) == to


@given(st.text(max_size=30))
def test_wherever_it_leads_it_stays_here(to: str) -> None:
    found = here(to)
    assert found.startswith("/")
    assert not found.startswith(("//", "/\\"))
    assert found.isprintable()
    assert found.isascii()


def test_a_form_and_json_sign_in_alike(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        for kind, body in (
            (FORM, "code={}&next=/agents&more=1"),
            (JSON, '{{"code": " {} ", "next": "/agents", "more": 1}}'),
        ):
            answer = await door.ask(
                "POST", "/enter", body.format(door.register.code(OWNER)).encode(), content_type=kind
            )
            assert (answer.status, answer.headers["location"]) == (303, "/agents"), answer
            assert answer.cookie
        for body in (b"{}", b"[]", b'{"code": 7}', b"null", b"\xff", b"{" + b" " * BODY_BYTES_MAX):
            answer = await door.ask("POST", "/enter", body, content_type=JSON)
            assert answer.status in {400, 413}, body
            assert not answer.cookie

    play(tmp_path, scenario)


def test_what_was_typed_is_in_no_answer(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        answer = await Browser(door).sign_in("ergos_api_my-secret")
        assert answer.status == 401
        assert b"my-secret" not in answer.body
        assert "my-secret" not in repr(answer.headers)

    play(tmp_path, scenario)


def test_leaving_needs_nobody_to_be_there_any_more(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        browser = await door.browser()
        csrf = browser.csrf
        assert (await browser.post("/leave", f"csrf={csrf}".encode())).status == 303
        assert (await browser.post("/leave", f"csrf={csrf}".encode())).status == 401
        assert (await door.ask("GET", "/leave")).status in {303, 405}

    play(tmp_path, scenario)
