"""Files have an address by their content, are cached for ever, compressed, and small in all."""

from __future__ import annotations

import gzip
import http.client
import re

import pytest

from ergos.console.frame.assets import FOLDER, asset, assets, has
from tests.console.rig import Rig

FIRST_LOAD_BYTES_MAX = 150 * 1024


def _nothing(name: str) -> bool:
    del name
    return False


def got(rig: Rig, path: str, coding: str = "gzip", method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", rig.port, timeout=30)
    try:
        headers = {"Accept-Encoding": coding, "Cookie": f"{rig.cookie_name}={rig.owner_session}"}
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_a_file_is_cached_for_ever_under_the_address_of_its_content(rig: Rig) -> None:
    status, headers, body = got(rig, asset("frame.css"))
    assert status == 200
    assert "immutable" in headers["cache-control"]
    assert headers["content-encoding"] == "gzip"
    assert headers["content-type"].startswith("text/css")
    assert gzip.decompress(body) == (FOLDER / "frame.css").read_bytes()


@pytest.mark.parametrize("coding", ["identity", "br", "gzip;q=0", ""])
def test_who_takes_no_gzip_gets_none(rig: Rig, coding: str) -> None:
    _, headers, body = got(rig, asset("frame.css"), coding)
    assert "content-encoding" not in headers
    assert body == (FOLDER / "frame.css").read_bytes()


def test_an_old_address_gives_the_file_of_today_and_is_not_kept(rig: Rig) -> None:
    status, headers, _ = got(rig, "/static/AAAAAAAAAAAA/frame.css")
    assert status == 200
    assert headers["cache-control"] in ("no-cache", "no-store")


@pytest.mark.parametrize(
    "name", ["../frame/assets.py", "..%2fsite.py", "no.css", "vendor/", ".gitignore", "%00", "frame.css/"]
)
def test_nothing_else_is_served(rig: Rig, name: str) -> None:
    assert got(rig, f"/static/x/{name}")[0] in (400, 404)


def test_what_is_not_there_is_a_defect_of_who_names_it() -> None:
    assert has("frame.css")
    assert not has("no.css")
    with pytest.raises(KeyError):
        asset("no.css")


def test_nothing_of_ours_names_another_host() -> None:
    for name, one in assets().items():
        if not name.startswith("vendor/"):
            found = re.findall(rb"(?:https?:)?//[\w.-]+\.[a-z]{2,}", one.body)
            assert set(found) <= {b"http://www.w3.org"}, (name, found)


@pytest.mark.parametrize("path", ["/", "/inbox", "/enter"])
def test_a_first_load_is_small(rig: Rig, path: str) -> None:
    status, _, body = got(rig, path)
    assert status == 200
    total, text = len(body), body.decode()
    for address in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', text)):
        status, _, part = got(rig, address)
        assert status == 200, address
        total += len(part)
    assert total <= FIRST_LOAD_BYTES_MAX, f"{path}: {total:,} bytes"


def test_without_the_fetched_libraries_pages_stand_and_do_not_name_them(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ergos.console.frame.visit.has", _nothing)
    for path in ("/", "/inbox"):
        status, _, text = rig.fetch(path)
        assert status == 200
        assert "vendor/" not in text
        assert "hx-" not in text
