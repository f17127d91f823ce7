"""What an owner says comes before the table, the table before a default; what cannot be used says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergos.base.errors import ValueShapeError
from ergos.drivers.models.endpoints import configured, key_in, moved, near_endpoint, sold
from ergos.drivers.models.prices import providers
from ergos.kernel.endpoints import EndpointSettings
from ergos.kernel.models import Limits, ModelPrice
from ergos.kernel.usage import FREE_MODEL

OWN = ModelPrice(input=7, output=8)
KEY = {"OPENAI_API_KEY": "sk-x"}


def said(**changes: object) -> EndpointSettings:
    return EndpointSettings(**{"name": "mine", "model": "gpt-5-mini", **changes})  # type: ignore[arg-type]


def test_the_table_fills_in_what_the_owner_left_out():
    found = configured(said(), {}, KEY)
    assert found.base_url == "https://api.openai.com/v1"
    assert found.key_env == "OPENAI_API_KEY"
    assert found.spec.price is not None
    assert found.spec.price.input == 250_000
    assert (found.spec.context_tokens, found.spec.output_tokens_max) == (400_000, 128_000)
    assert "image" in found.spec.takes
    assert not found.spec.local
    assert found.usable
    assert set(found.speaks) == {"openai.chat", "openai.responses", "openai.embeddings"}


def test_the_owners_word_comes_first():
    found = configured(
        said(price=OWN, context_tokens=5_000, output_tokens_max=10, takes=(), limits=Limits(slots=3), replica_of="r"),
        {"openai/gpt-5-mini": FREE_MODEL},
        KEY,
    )
    spec = found.spec
    assert (spec.price, spec.context_tokens, spec.output_tokens_max, spec.takes) == (OWN, 5_000, 10, ())
    assert (spec.limits.slots, spec.replica_of) == (3, "r")


def test_the_owners_price_list_comes_before_the_table():
    assert configured(said(), {"openai/gpt-5-mini": OWN}, KEY).spec.price is OWN
    assert configured(said(), {"mine": OWN, "openai/gpt-5-mini": FREE_MODEL}, KEY).spec.price is OWN
    dated = configured(said(model="gpt-5-mini-2025-08-07"), {"openai/gpt-5-mini": OWN}, KEY)
    assert dated.spec.price is OWN
    assert dated.spec.model == "gpt-5-mini-2025-08-07"


def test_a_price_is_unknown_where_nobody_said_one():
    assert configured(said(model="gpt-99"), {}, KEY).spec.price is None
    gateway = configured(said(base_url="https://gateway.example/v1"), {}, KEY)
    assert gateway.spec.price is None, "the name of a model says nothing about who sells it"
    assert gateway.speaks == ("openai.chat", "openai.embeddings")


def test_this_machine_is_free_and_local_unless_its_owner_says_otherwise():
    here = configured(said(base_url="http://127.0.0.1:8000/v1"), {}, {})
    assert here.spec.local
    assert here.spec.price == FREE_MODEL
    assert here.key_env == ""
    assert configured(said(base_url="http://127.0.0.1:8000/v1", price=OWN), {}, {}).spec.price is OWN
    assert configured(said(base_url="http://127.0.0.1:8000/v1", local=False), {}, {}).spec.price is None
    house = said(base_url="http://10.0.0.2:8000/v1")
    assert configured(house, {}, {}).spec.price is None
    assert configured(said(base_url="http://10.0.0.2:8000/v1", local=True), {}, {}).spec.price == FREE_MODEL


@pytest.mark.parametrize(
    ("kind", "host", "key"),
    [
        ("anthropic.messages", "api.anthropic.com", "ANTHROPIC_API_KEY"),
        ("google", "generativelanguage", "GEMINI_API_KEY"),
    ],
)
def test_a_format_has_its_usual_place_and_key(kind: str, host: str, key: str):
    found = configured(said(kind=kind, model="x"), {}, {key: "k"})
    assert host in found.base_url
    assert found.key_env == key


def test_a_missing_key_is_named_and_never_shown():
    found = configured(said(api_key_env="MY_KEY"), {}, {"OPENAI_API_KEY": "sk-secret"})
    assert (found.health, found.usable, found.key_env) == ("keyless", False, "MY_KEY")
    there = configured(said(), {}, {"OPENAI_API_KEY": "sk-secret"})
    assert "sk-secret" not in repr(there)


@pytest.mark.parametrize("value", ["", "  ", "a b", "a\nb", "ключ", "x" * 5_000])
def test_what_cannot_be_a_key_is_none(value: str):
    assert key_in({"K": value}, "K") == ""


def test_a_key_may_end_with_a_line_end():
    assert key_in({"K": "sk-x\n"}, "K") == "sk-x"


def test_a_file_is_free_and_says_whether_it_is_there(tmp_path: Path):
    file = tmp_path / "m.gguf"
    gone = configured(said(kind="gguf", model="", file=str(file)), {}, {})
    assert (gone.health, gone.usable) == ("missing", False)
    file.write_bytes(b"GGUF")
    there = configured(said(kind="gguf", model="", file=str(file)), {}, {})
    assert there.usable
    spec = there.spec
    assert (spec.model, spec.dialect, spec.price, spec.local) == ("m.gguf", "neutral", FREE_MODEL, True)
    assert spec.limits == Limits(slots=1)
    assert there.where == str(file)


def test_a_recorded_endpoint_is_never_passed_by(tmp_path: Path):
    found = configured(said(record=str(tmp_path / "tape.jsonl")), {}, KEY)
    assert found.speaks == ()  # so every call goes through the model that is recorded


def test_an_endpoint_of_embeddings_is_only_used_when_named():
    found = configured(said(kind="openai.embeddings", model="text-embedding-3-small"), {}, KEY)
    assert found.spec.by_name_only
    assert found.spec.dialect == "openai.embeddings"


def test_a_key_makes_the_table_available_its_defaults_first():
    openai = providers()["openai"]
    found = sold(openai, "OPENAI_API_KEY", openai.base_url, {"openai/gpt-6-luna": OWN})
    assert [one.spec.model for one in found[:3]] == list(openai.defaults)
    assert {one.spec.model for one in found} >= set(openai.models)
    assert [one.spec.name for one in found if not one.spec.by_name_only] == [
        f"openai/{name}" for name in openai.defaults
    ]
    assert next(one for one in found if one.spec.model == "gpt-6-luna").spec.price is OWN
    assert all(one.spec.price is not None and one.how == "OPENAI_API_KEY" for one in found)


def test_a_variable_moves_a_provider_to_a_good_address_only():
    openai = providers()["openai"]
    assert moved(openai, {}) == openai.base_url
    assert moved(openai, {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1/"}) == "http://127.0.0.1:1/v1"
    with pytest.raises(ValueShapeError) as caught:
        moved(openai, {"OPENAI_BASE_URL": "https://u:hunter2@x.example"})
    assert "OPENAI_BASE_URL" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_name_that_cannot_be_one_is_no_endpoint():
    assert near_endpoint("ollama", "a\x1b[31m", "http://127.0.0.1:1/v1", {}, context_tokens=10) is None


def test_a_key_makes_dated_names_available_at_the_same_price():
    openai = providers()["openai"]
    found = {one.spec.name: one.spec for one in sold(openai, "OPENAI_API_KEY", openai.base_url, {})}
    dated, plain = found["openai/gpt-5-mini-2025-08-07"], found["openai/gpt-5-mini"]
    assert dated.model == "gpt-5-mini-2025-08-07"
    assert dated.price == plain.price
    assert dated.by_name_only
