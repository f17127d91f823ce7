from __future__ import annotations

import pytest

from ergos.drivers.sandbox import attacks_kernel as attacks
from ergos.drivers.sandbox.attacks import Attempt, program

ATTEMPTS = (*attacks.RIGHTS, *attacks.PROCESSES, *attacks.CALLS, *attacks.SOCKETS)


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_every_attempt_is_a_program(attempt: Attempt) -> None:
    compile(program(attempt), attempt.name, "exec")
