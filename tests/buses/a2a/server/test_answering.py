"""What each operation means, before any process is behind it."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from a2a.server.context import ServerCallContext
from a2a.types import a2a_pb2 as pb
from a2a.utils import errors
from google.protobuf.json_format import ParseDict

from ergos.buses.a2a.cards import DerivedKey
from ergos.buses.a2a.ports import Caller, TaskRefused
from ergos.buses.a2a.server.answering import OWN_CONFIG, Answering
from ergos.buses.a2a.server.crowd import Crowd
from ergos.buses.a2a.server.door import CALLER
from tests.buses.a2a.server.boards import FACTS, MemoryBoard, MemoryPushes

CALLED = ServerCallContext(state={CALLER: Caller("acme")})


def _answering(board: MemoryBoard, crowd: Crowd | None = None) -> Answering:
    return Answering(
        board, MemoryPushes(), DerivedKey(b"s" * 32), lambda: "https://home.example/a2a/news", crowd or Crowd()
    )


def _message(**more: Any) -> pb.SendMessageRequest:
    said = {"role": "ROLE_USER", "messageId": "m", "parts": [{"text": "x"}]}
    return ParseDict({"message": {**said, **more.pop("message", {})}, **more}, pb.SendMessageRequest())


def test_a_message_reaches_the_board_with_its_caller_and_the_place_is_given_back():
    board, crowd = MemoryBoard(), Crowd()
    config = {"configuration": {"taskPushNotificationConfig": {"url": "https://example.com/"}}}
    found = asyncio.run(_answering(board, crowd).on_message_send(_message(**config), CALLED))
    assert found.id == "t1"
    ((caller, said, push),) = board.said
    assert (caller.name, said.id) == ("acme", "m")
    assert push is not None
    assert push.id == OWN_CONFIG
    assert board.followed[0].closed
    assert crowd.present == 0


@pytest.mark.parametrize(
    ("why", "kind"),
    [
        ("no-task", errors.TaskNotFoundError), ("not-cancelable", errors.TaskNotCancelableError), ("unsupported", errors.UnsupportedOperationError),
        ("bad-params", errors.InvalidParamsError), ("bad-type", errors.ContentTypeNotSupportedError), ("broken", errors.InternalError),
    ],
)  # fmt: skip
def test_refusals_are_the_protocols_errors(why: Any, kind: type[Exception]):
    board, crowd = MemoryBoard(), Crowd()
    board.wrong = TaskRefused(why, "because")
    with pytest.raises(kind, match="because"):
        asyncio.run(_answering(board, crowd).on_message_send(_message(), CALLED))
    assert crowd.present == 0


def test_what_the_kernel_says_of_a_failure_is_not_told():
    with pytest.raises(errors.InternalError) as told:
        asyncio.run(_answering(MemoryBoard()).on_cancel_task(pb.CancelTaskRequest(id="t"), CALLED))
    assert "alice" not in told.value.message


def test_an_extension_that_is_required_is_asked_for():
    board = MemoryBoard(msgspec.structs.replace(FACTS, required=("urn:x",)))
    with pytest.raises(errors.ExtensionSupportRequiredError, match="urn:x"):
        asyncio.run(_answering(board).on_message_send(_message(), CALLED))
    called = ServerCallContext(state={CALLER: Caller("acme")}, requested_extensions={"urn:x"})
    assert asyncio.run(_answering(board).on_message_send(_message(), called)).id == "t1"


@pytest.mark.parametrize(
    ("modes", "named", "good"),
    [
        (("text/plain",), "image/png", False),
        (("image/*",), "image/png", True),
        (("text",), "text/html", True),
        (("*/*",), "a/b", True),
        (("text/plain",), "", True),
    ],
)
def test_media_types_are_those_of_the_card(modes: tuple[str, ...], named: str, good: bool):
    board = MemoryBoard(msgspec.structs.replace(FACTS, input_modes=modes))
    part = {"raw": "dGNr", **({"mediaType": named} if named else {})}
    sending = _answering(board).on_message_send(_message(message={"parts": [part]}), CALLED)
    if good:
        assert asyncio.run(sending).id == "t1"
    else:
        with pytest.raises(errors.ContentTypeNotSupportedError):
            asyncio.run(sending)


def test_a_stream_is_closed_when_its_reader_leaves():
    board, crowd = MemoryBoard(), Crowd()

    async def played() -> None:
        stream = _answering(board, crowd).on_message_send_stream(_message(), CALLED)
        first = await anext(stream)
        assert isinstance(first, pb.Task)
        assert crowd.present == 1
        await stream.aclose()

    asyncio.run(played())
    assert board.followed[0].closed
    assert crowd.present == 0
