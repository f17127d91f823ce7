"""Requests broken in every which way: what gets out is what the rule names, and the proxy never stumbles."""

from __future__ import annotations

import asyncio
import random
import re
from typing import Any, Final

import pytest

from ergos.drivers.egress import proxy as module
from ergos.drivers.egress.pace import Pace

from .outside import inside, leaks, outside
from .test_proxy import BYPASSES, NAMES, guarded

REQUESTS: Final = 400
ATOMS: Final = (
    b"\r\n", b"\n", b"\r", b" ", b"\t", b"\0", b":", b"/", b"..", b"%2e", b"@", b"#", b"?", b"\\", b"Host: evil.net\r\n", b"0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n", b"http://", b"CONNECT ", b"HTTP/1.1", b"api.example.com", b"[::1]",
    b"X-HTTP-Method: PUT\r\n", b"Connection: authorization\r\n", b"Expect: 100-continue\r\n", b"GET /secret HTTP/1.1\r\n\r\n",
)  # fmt: skip


def broken(chance: random.Random, whole: list[bytes]) -> bytes:
    said = bytearray(chance.choice(whole))
    for _ in range(chance.randint(0, 4)):
        at, kind = chance.randrange(len(said) + 1), chance.random()
        if kind < 0.4:
            said[at:at] = chance.choice(ATOMS)
        elif kind < 0.6:
            del said[at : at + chance.randint(1, 8)]
        elif kind < 0.8 and at < len(said):
            said[at] = chance.randrange(256)
        else:
            other = chance.choice(whole)
            start = chance.randrange(len(other))
            said[at : at + chance.randint(0, 20)] = other[start : start + chance.randint(1, 30)]
    return bytes(said)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_said_only_what_a_rule_names_gets_out(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "Pace", lambda: Pace(1e9, 10**9))
    troubles: list[dict[str, Any]] = []

    async def test() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, trouble: troubles.append(trouble))
        chance = random.Random(seed)
        async with outside() as far, inside(*guarded(far.port), names=NAMES) as near:
            port = str(far.port)
            good = (
                f"GET http://api.example.com:{port}/allowed/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
            )
            whole = [said.replace("{port}", port).encode("latin-1")[:400] for said in BYPASSES.values()] + [good] * 40
            out = re.compile(
                rb"(?:GET|HEAD) /allowed(?:/[!-~]*)?(?:\?[!-~]*)? HTTP/1\.1\r\nhost: api\.example\.com:"
                + port.encode()
                + rb"\r\n"
            )
            for _ in range(REQUESTS):
                said = broken(chance, whole)
                cut = chance.randrange(len(said) + 1)
                assert not leaks(await near.say(said[:cut], said[cut:], close=True)), said
            assert len(far.requests) > REQUESTS // 40
            for request in far.requests:
                assert out.match(request), request
                head = request.partition(b"\r\n\r\n")[0]
                assert head.count(b"\r\nhost:") == head.count(b"\r\nauthorization: Bearer ghp_") == 1, request
            assert len([record for record in near.records if record.rule == "api" and record.status]) == len(
                far.requests
            )
        assert not troubles

    asyncio.run(test())
