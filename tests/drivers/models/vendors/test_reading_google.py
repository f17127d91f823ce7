from __future__ import annotations

import pytest

from ergos.base.world_errors import ModelError, ModelReplyError, RateLimitedError
from ergos.drivers.models.vendors.reading import Notes
from ergos.drivers.models.vendors.reading_google import GoogleReading
from ergos.kernel.models import Media, Usage


def body(*parts: dict, finish: str | None = "STOP", **more: object) -> dict:
    candidate = {"content": {"role": "model", "parts": list(parts)}, **({"finishReason": finish} if finish else {})}
    return {"candidates": [candidate], "modelVersion": "gemini", "responseId": "r1", **more}


def whole(*parts: dict, **more: object) -> tuple[list[dict], Notes]:
    reading = GoogleReading(Notes(1, mark="google@g"))
    return reading.whole(body(*parts, **more))["candidates"][0]["content"]["parts"], reading.notes


def test_a_call_without_an_id_gets_one_and_is_the_reason_to_stop() -> None:
    parts, notes = whole({"functionCall": {"name": "look", "args": {"at": "x"}}, "thoughtSignature": "s"})
    assert parts == [{"functionCall": {"id": "call_1_1", "name": "look", "args": {"at": "x"}}}]
    assert notes.stop == "tools"
    assert notes.seals == {"call_1_1": "google@g||s"}


def test_words_thoughts_and_images_are_told_apart() -> None:
    parts, notes = whole(
        {"text": "hm", "thought": True},
        {"text": "a", "thoughtSignature": "s"},
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"executableCode": {"code": "1"}},
    )
    assert parts == [{"text": "hm", "thought": True}, {"text": "a"}]
    assert notes.media == [Media("image", media_type="image/png", data="AAAA")]
    assert notes.seals == {"words": "google@g||s"}


@pytest.mark.parametrize(
    ("finish", "stop"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "refusal"),
        ("PROHIBITED_CONTENT", "refusal"),
        ("MALFORMED_FUNCTION_CALL", "other"),
        (None, None),
    ],
)
def test_a_finish_reason_is_put_in_neutral_words(finish: str | None, stop: str | None) -> None:
    assert whole({"text": "a"}, finish=finish)[1].stop == stop


def test_a_blocked_prompt_is_a_refusal() -> None:
    reading = GoogleReading(Notes(1))
    reading.whole({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4}})
    assert reading.notes.stop == "refusal"
    assert reading.notes.usage == Usage(input_tokens=4)


def test_an_error_inside_a_success_is_that_error() -> None:
    with pytest.raises(RateLimitedError):
        GoogleReading(Notes(1)).whole({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow"}})
    with pytest.raises(ModelReplyError):
        GoogleReading(Notes(1)).whole({})
    with pytest.raises(ModelError):
        list(GoogleReading(Notes(1)).event("", {"error": {"code": 503, "message": "busy"}}))


def test_a_stream_without_a_finish_reason_was_cut_off() -> None:
    reading = GoogleReading(Notes(1))
    assert len(list(reading.event("", body({"text": "a"}, finish=None)))) == 1
    with pytest.raises(ModelReplyError, match="cut off"):
        list(reading.end())
    list(reading.event("", body({"text": "b"})))
    assert list(reading.end())


def test_a_stream_nobody_asked_for_is_joined_and_the_other_way_round() -> None:
    joined = GoogleReading(Notes(1)).joined([("", body({"text": "a"}, finish=None)), ("", body({"text": "b"}))])
    assert joined["candidates"][0]["content"]["parts"] == [{"text": "a"}, {"text": "b"}]
    ((_, parted),) = GoogleReading(Notes(1)).parted(body({"text": "a"}))
    assert parted["candidates"][0]["content"]["parts"] == [{"text": "a"}]
