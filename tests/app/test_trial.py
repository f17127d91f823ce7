"""A trial makes real calls, measures them, and says what an endpoint cannot do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.app.trial import Trial, try_endpoint
from ergos.base.clock import MILLISECOND, ManualClock
from ergos.base.errors import NoModelError, UnknownPriceError
from ergos.base.world_errors import RateLimitedError
from ergos.drivers.models.catalogue import open_catalogue
from ergos.kernel.endpoints import EndpointSettings, ModelSettings
from ergos.kernel.models import ModelPrice

GOOD = """
[[answers]]
when = "17 plus 25"
calls = [{ name = "add", arguments = { a = 17, b = 25 } }]
[[answers]]
typed = true
value = { capital = "Paris" }
[[answers]]
typed = false
say = "Hello."
"""
PRICE = ModelPrice(input=1_000_000, output=2_000_000)


class Ticking(ManualClock):
    """A millisecond passes with every look."""

    def now_ns(self) -> int:
        self.advance(MILLISECOND)
        return super().now_ns()


def tried(
    folder: Path, script: str, *, tools: bool = False, name: str = "toy", price: ModelPrice | None = PRICE
) -> Trial:
    (folder / "toy.toml").write_text(script)
    toy = EndpointSettings(name="toy", kind="scripted", file=str(folder / "toy.toml"), price=price)
    far = EndpointSettings(name="far", base_url="https://llm.example/v1", model="m")

    async def scene() -> Trial:
        clock = Ticking()
        catalogue = await open_catalogue(ModelSettings(endpoints=(toy, far), discover=False), {}, clock)
        try:
            return await try_endpoint(catalogue, name, clock, tools=tools)
        finally:
            await catalogue.close()

    return asyncio.run(scene())


def test_one_call_is_measured_and_priced(tmp_path: Path):
    trial = tried(tmp_path, GOOD)
    (call,) = trial.calls
    assert trial.good
    assert call.said == "Hello."
    assert call.first_token_ms is not None
    assert 0 < call.first_token_ms < call.total_ms
    assert call.microusd == call.usage.input_tokens + 2 * call.usage.output_tokens > 0
    assert trial.checks == ()


def test_with_tools_a_call_and_a_typed_answer_are_checked(tmp_path: Path):
    trial = tried(tmp_path, GOOD, tools=True)
    assert [(check.subject, check.good) for check in trial.checks] == [("tool call", True), ("typed answer", True)]
    assert len(trial.calls) == 3


@pytest.mark.parametrize(
    ("script", "subject"),
    [
        (GOOD.replace('calls = [{ name = "add", arguments = { a = 17, b = 25 } }]', 'say = "42"'), "tool call"),
        (GOOD.replace("b = 25", "c = 25"), "tool call"),
        (GOOD.replace("value = { capital", "value = { town"), "typed answer"),
        (GOOD.replace('value = { capital = "Paris" }', 'say = "It is Paris."'), "typed answer"),
    ],
)
def test_what_it_cannot_do_is_said(tmp_path: Path, script: str, subject: str):
    trial = tried(tmp_path, script, tools=True)
    assert not trial.good
    assert [check.subject for check in trial.checks if not check.good] == [subject]


def test_an_endpoint_of_unknown_price_is_not_tried(tmp_path: Path):
    with pytest.raises(UnknownPriceError) as caught:
        tried(tmp_path, GOOD, name="far")
    assert '[models.prices."far"]' in caught.value.what_to_do


def test_what_fails_says_why(tmp_path: Path):
    with pytest.raises(RateLimitedError):
        tried(tmp_path, '[[answers]]\nfail = "limited"')
    with pytest.raises(NoModelError):
        tried(tmp_path, GOOD, name="nope")
