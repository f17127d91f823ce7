"""Refusals are readable by who asked and carry nothing of what was sent; every answer is dressed the same."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ergos.server.entrance_answers import HEADERS, Asker, bounce, dressed, plain_page, refusal
from ergos.server.entrance_checks import Came, Turned

BROWSER = Asker(pages=True, htmx=False)
PROGRAM = Asker(pages=False, htmx=False)


def test_a_person_reads_a_page_and_a_program_a_problem() -> None:
    headers, body = refusal(Turned(403, "csrf"), BROWSER, "zh", plain_page)
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert 'lang="zh-Hans"' in body.decode()
    headers, body = refusal(Turned(429, "busy", ("retry-after", "3")), PROGRAM, "en", plain_page)
    assert headers == {"content-type": "application/problem+json", "retry-after": "3"}
    assert json.loads(body) == {
        "type": "about:blank", "title": "Too Many Requests", "status": 429, "detail": "too many requests: wait a moment"
    }  # fmt: skip


def test_who_asks_is_read_from_what_was_sent_even_if_that_is_in_disorder() -> None:
    def asker(path: str, *headers: tuple[bytes, bytes]) -> Asker:
        return Asker.of({"path": path, "headers": headers})

    assert asker("/agents", (b"accept", b"text/html,*/*")).pages
    assert not asker("/api/v1/x", (b"accept", b"text/html,*/*")).pages
    assert not asker("/agents").pages
    assert asker("//", (b"hx-request", b"true")).htmx
    assert not Asker.of({}).pages


def test_a_page_of_ours_escapes_what_it_says() -> None:
    assert "<script>" not in plain_page(400, "<script>alert(1)</script>", "en")


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_page_that_loads_itself_again_never_leads_elsewhere(path: str, query: str) -> None:
    came = Came(
        method="GET",
        path=f"/{path.lstrip('/')}",
        query=query,
        zone="console",
        headers={},
        host="a",
        scheme="http",
        peer="",
    )
    page = bounce(came).decode()
    where = page.partition("url=")[2].partition('"')[0]
    assert where.startswith("/")
    assert not where.startswith("//")
    assert page.count("<") == 11


def test_an_application_can_be_stricter_and_not_weaker() -> None:
    lines = [
        (b"Content-Security-Policy", b"sandbox"),
        (b"X-Frame-Options", b"ALLOWALL"),
        (b"Access-Control-Allow-Origin", b"*"),
        (b"Cache-Control", b"public"),
        (b"Set-Cookie", b"a=b"),
    ]
    found = dressed(lines, secure=True, kept=False)
    policies = [value for name, value in found if name == b"content-security-policy"]
    assert policies == [b"sandbox", HEADERS["content-security-policy"].encode()]
    plain = dict(found)
    assert plain[b"x-frame-options"] == b"DENY"
    assert plain[b"cache-control"] == b"no-store"
    assert plain[b"set-cookie"] == b"a=b"
    assert plain[b"strict-transport-security"] == b"max-age=31536000"
    assert b"access-control-allow-origin" not in plain
    assert len([name for name, _ in found if name == b"cache-control"]) == 1


def test_only_a_file_may_be_kept() -> None:
    assert dict(dressed([(b"cache-control", b"max-age=9")], secure=False, kept=True))[b"cache-control"] == b"max-age=9"
    assert dict(dressed([], secure=False, kept=True))[b"cache-control"] == b"no-cache"
    assert dict(dressed([(b"cache-control", b"max-age=9")], secure=False, kept=False))[b"cache-control"] == b"no-store"
