"""What a server asks is tied to one call, or declined."""

from __future__ import annotations

import mcp_types as wire
import msgspec
import pytest

from ergos.base.ids import Pid
from ergos.base.world_errors import BusError
from ergos.buses.mcp.host.answers import Answers, Asker, folders
from ergos.kernel.mounts import Declined, Given, Question, ServerSettings
from tests.buses.mcp.host.stage import Owner, stage

SETTINGS = ServerSettings(name="srv", command="/opt/srv/bin/srv", args=("/opt/data/x.js",))
CALL = Asker("srv.t", Pid(3), "alice")
FORM = wire.ElicitRequestFormParams(
    message="Who?",
    requested_schema={"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
)


def test_nothing_is_offered_that_nobody_would_answer() -> None:
    assert Answers(SETTINGS, None).callbacks() == {}
    owner = Owner(Declined())
    assert sorted(Answers(SETTINGS, owner).callbacks()) == ["elicitation_callback"]
    whole = msgspec.structs.replace(SETTINGS, sampling=True, writes=("/srv",))
    assert sorted(Answers(whole, owner).callbacks()) == [
        "elicitation_callback",
        "list_roots_callback",
        "sampling_callback",
    ]


@pytest.mark.parametrize("calls", [0, 2])
def test_a_question_that_belongs_to_no_call_or_to_any_of_several_is_declined(calls: int) -> None:
    async def test() -> None:
        owner = Owner(Given({"name": "alice"}))
        answers = Answers(SETTINGS, owner)
        for number in range(calls):
            answers.begin(Asker(f"srv.t{number}", Pid(number), "alice"))
        assert (await answers._elicited(None, FORM)).action == "decline"  # type: ignore[arg-type]
        assert owner.questions == []

    stage(test)


def test_a_url_is_shown_and_nothing_is_opened() -> None:
    async def test() -> None:
        for answer, action in ((Given(), "accept"), (Declined(), "decline")):
            owner = Owner(answer)
            answers = Answers(SETTINGS, owner)
            answers.begin(CALL)
            params = wire.ElicitRequestURLParams(message="Go.", url="https://a.example/x", elicitation_id="1")
            assert (await answers._elicited(None, params)).action == action  # type: ignore[arg-type]
            assert (owner.questions[0].kind, owner.questions[0].url) == ("url", "https://a.example/x")

    stage(test)


def test_an_answer_that_failed_is_no_answer() -> None:
    class Broken:
        async def ask(self, question: Question) -> Given | Declined:
            raise BusError("nobody there")

    async def test() -> None:
        answers = Answers(SETTINGS, Broken())
        answers.begin(CALL)
        assert (await answers._elicited(None, FORM)).action == "decline"  # type: ignore[arg-type]

    stage(test)


def test_a_model_call_with_tools_or_without_measure_is_refused() -> None:
    async def test() -> None:
        owner = Owner(Given({"text": "x"}))
        answers = Answers(msgspec.structs.replace(SETTINGS, sampling=True), owner)
        answers.begin(CALL)
        one = wire.SamplingMessage(role="user", content=wire.TextContent(type="text", text="hi"))
        many = wire.CreateMessageRequestParams(messages=[one] * 101, max_tokens=5)
        assert isinstance(await answers._sampled(None, many), wire.ErrorData)  # type: ignore[arg-type]
        assert owner.questions == []
        greedy = wire.CreateMessageRequestParams(messages=[one], max_tokens=10**9, system_prompt="be")
        assert isinstance(await answers._sampled(None, greedy), wire.CreateMessageResult)  # type: ignore[arg-type]
        assert owner.questions[0].tokens_max == 8_192
        assert owner.questions[0].messages == ({"role": "system", "text": "be"}, {"role": "user", "text": "hi"})

    stage(test)


def test_a_server_is_not_told_to_work_on_its_own_program() -> None:
    settings = msgspec.structs.replace(SETTINGS, reads=("/opt/srv", "/opt/data", "/srv/docs"), writes=("/srv/out",))
    assert folders(settings) == ("/srv/docs", "/srv/out")
