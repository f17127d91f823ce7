"""The entrance lets in who may come in, tells the application who it is, and lets nobody stay who no longer may."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from ergos.app.access.register import TOUCH_S
from ergos.app.access.register_file import FILE
from ergos.base.clock import SECOND
from ergos.server.entrance import AT_ONCE_MAX, REQUESTS_BURST, STRANGER_BURST, TRIES_BURST
from ergos.server.entrance_answers import HEADERS
from ergos.server.entrance_checks import Place
from tests.drivers.http.wires import until
from tests.server.entrances import BOB, FORM, HOST, JSON, OWNER, PAGES, Browser, Door, entrance_of, heard, play

LINK = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}


def test_a_browser_comes_in_with_a_code_and_is_known_from_then_on(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        browser = Browser(door)
        answer = await browser.sign_in(door.register.code(OWNER))
        assert (answer.status, answer.headers["location"]) == (303, "/")
        assert answer.headers["set-cookie"] == f"{browser.cookie}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict"
        assert browser.cookie.startswith(f"ergos-{door.port}=")
        page = (await browser.get("/agents?x=1")).json
        assert (page["who"], page["owner"], page["role"], page["fresh"], page["seat"]) == (
            "alice",
            "alice",
            "owner",
            True,
            True,
        )
        assert page["csrf"] == browser.csrf
        written = await browser.post("/stop", f"a=1&csrf={browser.csrf}&b=%E4%B8%AD".encode())
        assert written.json["body"] == f"a=1&csrf={browser.csrf}&b=%E4%B8%AD"
        by_header = await browser.post("/stop", b"{}", x_csrf_token=browser.csrf, content_type=JSON)
        assert by_header.json["body"] == "{}"
        assert (await browser.post("/stop", b"", x_csrf_token=browser.csrf, content_type="")).status == 200
        asked = await door.ask(
            "POST", "/api/v1/x", b"{}", cookie=browser.cookie, x_csrf_token=browser.csrf, content_type=JSON
        )
        assert asked.json["who"] == "alice"
        left = await browser.post("/leave", f"csrf={browser.csrf}".encode())
        assert (left.status, left.headers["location"]) == (303, "/enter")
        assert "Max-Age=0" in left.headers["set-cookie"]
        assert (await browser.get()).status == 303

    play(tmp_path, scenario)


def test_a_program_comes_in_with_its_token_only_where_it_is_for(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        for purpose, path, seat in (
            ("api", "/api/v1/x", True),
            ("metrics", "/metrics", True),
            ("a2a", "/a2a/x", False),
        ):
            token = door.register.issue(label=purpose, who=BOB, purpose=purpose)  # type: ignore[arg-type]
            said = (await door.ask("GET", path, authorization=f"Bearer {token}")).json
            assert (said["who"], said["owner"]) == ("bob", "bob")
            assert said["seat"] == (seat and purpose == "api")
            assert not said["fresh"]
        token = door.register.issue(label="api", who=OWNER, decides=True)
        said = (await door.ask("POST", "/api/v1/x", b"{}", authorization=f"bearer {token}", content_type=JSON)).json
        assert (said["who"], said["fresh"]) == ("alice", True)
        assert (await door.ask("DELETE", "/api/v1/x", authorization=f"Bearer {token}")).status == 200
        own = {"authorization": f"Bearer {token}", "origin": door.origin}
        assert (
            await door.ask("POST", "/api/v1/x", b"{}", content_type="application/problem+json", **own)
        ).status == 200
        assert (await door.ask("POST", "/api/v1/x", b"a=1", content_type=FORM, **own)).status == 415
        nobody = (await door.ask("GET", "/a2a/x", authorization="Bearer of-another-kind")).json
        assert (nobody["who"], nobody["seat"]) == ("", False)  # the server of agents finds out for itself

    play(tmp_path, scenario)


def test_everybody_sees_files_cards_and_the_way_in(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        for path in ("/static/app.js", "/.well-known/agent-card.json", "/a2a/x/.well-known/agent-card.json", "/enter"):
            assert (await door.ask("GET", path)).status == 200, path
            assert (await door.ask("HEAD", path)).status == 200, path
        assert door.reached
        browser = await door.browser()
        assert (await browser.get("/enter?again=1")).json["who"] == "alice"

    play(tmp_path, scenario)


def test_every_answer_is_dressed_and_none_can_be_undressed(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        browser = await door.browser()
        answers = [
            await browser.get(),
            await browser.get("/weak"),
            await door.ask("GET", "/static/app.js"),
            await door.ask("GET", "/nothing"),
            await door.ask("GET", "/", host="evil.example"),
            await door.ask("GET", "/api/v1/x"),
            await door.ask("POST", "/enter", b"code=x", content_type=FORM),
            await browser.post("/stop"),
        ]
        for answer in answers:
            for name, value in HEADERS.items():
                assert value in answer.headers[name], (name, answer)
            assert (
                answer.headers["cache-control"] == "no-store" or "app.js" in str(answer.body) or b"let" in answer.body
            )
            assert "unsafe" not in answer.headers["content-security-policy"]
            assert not [name for name in answer.headers if name.startswith("access-control")]
            assert "strict-transport-security" not in answer.headers
        assert (
            answers[1].headers["content-security-policy"].startswith("default-src *, default-src 'none'")
        )  # both hold
        assert answers[2].headers["cache-control"] == "public, max-age=31536000, immutable"

    play(tmp_path, scenario)


def test_who_is_not_let_in_is_told_why_in_their_own_format_and_language(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        page = await door.ask("GET", "/", host="evil.example", accept=PAGES)
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "本服务器" in page.body.decode()
        problem = await door.ask("GET", "/api/v1/x", accept=JSON, accept_language="en")
        assert problem.headers["content-type"] == "application/problem+json"
        assert problem.headers["www-authenticate"] == "Bearer"
        assert (problem.json["status"], problem.json["code"]) == (401, "E313")
        english = await door.ask("GET", "/agents", accept=PAGES, cookie="ergos-language=en", hx_request="true")
        assert (english.status, english.headers["hx-redirect"]) == (401, "/enter")
        assert b"sign in first" in english.body
        browser = await door.browser()
        assert (await browser.get()).json["language"] == "zh"
        assert (await door.ask("GET", "/", cookie=f"{browser.cookie}; ergos-language=en")).json["language"] == "en"
        assert (await door.ask("GET", "/", cookie=f"{browser.cookie}; ergos-language=<x>")).json["language"] == "zh"

    play(tmp_path, scenario, language="zh")


def test_a_visitor_is_sent_to_sign_in_and_comes_back_to_where_they_were_going(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        sent = await door.ask("GET", "/process/7?tab=replay&x=%22", accept=PAGES)
        assert (sent.status, sent.headers["location"]) == (303, "/enter?next=%2Fprocess%2F7%3Ftab%3Dreplay%26x%3D%2522")
        body = f"code={door.register.code(OWNER)}&next=%2Fprocess%2F7%3Ftab%3Dreplay"
        came = await door.ask("POST", "/enter", body.encode(), content_type=FORM)
        assert came.headers["location"] == "/process/7?tab=replay"
        assert (await door.ask("GET", "/")).headers["location"] == "/enter"
        script = {"sec_fetch_mode": "cors", "sec_fetch_site": "same-origin"}
        assert (await door.ask("GET", "/agents", **script)).status == 401

    play(tmp_path, scenario)


def test_a_link_from_another_site_leads_to_the_page_though_its_cookie_was_kept_back(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        browser = await door.browser()
        first = await door.ask("GET", "/process/7?a=1&b=%22%3E", accept=PAGES, **LINK)
        assert first.status == 200
        assert b'content="0; url=/process/7?a=1&amp;b=%22%3E"' in first.body
        assert door.reached == []
        second = await browser.get("/process/7?a=1", sec_fetch_site="same-origin", sec_fetch_mode="navigate")
        assert second.json["who"] == "alice"
        stranger = await door.ask(
            "GET", "/process/7", accept=PAGES, sec_fetch_site="same-origin", sec_fetch_mode="navigate"
        )
        assert stranger.status == 303

    play(tmp_path, scenario)


def test_what_is_revoked_is_not_let_in_again_and_what_runs_ends(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        browser = await door.browser()
        reader, writer = await asyncio.open_connection(HOST, door.port)
        writer.write(
            f"GET /events HTTP/1.1\r\nHost: {HOST}:{door.port}\r\nCookie: {browser.cookie}\r\nConnection: close\r\n\r\n".encode()
        )
        assert b"200 OK" in await reader.readuntil(b"\r\n")
        await reader.readuntil(b"data: 3\n\n")
        door.register.revoke(door.register.listed()[-1].label)
        rest = await reader.read()
        writer.close()
        assert rest.endswith(b"0\r\n\r\n")
        assert b"data: 1999" not in rest
        await until(lambda: "left" in door.reached)
        assert (await browser.get()).status == 303

    play(tmp_path, scenario)


def test_who_asks_too_often_waits_and_nobody_else_does(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        browser, other = await door.browser(), await door.browser(BOB)
        request = f"GET /agents HTTP/1.1\r\nHost: {HOST}:{door.port}\r\nCookie: {browser.cookie}\r\n\r\n".encode()
        reader, writer = await asyncio.open_connection(HOST, door.port)
        for _ in range(REQUESTS_BURST // 10):
            writer.write(request * 10)
            for _ in range(10):
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200")
                await reader.readexactly(int(heard(head).headers["content-length"]))
        writer.close()
        refused = await browser.get("/agents")
        assert (refused.status, refused.headers["retry-after"]) == (429, "1")
        assert (await other.get("/agents")).status == 200
        door.clock.advance(SECOND)
        assert (await browser.get("/agents")).status == 200

    play(tmp_path, scenario)


def test_strangers_are_bounded_too(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        browser = await door.browser()
        for _ in range(STRANGER_BURST):
            answer = await door.ask("GET", "/api/v1/x")
            if answer.status == 429:
                break
        assert (await door.ask("GET", "/api/v1/x")).status == 429
        assert (await browser.get()).status == 200

    play(tmp_path, scenario)


def test_codes_cannot_be_guessed_and_guessing_locks_out_no_token(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        code, token = door.register.code(OWNER), door.register.issue(label="ci", who=OWNER)
        for number in range(TRIES_BURST):
            wrong = await Browser(door).sign_in(f"0000-0000-0000-{number:04}")
            assert wrong.status == 401
        late = await Browser(door).sign_in(code)
        assert (late.status, late.headers["retry-after"]) == (429, "30")
        assert (await door.ask("GET", "/api/v1/x", authorization="Bearer x")).status == 401
        assert (await door.ask("GET", "/api/v1/x", authorization=f"Bearer {token}")).status == 200
        door.clock.advance(31 * SECOND)
        assert (await Browser(door).sign_in(code)).status == 303

    play(tmp_path, scenario)


def test_a_token_can_be_typed_to_sign_in_and_decides_only_if_it_was_made_to(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        for decides in (False, True):
            token = door.register.issue(label="typed", who=OWNER, decides=decides)
            browser = Browser(door)
            assert (await browser.sign_in(token)).status == 303
            assert (await browser.get()).json["fresh"] is decides
        door.register.revoke("typed")
        assert (await browser.get()).status == 303
        for purpose in ("metrics", "a2a"):
            token = door.register.issue(label="typed", who=OWNER, purpose=purpose)  # type: ignore[arg-type]
            assert (await Browser(door).sign_in(token)).status == 401

    play(tmp_path, scenario)


def test_signing_in_again_makes_it_fresh_and_ends_the_session_before(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        browser = await door.browser()
        before = browser.cookie
        door.clock.advance(1_000 * SECOND)
        assert not (await browser.get()).json["fresh"]
        await browser.sign_in(door.register.code(OWNER), cookie=before)
        assert browser.cookie != before
        assert (await browser.get()).json["fresh"]
        assert (await door.ask("GET", "/", cookie=before)).status == 303

    play(tmp_path, scenario)


def test_a_program_that_signs_in_gets_json(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        body = f'{{"code": "{door.register.code(OWNER)}", "next": "//evil.example"}}'
        answer = await door.ask("POST", "/enter", body.encode(), content_type=JSON, accept=JSON)
        assert (answer.status, answer.json) == (200, {"to": "/"})
        assert answer.cookie

    play(tmp_path, scenario)


def test_a_register_that_cannot_be_read_lets_nobody_in(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        browser, token = await door.browser(), door.register.issue(label="ci", who=OWNER)
        (door.home / FILE).write_bytes(b"{")
        assert (await browser.get()).status == 503
        assert (await door.ask("GET", "/api/v1/x", authorization=f"Bearer {token}")).status == 503
        assert (await Browser(door).sign_in("0000-0000-0000-0000")).status == 503
        assert (await door.ask("GET", "/static/app.js")).status == 200

    play(tmp_path, scenario)


def test_use_of_a_session_is_written_down_now_and_then(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        browser = await door.browser()
        door.clock.advance(TOUCH_S * SECOND)
        before = (door.home / FILE).read_bytes()
        assert (await browser.get()).status == 200
        await until(lambda: (door.home / FILE).read_bytes() != before)
        assert not door.register.overdue
        after = (door.home / FILE).read_bytes()
        assert (await browser.get()).status == 200
        assert (door.home / FILE).read_bytes() == after

    play(tmp_path, scenario)


PROXY = Place(hosts=frozenset({"ergos.example.org"}), proxies=frozenset({"127.0.0.1"}))


def test_behind_its_proxy_it_knows_the_browser_and_speaks_of_tls(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        told = {
            "x_forwarded_for": "203.0.113.9, 198.51.100.7",
            "x_forwarded_proto": "https",
            "host": "ergos.example.org",
        }
        origin = {"origin": "https://ergos.example.org", "content_type": FORM}
        answer = await door.ask("POST", "/enter", f"code={door.register.code(OWNER)}".encode(), **origin, **told)
        assert answer.headers["set-cookie"].startswith("__Host-ergos-443=")
        assert answer.headers["set-cookie"].endswith("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure")
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert (await door.ask("GET", "/", cookie=answer.cookie, **told)).json["who"] == "alice"
        plain = {**origin, "origin": "http://ergos.example.org"}
        assert (await door.ask("POST", "/enter", b"code=x", **plain, **told)).status == 403
        for _ in range(TRIES_BURST):
            assert (await door.ask("POST", "/enter", b"code=x", **origin, **told)).status == 401
        assert (await door.ask("POST", "/enter", b"code=x", **origin, **told)).status == 429
        another = {**told, "x_forwarded_for": "203.0.113.9, 198.51.100.8"}
        assert (await door.ask("POST", "/enter", b"code=x", **origin, **another)).status == 401  # counted by browser
        evil = {**told, "x_forwarded_host": "evil.example"}
        assert (await door.ask("GET", "/", **evil)).status == 403
        assert (await door.ask("GET", "/", **{**told, "x_forwarded_proto": "ftp"})).status == 400

    play(tmp_path, scenario, place=PROXY)


def test_nobody_goes_round_the_proxy(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        told = {"x_forwarded_proto": "https", "x_forwarded_host": "ergos.example.org"}
        assert (await door.ask("GET", "/enter", host="evil.example", **told)).status == 403  # is not believed
        assert (await door.ask("GET", "/enter")).status == 200  # this machine itself

    play(tmp_path, scenario, place=Place(hosts=frozenset({"ergos.example.org"}), proxies=frozenset({"198.51.100.1"})))


def test_with_tls_the_cookie_is_for_tls_alone(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        origin = f"https://{HOST}:{door.port}"
        answer = await door.ask(
            "POST", "/enter", f"code={door.register.code(OWNER)}".encode(), origin=origin, content_type=FORM
        )
        assert answer.cookie.startswith(f"__Host-ergos-{door.port}=")
        assert "; Secure" in answer.headers["set-cookie"]
        value = answer.cookie.partition("=")[2]
        assert (await door.ask("GET", "/", cookie=f"ergos-{door.port}={value}")).status == 303

    play(tmp_path, scenario, place=Place(tls=True))


def test_a_named_origin_and_a_named_host_may_ask(tmp_path: Path) -> None:
    place = Place(hosts=frozenset({"ergos.lan:8443", "box.lan"}), origins=frozenset({"https://pages.example.org"}))

    async def scenario(door: Door) -> None:
        browser = await door.browser()
        page = {"origin": "https://pages.example.org", "sec_fetch_site": "cross-site"}
        assert (await browser.post("/stop", f"csrf={browser.csrf}".encode(), **page)).status == 200
        for host, status in (
            ("box.lan", 303),
            ("BOX.lan:99", 303),
            ("ergos.lan:8443", 303),
            ("ergos.lan", 403),
            ("ergos.lan:1", 403),
        ):
            assert (await door.ask("GET", "/", host=host)).status == status, host

    play(tmp_path, scenario, place=place)


# Without a server: what ours does not speak


class Said:
    """An application's end of ASGI."""

    def __init__(self, *coming: dict[str, Any]) -> None:
        self.coming = list(coming)
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        return self.coming.pop(0) if self.coming else {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)


@pytest.mark.parametrize(
    ("origin", "path", "known", "through"),
    [
        ("http://127.0.0.1:80", "/", True, True),
        ("http://127.0.0.1:80", "/", False, False),
        ("http://evil.example", "/", True, False),
        (None, "/", True, False),
        ("http://127.0.0.1:80", "/static/x", True, False),
        ("http://127.0.0.1:80", "/../x", True, False),
    ],
)
def test_a_websocket_passes_the_same_checks(
    tmp_path: Path, origin: str | None, path: str, known: bool, through: bool
) -> None:
    async def scenario(door: Door) -> None:
        reached: list[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            reached.append(scope["state"]["principal"].name)

        made = entrance_of(app, door)
        secret = (await door.browser()).cookie.partition("=")[2]
        headers = [(b"host", b"127.0.0.1:80"), (b"cookie", f"ergos-80={secret if known else 'x'}".encode())]
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        said = Said({"type": "websocket.connect"})
        scope = {"type": "websocket", "path": path, "headers": headers, "query_string": b"", "client": ("127.0.0.1", 1)}
        await made(scope, said.receive, said.send)
        assert (reached == ["alice"]) is through
        assert said.sent == ([] if through else [{"type": "websocket.close", "code": 1008}])

    play(tmp_path, scenario)


def test_one_credential_has_only_so_many_requests_under_way(tmp_path: Path) -> None:
    async def scenario(door: Door) -> None:
        let_go = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await let_go.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        entrance, token = entrance_of(app, door), door.register.issue(label="ci", who=OWNER)
        headers = [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {token}".encode())]
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/api/x",
            "headers": headers,
            "query_string": b"",
            "client": None,
        }
        all_said = [Said() for _ in range(AT_ONCE_MAX)]
        running = [asyncio.ensure_future(entrance(dict(scope), said.receive, said.send)) for said in all_said]
        await asyncio.sleep(0)
        more = Said()
        await entrance(dict(scope), more.receive, more.send)
        assert more.sent[0]["status"] == 429
        let_go.set()
        await asyncio.gather(*running)
        assert {said.sent[0]["status"] for said in all_said} == {200}
        again = Said()
        await entrance(dict(scope), again.receive, again.send)
        assert again.sent[0]["status"] == 200

    play(tmp_path, scenario)
