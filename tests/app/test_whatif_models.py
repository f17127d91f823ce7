"""Whatever a program asks for, the one model that is supposed answers, and none elsewhere is called."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from ergos.app.whatif_models import SIMULATED, SupposedModels, choices
from ergos.base.canonical import Plain
from ergos.base.errors import NoModelError
from ergos.kernel.models import Hints, Message, ModelRequest, Reply, Text
from tests.app.trace_house import home_in

REQUEST = msgspec.to_builtins(ModelRequest(messages=(Message("user", (Text("umbrella in Oslo?"),)),)))


def test_one_endpoint_answers_to_every_name(tmp_path: Path):
    home = home_in(tmp_path / "house")

    async def ask(name: str) -> Reply:
        models = SupposedModels.open(home, name)
        (spec,) = models.endpoints()
        args: dict[str, Plain] = {"dialect": "neutral", "body": {**REQUEST, "model": "some/other"}}
        assert models.outline(args).model == spec.name
        came = await models.perform(spec.name, args, deadline_ns=2**62, hints=Hints(session="x"))
        return msgspec.convert(came.value, Reply)

    first, again = (asyncio.run(ask(SIMULATED)) for _ in range(2))
    assert first == again
    assert asyncio.run(ask("toy")).calls[0].name == "weather", "a script of this machine is asked itself"
    assert "simulated" in asyncio.run(ask("openai/gpt-5-mini")).model


def test_what_can_be_supposed_is_known_without_looking(tmp_path: Path):
    home = home_in(tmp_path / "house")
    names = [one.spec.name for one in choices(home)]
    assert names[0] == "toy"
    assert len(names) == len(set(names)) > 10
    with pytest.raises(NoModelError):
        SupposedModels.open(home, "nobody/nothing")
