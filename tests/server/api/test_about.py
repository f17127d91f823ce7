"""The API says what it is: its document, with a tag, and a page that loads nothing."""

from __future__ import annotations

import re
from pathlib import Path

from ergos.server.api.table import TABLE
from tests.server.api.rig import VIEWER, House, play


def test_the_document_is_the_same_at_every_request_and_need_not_be_sent_again(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        first = await house.ask("GET", "/openapi.json", who=VIEWER)
        assert first.json["openapi"] == "3.1.0"
        again = await house.ask("GET", "/openapi.json", if_none_match=first.headers["etag"])
        assert (again.status, again.body) == (304, b"")

    play(tmp_path, scenario)


def test_the_page_lists_every_operation_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        answer = await house.ask("GET", "/operations")
        page = answer.body.decode()
        assert answer.headers["content-type"].startswith("text/html")
        assert page.count("<tr><td>") == len(TABLE)
        assert not re.search(r"https?://|<script|<style|<link|<img| on\w+=", page)

    play(tmp_path, scenario)
