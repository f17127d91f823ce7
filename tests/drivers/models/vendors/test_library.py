from __future__ import annotations

from pydantic_ai.messages import ToolCallPart

from ergos.drivers.models.vendors.library import argument_text, chat_model, responses_model


def test_a_models_own_text_goes_back_byte_for_byte() -> None:
    assert argument_text(ToolCallPart("look", '{ "at":  "x" }')) == '{ "at":  "x" }'


def test_what_is_no_object_goes_back_in_one() -> None:
    assert argument_text(ToolCallPart("look", '{"at": ')).startswith('{"INVALID_JSON"')
    assert argument_text(ToolCallPart("look", {"at": "x"})) == '{"at":"x"}'


def test_the_classes_are_made_once() -> None:
    assert chat_model() is chat_model()
    assert responses_model() is responses_model()
