"""`ergos demo` is registered without loading what it shows."""

from __future__ import annotations

from .conftest import Shell


def test_the_demo_says_what_it_takes(shell: Shell):
    shown = shell("demo", "--help")
    for option in ("--folder", "--language", "--seed", "--json"):
        assert option in shown
    shell("demo", "--seed", "-1", code=2)
