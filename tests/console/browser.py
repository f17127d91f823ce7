"""A real browser at the console: pages are loaded, looked at by axe-core, pressed and typed into.

    def test_my_page_is_good(chromium, rig, look):        # `look`: a combination of language, theme, width, JavaScript
        look_at(chromium, rig, "/mine", look)

Rules: one browser and one server for everything a worker of the suite runs. What a visit used is used again by the next
one, with other cookies: to begin a context costs ten times what a page costs. A visit in which something failed leaves
nothing behind. A page that says anything on the console of the browser, breaks its
content security policy, or fails to load something fails its test; so does a serious or critical finding of axe-core.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.console.rig import Rig

CHROMIUM: Final = Path("/usr/bin/chromium")
AXE: Final = Path(__file__).parent / "vendor" / "axe.min.js"
ARGUMENTS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
WAIT_MS: Final = 10_000
HEIGHT: Final = 900
SERIOUS: Final = frozenset({"serious", "critical"})
FINDINGS: Final = """
async serious => {
  const found = await axe.run(document, {resultTypes: ['violations'], preload: {assets: ['media']}});
  return found.violations.filter(one => serious.includes(one.impact)).flatMap(one => one.nodes.map(
    node => `${one.id} (${one.impact}): ${node.target} ${node.html.slice(0, 200)}`));
}
"""
"""Asked in the browser, which need not send what it found good. Style sheets are left out of what axe-core loads ahead:
only its rule `css-orientation-lock` reads them, which is an experimental one and off."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """How a page is looked at."""

    language: str = "en"
    theme: str = "light"
    width: int = 1280
    script: bool = True

    @property
    def id(self) -> str:
        """For the name of a test."""
        return f"{self.language}-{self.theme}-{self.width}" + ("" if self.script else "-noscript")


LOOKS: Final = (
    Look(),
    Look(language="zh", theme="dark"),
    Look(language="en", theme="dark", width=360),
    Look(language="zh", theme="light", width=360, script=False),
)
"""Both languages, both themes, both widths, with and without JavaScript; every page is seen in each."""


class Watched:
    """A page, and what went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page: Final = page
        self.said: Final[list[str]] = []
        self._ears: Final[dict[str, Callable[[Any], None]]] = {
            "console": lambda message: self._hear(message.type, message.text),
            "pageerror": lambda error: self.said.append(f"error: {error}"),
            "requestfailed": self._failed,
        }
        for event, ear in self._ears.items():
            page.on(event, ear)  # type: ignore[call-overload]

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.said.append(f"{kind}: {text}")

    def _failed(self, request: Any) -> None:
        why = request.failure or ""
        if "ERR_ABORTED" not in why:  # the stream of a page that is left
            self.said.append(f"failed: {request.url} {why}")

    def check(self) -> None:
        """Nothing went wrong. Raises: AssertionError."""
        assert self.said == [], self.said

    def leave(self) -> None:
        """Listen no longer."""
        for event, ear in self._ears.items():
            self.page.remove_listener(event, ear)


class Rooms:
    """Pages that are open and unused, by what cannot be changed of them."""

    def __init__(self) -> None:
        self._free: Final[dict[tuple[Browser, str, bool], list[Page]]] = {}

    def enter(self, chromium: Browser, rig: Rig, look: Look, session: str) -> Page:
        """A page of a context of its own, that knows nothing but these cookies."""
        free = self._free.get((chromium, look.language, look.script))
        page = free.pop() if free else _opened(chromium, look)
        page.set_viewport_size({"width": look.width, "height": HEIGHT})
        page.emulate_media(color_scheme="dark" if look.theme == "dark" else "light")
        page.context.add_cookies(
            [{"name": name, "value": value, "url": rig.url} for name, value in _cookies(rig, look, session)]
        )
        return page

    def leave(self, chromium: Browser, look: Look, page: Page) -> None:
        """What a visit left is forgotten, so that the next finds what a new context would have."""
        page.goto("about:blank")
        page.context.clear_cookies()
        self._free.setdefault((chromium, look.language, look.script), []).append(page)

    def forget(self, chromium: Browser) -> None:
        """A browser that ends takes its pages with it."""
        for kept in [key for key in self._free if key[0] is chromium]:
            del self._free[kept]


ROOMS: Final = Rooms()


@contextmanager
def browser() -> Generator[Browser]:
    """Chromium; the test is skipped where it, or what drives it, is missing."""
    if not CHROMIUM.exists():
        pytest.skip("no Chromium at /usr/bin/chromium: on Debian, apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        try:
            yield found
        finally:
            ROOMS.forget(found)
            found.close()


def _cookies(rig: Rig, look: Look, session: str) -> list[tuple[str, str]]:
    cookies = [("ergos-language", look.language), ("ergos-theme", look.theme)]
    return cookies if session == "-" else [*cookies, (rig.cookie_name, session or rig.owner_session)]


def _opened(chromium: Browser, look: Look) -> Page:
    made = chromium.new_context(
        viewport={"width": look.width, "height": HEIGHT},
        java_script_enabled=look.script,
        locale="zh-CN" if look.language == "zh" else "en-US",
    )
    made.set_default_timeout(WAIT_MS)
    return made.new_page()


@contextmanager
def page_of(chromium: Browser, rig: Rig, look: Look = LOOKS[0], session: str = "") -> Generator[Watched]:
    """A page of one person with this look, checked at the end; `session`: who is signed in, '' the owner, '-' nobody."""
    page = ROOMS.enter(chromium, rig, look, session)
    watched, is_well = Watched(page), False
    try:
        yield watched
        watched.check()
        is_well = True
    finally:
        watched.leave()
        if is_well:
            ROOMS.leave(chromium, look, page)
        else:
            page.context.close()


def ready(page: Page) -> None:
    """Wait until the page's own script has run."""
    page.wait_for_selector("html[data-ready=yes]", state="attached")


def findings(page: Page) -> list[str]:
    """What axe-core finds serious or critical. Skipped where axe-core is not there."""
    if not AXE.exists():
        pytest.skip("axe-core is not there: scripts/assets.sh fetches it")
    page.evaluate(_axe())
    return cast("list[str]", page.evaluate(FINDINGS, sorted(SERIOUS)))


@cache
def _axe() -> str:
    return AXE.read_text()


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def look_at(chromium: Browser, rig: Rig, path: str, look: Look, *, status: int = 200, session: str = "") -> None:
    """A page loads, says nothing on the console, fits its window, has one h1, a title and no serious finding of axe."""
    with page_of(chromium, rig, look, session) as watched:
        page = watched.page
        answer = page.goto(rig.url + path)
        assert answer is not None
        assert answer.status == status, (path, answer.status)
        if status != 200:
            watched.said[:] = [one for one in watched.said if "Failed to load resource" not in one]
        if look.script:
            ready(page)
            assert findings(page) == []
        assert page.locator("h1").count() == 1
        assert page.locator("html").get_attribute("lang") == ("zh-Hans" if look.language == "zh" else "en")
        if look.script:
            assert overflow(page) <= 0, f"{path} is {overflow(page)} pixels too wide"


def shoot(chromium: Browser, rig: Rig, path: str, look: Look, to: Path, height: int = 680) -> None:
    """A picture of the page as it appears."""
    with page_of(chromium, rig, look) as watched:
        page = watched.page
        page.set_viewport_size({"width": look.width, "height": height})
        page.goto(rig.url + path)
        if page.locator("body[data-live]").count():
            ready(page)
        page.screenshot(path=to)
