from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ergos.base.world_errors import SandboxError
from ergos.drivers.sandbox.orders import Order
from ergos.drivers.sandbox.warden_link import WardenLink
from ergos.kernel.confinement import Job


def test_a_warden_that_cannot_be_started_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    link = WardenLink("landlock-bare")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(SandboxError, match="cannot be reached"):
        link.hand(Order(job=Job(command=("x",)), backend="landlock-bare", scratch=""))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    link.close()
