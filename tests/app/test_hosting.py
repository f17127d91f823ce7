"""A command gets the way to the door and no other way to a model."""

from __future__ import annotations

from ergos.app.hosting import environment
from ergos.base.ids import Pid


def test_a_command_finds_the_door_under_the_names_it_looks_for() -> None:
    made = environment({"PATH": "/bin", "LANG": "C"}, "http://127.0.0.1:7", "ergos-1-1-x", Pid(1))
    assert made["OPENAI_BASE_URL"] == "http://127.0.0.1:7/v1"
    assert made["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:7"
    assert made["OPENAI_API_KEY"] == made["ANTHROPIC_API_KEY"] == made["ERGOS_TOKEN"] == "ergos-1-1-x"
    assert made["PATH"] == "/bin"
    assert made["ERGOS_PID"] == "1"


def test_no_key_of_anybodys_is_passed_on() -> None:
    secrets = {
        "OPENAI_API_KEY": "secret",
        "OPENAI_ORG_ID": "secret",
        "ANTHROPIC_AUTH_TOKEN": "secret",
        "DASHSCOPE_API_KEY": "secret",
        "GEMINI_API_KEY": "secret",
        "OPENROUTER_API_KEY": "secret",
        "HF_TOKEN": "secret",
        "OLLAMA_HOST": "secret",
    }
    assert "secret" not in environment(secrets, "http://127.0.0.1:7", "t", Pid(1)).values()


def test_what_is_no_way_to_a_model_is_kept() -> None:
    kept = {"SERPER_API_KEY": "x", "DATABASE_URL": "y"}
    assert environment(kept, "http://127.0.0.1:7", "t", Pid(1)).items() >= kept.items()


def test_the_door_is_not_asked_for_through_a_proxy() -> None:
    made = environment({"NO_PROXY": "house"}, "http://127.0.0.1:7", "t", Pid(1))
    assert made["NO_PROXY"] == made["no_proxy"] == "house,127.0.0.1,localhost"
