"""Whole pages, pieces, messages shown once, refusals; a strict policy on each of them."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from ergos.console.frame.visit import SAID_COOKIE, language_of, local, theme_of
from tests.console.rig import OTHER, Rig


def asked(cookie: str = "", accepts: str = "") -> Request:
    headers = [(b"cookie", cookie.encode()), (b"accept-language", accepts.encode())]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("cookie", "accepts", "default", "language"),
    [
        ("", "", "en", "en"), ("", "zh-CN,zh;q=0.9", "en", "zh"), ("", "fr, en;q=0.5", "en", "en"),
        ("ergos-language=en", "zh-CN", "zh", "en"), ("ergos-language=zh", "en", "en", "zh"),
        ("ergos-language=xx", "zh", "en", "zh"), ("", "en", "zh", "zh"), ("", "," * 10_000, "en", "en"),
    ],
)  # fmt: skip
def test_the_language_is_what_one_chose_else_that_of_the_home_else_of_the_browser(
    cookie: str, accepts: str, default: str, language: str
) -> None:
    assert language_of(asked(cookie, accepts), "zh" if default == "zh" else "en") == language


def test_the_theme_is_one_of_three() -> None:
    assert theme_of(asked("ergos-theme=dark")) == "dark"
    assert theme_of(asked("ergos-theme=neon")) == theme_of(asked()) == "auto"


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [("/inbox?x=1#y", True), ("//evil", False), ("/\\evil", False), ("https://evil", False), ("", False),
     ("/a\nb", False), ("javascript:1", False), ("/ä", False), ("/ x", False)],
)  # fmt: skip
def test_a_way_back_is_a_path_of_this_site(url: str, is_ours: bool) -> None:
    assert local(url) == (url if is_ours else "/")


def test_a_page_is_never_kept_framed_or_given_anything_from_outside(rig: Rig) -> None:
    for path in ("/", "/inbox", "/enter", "/nowhere", "/now/live", "/frame/strip"):
        _, headers, _ = rig.fetch(path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_a_message_is_a_text_of_ours_filled_in_and_nothing_else(rig: Rig) -> None:
    cookie = f"{rig.cookie_name}={rig.owner_session}; {SAID_COOKIE}="
    _, headers, text = rig._asked("GET", "/", {"Cookie": cookie + "=inbox.did_deny&number=%3Cb%3E7"})
    assert "Denied: item &lt;b&gt;7" in text
    assert f"{SAID_COOKIE}=" in headers["set-cookie"], "and it is shown once"
    for forged in (
        "=no.such",
        "=inbox.did_deny",
        "x" * 5_000,
        "=inbox.did_deny&number.__class__=1",
        "%ff",
        "=inbox.item&a=1&=b",
    ):
        status, _, text = rig._asked("GET", "/", {"Cookie": cookie + forged})
        assert status == 200, forged
        assert 'class="said"' not in text, forged


def test_what_is_not_there_and_what_is_anothers_look_the_same(rig: Rig) -> None:
    carols = rig.items(OTHER)["treasurer"]
    mine = rig.fetch(f"/inbox/{carols}")
    none = rig.fetch("/inbox/99999")
    assert mine[0] == none[0] == 404
    assert (
        mine[2].replace(str(carols), "N").replace("99999", "N").split("<main")[1]
        == none[2].replace("99999", "N").split("<main")[1]
    )


def test_an_address_without_a_page_says_so_in_the_frame(rig: Rig) -> None:
    status, _, text = rig.fetch("/nowhere/at/all")
    assert status == 404
    assert "Nothing is here" in text
    assert 'id="strip"' in text


def test_a_program_is_told_so_as_a_program(rig: Rig) -> None:
    status, headers, text = rig.fetch("/nowhere", Accept="*/*")
    assert status == 404
    assert headers["content-type"] == "application/problem+json"
    assert "nothing is at /nowhere" in text


def test_a_page_that_only_writes_refuses_to_be_read(rig: Rig) -> None:
    assert rig.fetch("/stop")[0] == 405
