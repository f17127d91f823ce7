"""A real program in a real sandbox reaches the door and what rules name, and nothing else; it never sees a secret."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from ergos.drivers.egress.bridge import Door
from ergos.drivers.sandbox.sandboxes import HostSandboxes, open_sandboxes
from ergos.kernel.confinement import Job

from .outside import BEARER, inside, leaks, outside, rule

SCRIPT = """
env
curl -sS -m 9 http://127.0.0.1:{door}/v1/door | head -1
curl -sS -m 9 --unix-socket /run/door http://localhost:{door}/v1/direct | head -1
export http_proxy=http://127.0.0.1:{door} https_proxy=http://127.0.0.1:{door}
curl -sS -m 9 http://api.example.com:{far}/allowed
curl -sS -m 9 http://api.example.com:{far}/secret
curl -sS -m 9 http://evil.net/
curl -sS -m 9 https://api.example.com:{far}/allowed
curl -sS -m 9 --noproxy '*' http://127.0.0.1:{far}/allowed
exit 0
"""


@pytest.mark.parametrize("backend", ["bubblewrap", "landlock"])
def test_a_program_in_a_sandbox_has_one_way_out(backend: str, tmp_path: Path) -> None:
    if shutil.which("curl", path="/usr/bin:/bin") is None:
        pytest.skip("curl is not installed")
    sandboxes = open_sandboxes(tmp_path, backend)  # type: ignore[arg-type]
    if not isinstance(sandboxes, HostSandboxes):
        pytest.skip(f"{backend} does not work here: {sandboxes.why}")

    async def test() -> None:
        async with outside() as gate, outside() as far, inside(
            rule(far.port, paths=("/allowed",), inject=BEARER), door=Door(gate.port)
        ) as near:  # fmt: skip
            script = SCRIPT.format(door=gate.port, far=far.port)
            job = Job(
                command=("/bin/sh", "-c", script),
                door=str(near.path),
                door_port=gate.port,
                env={"PATH": "/usr/bin:/bin"},
            )
            ended = await sandboxes.run(job)
            shown = ended.stdout + ended.stderr
            assert ended.status == 0, shown
            assert not leaks(shown)
            assert [request.split(b" ")[1] for request in gate.requests] == [b"/v1/door", b"/v1/direct"]
            assert [request.split(b" ")[1] for request in far.requests] == [b"/allowed"]
            assert b"authorization: Bearer [secret]" in shown
            assert [(record.host, record.status, bool(record.refusal)) for record in near.records] == [
                ("api.example.com", 200, False),
                ("api.example.com", 0, True),
                ("evil.net", 0, True),
                ("api.example.com", 0, True),
            ]

    try:
        asyncio.run(test())
    finally:
        sandboxes.close()
