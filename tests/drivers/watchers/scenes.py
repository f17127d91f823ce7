"""An outside for each kind of trigger: something is there, something happens, something breaks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ergos.base.clock import SECOND
from ergos.drivers.tools.confined import Room
from ergos.drivers.tools.workspaces import Workspaces
from ergos.drivers.watchers.outside import OutsideParts, OutsideWatchers
from ergos.kernel.trigger_settings import Account, TriggerSettings
from ergos.kernel.triggers import AnyTrigger, Feed, Files, Looked, Mailbox, Page
from tests.drivers.watchers import imap_server, sites
from tests.drivers.watchers.bells import START_NS, Kept, entropy, watching


class Passwords:
    def get(self, name: str) -> str:
        return imap_server.PASSWORD


class Scene:
    """One kind of trigger, its outside, and the watchers that look at it."""

    trigger: AnyTrigger

    def __init__(self, home: Path, site: sites.Site, imap: imap_server.ImapServer) -> None:
        self.home, self.site, self.imap = home, site, imap
        self.kept = Kept()
        self.now_ns = START_NS
        self.watchers = self.made()
        self.count = 0
        self.prepare()

    def made(self) -> OutsideWatchers:
        folder = self.home / "invoices"
        folder.mkdir(exist_ok=True, parents=True)
        account = Account(host="127.0.0.1", port=self.imap.port, security="none", user=imap_server.USER, secret="pw")
        parts = OutsideParts(
            home=self.home,
            workspaces=Workspaces(self.home, "alice", {"invoices": Room(folder, write=False)}),
            entropy=entropy(),
            outside=sites.way_out(self.site.port),
            secrets=Passwords(),
            settings=TriggerSettings(mailboxes={"office": account}),
        )
        return OutsideWatchers(parts, self.kept)

    async def look(self, cursor: Any, *, later_s: float = 100.0, pid: int = 7) -> Looked:
        self.now_ns += round(later_s * SECOND)
        return await self.watchers.look(self.trigger, cursor, watching(pid, self.now_ns))

    async def restart(self) -> None:
        await self.watchers.close()
        self.watchers = self.made()

    def prepare(self) -> None:
        """Something is there before anybody looks."""

    def happen(self) -> None:
        """Something happens that is to be told once."""

    def garbage(self) -> None:
        """The outside talks nonsense."""

    def mend(self) -> None:
        """It talks sense again, and nothing happened meanwhile."""

    def shape(self) -> object:
        """All there is outside that a look could change."""


class FilesScene(Scene):
    def prepare(self) -> None:
        self.folder = self.home / "invoices"
        self.trigger = Files(name="invoice", folder="invoices:/", pattern="*.pdf")
        (self.folder / "old.pdf").write_bytes(b"old")

    def happen(self) -> None:
        self.count += 1
        (self.folder / f"{self.count}.pdf").write_bytes(b"%PDF" * self.count)

    def garbage(self) -> None:
        self.folder.rename(self.home / "away")
        self.folder.write_text("a file where a folder was")

    def mend(self) -> None:
        self.folder.unlink()
        (self.home / "away").rename(self.folder)

    def shape(self) -> object:
        return sorted((entry.name, entry.stat().st_mtime_ns, entry.stat().st_mode) for entry in os.scandir(self.folder))


class FeedScene(Scene):
    def prepare(self) -> None:
        self.trigger = Feed(name="news", url=f"{self.site.url}/feed")
        self.items = [("a", "Old one"), ("b", "Old two")]
        self.mend()

    def happen(self) -> None:
        self.count += 1
        self.items.append((f"new-{self.count}", f"News {self.count}"))
        self.mend()

    def garbage(self) -> None:
        self.site.says("/feed", b"\x00\xff<rss><channel><item>" * 50, content_type="application/rss+xml")

    def mend(self) -> None:
        self.site.says("/feed", sites.rss(*self.items), content_type="application/rss+xml", etag=f'"{len(self.items)}"')

    def shape(self) -> object:
        return self.site.asked and {method for method, _ in self.site.asked} - {"/feed"}


class PageScene(Scene):
    def prepare(self) -> None:
        self.trigger = Page(name="page", url=f"{self.site.url}/page")
        self.mend()

    def happen(self) -> None:
        self.count += 1
        self.mend()

    def garbage(self) -> None:
        self.site.says("/page", b"\x89PNG\r\n\x1a\n" + bytes(5000), content_type="image/png")

    def mend(self) -> None:
        text = f"The price of the thing is {20 + self.count}.90 euros, and it may be had at once."
        self.site.says("/page", sites.page(text, "A second paragraph that stays."), content_type="text/html")

    def shape(self) -> object:
        return self.site.asked and {method for method, _ in self.site.asked} - {"/page"}


class MailboxScene(Scene):
    def prepare(self) -> None:
        self.trigger = Mailbox(name="mail", account="office")
        self.imap.arrives(imap_server.letter("Old", key="old"))

    def happen(self) -> None:
        self.count += 1
        self.imap.arrives(imap_server.letter(f"News {self.count}", key=f"new-{self.count}"))

    def garbage(self) -> None:
        self.imap.says["EXAMINE"] = b"* NONSENSE \x00\xff {99999999999}\r\n"

    def mend(self) -> None:
        self.imap.says.clear()

    def shape(self) -> object:
        return [(mail.uid, mail.seen, mail.raw) for mail in self.imap.boxes["INBOX"].mails]


SCENES: dict[str, type[Scene]] = {
    "files": FilesScene, "feed": FeedScene, "page": PageScene, "mailbox": MailboxScene,
}  # fmt: skip


@contextmanager
def staged(kind: str, home: Path) -> Iterator[Scene]:
    with ExitStack() as stack:
        site = stack.enter_context(sites.serving())
        imap = stack.enter_context(imap_server.serving())
        yield SCENES[kind](home, site, imap)
