"""`ergos models`: what was found, what it costs, whether it answers."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from ergos.drivers.models.prices import providers
from ergos.drivers.models.servers import SERVERS
from scripts.make_tiny_gguf import tiny_gguf

from .conftest import Shell

SETTINGS = """
[models]
discover = true
[models.endpoints.toy]
dialect = "scripted"
file = "toy.toml"
price = { input = 1, output = 2 }
[models.endpoints.far]
base_url = "https://llm.example.com/v1"
model = "some-model"
[models.endpoints.near]
base_url = "http://127.0.0.1:9/v1"
model = "other-model"
[models.endpoints.locked]
base_url = "https://llm.example.com/v1"
model = "m"
api_key_env = "MY_KEY"
price = { input = 0.25, output = 2 }
"""
SCRIPT = """
[[answers]]
when = "17 plus 25"
calls = [{ name = "add", arguments = { a = 17, b = 25 } }]
[[answers]]
typed = true
value = { capital = "Paris" }
[[answers]]
typed = false
say = "Hello \\u001b[31mthere."
"""


@pytest.fixture
def home(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A home with endpoints, on a machine with no key and no server."""
    for server in SERVERS:
        monkeypatch.setenv(server.variable, "127.0.0.1:9")
    for provider in providers().values():
        for name in (*provider.keys, provider.url_env):
            if name:
                monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    shell.home.mkdir()
    (shell.home / "settings.toml").write_text(SETTINGS)
    (shell.home / "toy.toml").write_text(SCRIPT)
    return shell


def test_the_table_shows_prices_and_what_is_wrong(home: Shell):
    out = home("models")
    lines = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert "$1 / $2" in lines["toy"]
    assert "unknown" in lines["far"]
    assert "free" in lines["near"]
    assert "does not answer" in " ".join(out.split())
    assert "MY_KEY is not set" in " ".join(out.split())
    assert '[models.prices."far"]' in home.err


def test_programs_are_told_everything_but_keys(home: Shell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hunter2")
    found = {one["name"]: one for one in home.json("models")}  # type: ignore[attr-defined]
    assert found["far"]["price"] is None
    assert found["toy"]["price"] == {"input": 1_000_000, "output": 2_000_000}
    assert found["near"]["health"] == "silent"
    assert found["openai/gpt-5-mini"]["how"] == "OPENAI_API_KEY"
    assert found["openai/gpt-5-mini"]["by_name_only"]
    assert "hunter2" not in repr(found)


def test_a_key_lists_the_models_the_kernel_may_choose_and_with_all_every_one(
    home: Shell, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DASHSCOPE_API_KEY", "k")
    out = home("models")
    assert "dashscope/qwen3.7-plus" in out
    assert "dashscope/qwen-turbo" not in out
    assert "--all" in home.err
    assert "dashscope/qwen-turbo" in home("models", "--all")


def test_where_nothing_is_found_it_says_what_to_do(home: Shell):
    (home.home / "settings.toml").write_text("")
    assert home("models") == ""
    assert "OPENAI_API_KEY" in home.err
    assert "System 1" in home.err
    assert home.json("models") == []


def test_a_variable_that_cannot_be_used_is_remarked(home: Shell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://gateway.example/v1")
    home("models")
    assert "gateway.example" in home.err


def test_a_test_makes_a_real_call(home: Shell):
    out = home("models", "test", "toy")
    assert "Hello" in out
    assert "\x1b" not in out
    assert "first token" in out
    assert "$0.0000" in out


def test_a_test_with_tools_checks_both_and_says_so_by_its_exit_code(home: Shell):
    out = home("models", "test", "toy", "--tools")
    assert "ok: add" in out
    assert "ok: {" in out
    (home.home / "toy.toml").write_text(SCRIPT.replace("capital", "town"))
    assert "BAD" in home("models", "test", "toy", "--tools", code=5)
    trial = home.json("models", "test", "toy", "--tools", code=5)
    assert [check["good"] for check in trial["checks"]] == [True, False]  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "code", "part"),
    [("far", 4, "[E303]"), ("locked", 4, "MY_KEY"), ("nope", 4, "[E307]")],
)
def test_what_cannot_be_tried_says_why(home: Shell, name: str, code: int, part: str):
    home("models", "test", name, code=code)
    assert part in home.err


def test_a_wrong_setting_is_named(home: Shell):
    (home.home / "settings.toml").write_text("[models.endpoints.a]\nmodel = 'x'\napi_key = 'sk-hunter2'")
    home("models", code=2)
    assert "api_key_env" in home.err
    assert "hunter2" not in home.err


def test_the_home_may_stand_anywhere_in_the_command(home: Shell, tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "settings.toml").write_text('[models.endpoints.only]\ndialect = "recorded"\nfile = "x"')
    for arguments in (["--home", str(other), "models"], ["models", "--home", str(other)]):
        assert [one["name"] for one in home.json(*arguments)] == ["only"]  # type: ignore[attr-defined]
    home("models", "--home", str(other), "test", "only", code=5)
    assert "x cannot be read" in home.err


def test_a_model_file_must_be_there(home: Shell):
    home("models", "run", "none.gguf", "--prompt", "hi", code=2)
    assert "none.gguf" in home.err


def test_a_model_file_needs_a_prompt_where_nobody_types(home: Shell, tmp_path: Path):
    file = tmp_path / "tiny.gguf"
    file.write_bytes(tiny_gguf())
    home("models", "run", str(file), code=2)
    assert "--prompt" in home.err


@pytest.mark.skipif(importlib.util.find_spec("llama_cpp") is not None, reason="llama-cpp-python is installed")
def test_a_model_file_without_the_library_says_what_to_install(home: Shell, tmp_path: Path):
    file = tmp_path / "tiny.gguf"
    file.write_bytes(tiny_gguf())
    home("models", "run", str(file), "--prompt", "hi", code=5)
    assert "ergos[local]" in home.err


@pytest.mark.skipif(importlib.util.find_spec("llama_cpp") is None, reason="llama-cpp-python is not installed")
def test_a_model_file_answers(home: Shell, tmp_path: Path):
    file = tmp_path / "tiny.gguf"
    file.write_bytes(tiny_gguf())
    arguments = ["models", "run", str(file), "--prompt", "hi", "--answer", "8", "--context", "256"]
    assert home(*arguments).strip()
    assert "8 written" in home.err
    assert home.json(*arguments)["usage"]["output_tokens"] == 8  # type: ignore[index]
