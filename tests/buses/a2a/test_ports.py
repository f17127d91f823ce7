"""The records that cross to the A2A server."""

from __future__ import annotations

import subprocess
import sys

from ergos.buses.a2a.ports import INTERRUPTED, SETTLED, TERMINAL


def test_a_state_that_ends_a_task_needs_nothing_of_its_peer():
    assert not TERMINAL & INTERRUPTED
    assert SETTLED == TERMINAL | INTERRUPTED
    assert not {"submitted", "working"} & SETTLED


def test_the_ports_are_known_without_the_library():
    program = (
        "import ergos.server.a2a_site, sys; sys.exit(any(name == 'a2a' or name == 'starlette' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
