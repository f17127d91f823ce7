"""What an owner says of models becomes one frozen value, or an error that says where, what and what was expected."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import SettingsError
from ergos.kernel.endpoints import EndpointSettings, ModelSettings
from ergos.kernel.models import Limits, ModelPrice
from ergos.runtime.model_settings import model_settings
from ergos.runtime.settings import read_settings

WHOLE = """
[models]
auto = ["mine", "ollama/qwen3:8b", "mine"]
discover = false
[models.endpoints.mine]
base_url = "https://LLM.example.com/v1/"
dialect = "openai.responses"
model = "some-model"
api_key_env = "MY_KEY"
price = { input = 0.25, output = "2usd", cached = 0.025, cache_written = 0.3, per_call = 0.01, as_of = "2030-01-31" }
context_tokens = 128000
output_tokens_max = 4096
requests_per_minute = 60
tokens_per_minute = 100000
counts_cached = false
takes = ["image", "file"]
replica_of = "group"
record = "tapes/mine.jsonl"
[models.endpoints."vllm/Qwen/Qwen3-8B"]
base_url = "http://10.0.0.2:8000/v1"
model = "Qwen/Qwen3-8B"
local = true
slots = 32
kv_tokens = 440000
[models.endpoints.tape]
dialect = "recorded"
file = "tapes/mine.jsonl"
[models.prices."openai/gpt-x"]
input = 1
output = 5
beyond = { tokens = 200000, input = 2, output = 7.5 }
[models.share]
quantum_tokens = 100000
weights = { alice = 2, bob = 0.5 }
"""


def read(folder: Path, text: str) -> ModelSettings:
    (folder / "settings.toml").write_text(text, encoding="utf-8")
    return read_settings({}, home=folder).models


def test_nothing_said_is_a_good_setting(tmp_path: Path):
    assert read(tmp_path, "") == ModelSettings() == model_settings(None, "x")
    assert ModelSettings().discover


def test_everything_can_be_said(tmp_path: Path):
    found = read(tmp_path, WHOLE)
    assert found.auto == ("mine", "ollama/qwen3:8b")
    assert not found.discover
    mine, near, tape = found.endpoints
    assert mine == EndpointSettings(
        name="mine",
        kind="openai.responses",
        base_url="https://llm.example.com/v1",
        model="some-model",
        api_key_env="MY_KEY",
        price=ModelPrice(
            input=250_000, output=2_000_000, cached=25_000, cache_written=300_000, per_call=10_000, as_of="2030-01-31"
        ),
        context_tokens=128_000,
        output_tokens_max=4_096,
        limits=Limits(requests_per_minute=60, tokens_per_minute=100_000, counts_cached=False),
        takes=("image", "file"),
        replica_of="group",
        record=str(tmp_path / "tapes" / "mine.jsonl"),
    )
    assert (near.name, near.local, near.limits) == ("vllm/Qwen/Qwen3-8B", True, Limits(slots=32, kv_tokens=440_000))
    assert (tape.kind, tape.file) == ("recorded", str(tmp_path / "tapes" / "mine.jsonl"))
    longer = ModelPrice(input=2_000_000, output=7_500_000)
    price = ModelPrice(input=1_000_000, output=5_000_000, beyond_tokens=200_000, beyond=longer)
    assert found.prices == {"openai/gpt-x": price}
    assert (found.quantum_tokens, found.weights) == (100_000, {"alice": 2.0, "bob": 0.5})


def test_fairness_can_be_absolute_or_off(tmp_path: Path):
    assert read(tmp_path, "[models.share]\nquantum_tokens = 0").quantum_tokens == 0
    quantum = read(tmp_path, "[models.share]\nquantum_tokens = inf").quantum_tokens
    assert quantum is not None
    assert math.isinf(quantum)


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("models = 3", "models", "a table"),
        ("[models]\nautoo = []", "models.autoo", "models.auto"),
        ("[models]\nauto = 'mine'", "models.auto", "a list"),
        ("[models]\nauto = [1]", "models.auto", "a list"),
        ("[models]\ndiscover = 'yes'", "models.discover", "true or false"),
        ("[models.endpoints]\nmine = 3", "models.endpoints.mine", "a table"),
        ("[models.endpoints.auto]\nmodel = 'x'", "models.endpoints.auto", "not 'auto'"),
        ("[models.endpoints.'a b']\nmodel = 'x'", "models.endpoints.a b", "letters"),
        ("[models.endpoints.a]\nmodle = 'x'", "models.endpoints.a.modle", "models.endpoints.a.model"),
        ("[models.endpoints.a]\nbase_url = 'https://x.example'", "models.endpoints.a", "`model`"),
        ("[models.endpoints.a]\nmodel = 3", "models.endpoints.a.model", "a string"),
        ("[models.endpoints.a]\nmodel = 'x'\ndialect = 'openai'", "models.endpoints.a.dialect", "openai.chat"),
        ("[models.endpoints.a]\nmodel = 'x'\nbase_url = 'http://x.example'", "a.base_url", "https"),
        ("[models.endpoints.a]\nmodel = 'x'\nbase_url = 'nonsense'", "a.base_url", "https://api.example.com"),
        ("[models.endpoints.a]\nmodel = 'x'\ncontext_tokens = 0", "a.context_tokens", "whole number"),
        ("[models.endpoints.a]\nmodel = 'x'\nslots = true", "a.slots", "whole number"),
        ("[models.endpoints.a]\nmodel = 'x'\nrequests_per_minute = -1", "requests_per_minute", "whole number"),
        ("[models.endpoints.a]\nmodel = 'x'\nlocal = 1", "a.local", "true or false"),
        ("[models.endpoints.a]\nmodel = 'x'\ntakes = ['smell']", "a.takes", "image"),
        ("[models.endpoints.a]\nmodel = 'x'\nprice = 3", "a.price", "million tokens"),
        ("[models.endpoints.a]\nmodel = 'x'\nprice = { input = 1 }", "a.price", "`output`"),
        ("[models.endpoints.a]\nmodel = 'x'\nprice = { input = -1, output = 1 }", "a.price.input", "US dollars"),
        (
            "[models.endpoints.a]\nmodel = 'x'\nprice = { input = 1, output = 1, cashed = 1 }",
            "price.cashed",
            "price.cached",
        ),
        ("[models.endpoints.a]\nmodel = 'x'\nprice = { input = 1, output = 1, as_of = 'May' }", "as_of", "a date"),
        ("[models.endpoints.a]\ndialect = 'gguf'", "models.endpoints.a", "`file`"),
        (
            "[models.endpoints.a]\ndialect = 'gguf'\nfile = 'x'\nbase_url = 'http://127.0.0.1'",
            "a.base_url",
            "no base_url",
        ),
        ("[models.endpoints.a]\nmodel = 'x'\nfile = 'x'", "a.file", "base_url"),
        ("[models.prices]\nx = 1", "models.prices.x", "million tokens"),
        ("[models.prices.x]\ninput = 1\noutput = 1\nbeyond = 3", "x.beyond", "tokens"),
        ("[models.prices.x]\ninput = 1\noutput = 1\nbeyond = { input = 1, output = 1 }", "x.beyond.tokens", "whole"),
        ("[models.share]\nquantum = 3", "models.share.quantum", "models.share.quantum_tokens"),
        ("[models.share]\nquantum_tokens = -1", "quantum_tokens", "a number from 0"),
        ("[models.share]\nweights = { alice = 0 }", "weights.alice", "a number"),
        ("[models.share]\nweights = { 'a/b' = 1 }", "weights", "letters"),
        ("[models.share]\nweights = 3", "weights", "by owner"),
    ],
)
def test_an_error_names_file_key_and_what_was_expected(tmp_path: Path, text: str, place: str, expected: str):
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, text)
    assert "settings.toml" in caught.value.what
    assert place in caught.value.what
    assert expected in caught.value.what


@pytest.mark.parametrize(
    "line",
    [
        "api_key = 'sk-hunter2'",
        "key = 'sk-hunter2'",
        "api_key_env = 'sk-hunter2'",
        "api_key_env = 3",
        "base_url = 'https://me:hunter2@x.example'",
        "base_url = 'https://x.example?key=hunter2'",
        "api_key_name = 'hunter2'",
    ],
)
def test_a_key_in_the_file_is_refused_with_an_explanation_and_never_repeated(tmp_path: Path, line: str):
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, f"[models.endpoints.a]\nmodel = 'x'\n{line}")
    assert "hunter2" not in str(caught.value)
    if line.startswith(("api_key ", "key", "api_key_env")):
        assert "environment variable" in caught.value.what


plain = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)
keys = st.sampled_from(
    "base_url dialect model file api_key_env price takes slots local context_tokens replica_of".split()
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "auto": plain,
            "discover": plain,
            "prices": st.dictionaries(st.sampled_from(["a/b", "c"]), plain, max_size=2) | plain,
            "share": st.dictionaries(st.sampled_from(["quantum_tokens", "weights"]), plain, max_size=2) | plain,
            "endpoints": st.dictionaries(
                st.text(max_size=4), st.dictionaries(keys, plain, max_size=5) | plain, max_size=2
            ),
        },
    )
)
def test_any_table_is_read_or_refused(table: dict[str, object]):
    with contextlib.suppress(SettingsError):
        assert isinstance(model_settings(table, "/x/settings.toml"), ModelSettings)
