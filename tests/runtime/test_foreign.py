"""What a foreign process may do is in its definition, and so is what starts it again."""

from __future__ import annotations

import pytest

from ergos.base.errors import ValueShapeError
from ergos.base.money import Amount
from ergos.kernel.labels import UNTRUSTED
from ergos.kernel.packages import FOREIGN_LASTING, FOREIGN_RESUMABLE
from ergos.kernel.permission.grants import permits
from ergos.kernel.permission.grounding import Said
from ergos.kernel.permission.policy import Allowed, Proposal, decide
from ergos.runtime.foreign import command_of, foreign_definition


def may(definition, verb: str, name: str) -> bool:
    proposal = Proposal(agent=definition.agent, verb=verb, name=name, args={}, label=UNTRUSTED)
    return isinstance(decide(proposal, permits(definition.grants), Said(), 0), Allowed)


def test_it_may_call_models_and_nothing_else():
    made = foreign_definition("prog", resumable=True)
    assert may(made, "think", "model.auto")
    assert may(made, "think", "model.any/thing:8b")
    assert not may(made, "think", "write")
    assert not may(made, "act", "model.auto")
    assert not may(made, "spawn", "prog")
    assert not may(made, "send", "prog")


def test_named_models_are_all_it_may_call():
    made = foreign_definition("prog", resumable=True, models=("small", "mine/large"))
    assert may(made, "think", "model.small")
    assert may(made, "think", "model.mine/large")
    assert not may(made, "think", "model.auto")
    assert not may(made, "think", "model.smaller")


def test_what_starts_it_again_is_kept_and_nothing_else():
    made = foreign_definition("prog", resumable=True, command=("a", "b c", "ü"), folder="/tmp", budget=Amount(5, -1))
    assert command_of(made).command == ("a", "b c", "ü")
    assert command_of(made).folder == "/tmp"
    assert made.caps.process == Amount(5, -1)
    assert made.program == FOREIGN_RESUMABLE
    lasting = foreign_definition("prog", resumable=False)
    assert lasting.program == FOREIGN_LASTING
    assert command_of(lasting).command == ()


def test_a_name_that_could_not_be_part_of_a_path_is_refused():
    for name in ("", "a/b", "..", "a b", "x" * 101):
        with pytest.raises(ValueShapeError):
            foreign_definition(name, resumable=True)


def test_the_same_words_make_the_same_definition():
    assert foreign_definition("prog", resumable=False) == foreign_definition("prog", resumable=False)
