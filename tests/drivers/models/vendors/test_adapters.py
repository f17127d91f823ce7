from __future__ import annotations

import asyncio

import pytest

from ergos.base.errors import NoModelError
from ergos.base.world_errors import ModelRequestError
from ergos.drivers.models.vendors.adapters import HOMES, Opened, open_library
from ergos.kernel.models import EndpointSpec


def opened(dialect: str, base_url: str | None, model: str = "vendor/model-1", **spec: object) -> Opened:
    fields = {"name": "test/model", **spec}
    found = open_library(EndpointSpec(model=model, dialect=dialect, **fields), base_url, "key", lambda: 0)
    asyncio.run(found.client.aclose())
    return found


@pytest.mark.parametrize("dialect", ["openai.chat", "openai.responses", "anthropic.messages", "google"])
def test_without_an_address_the_vendors_own_is_meant(dialect: str) -> None:
    found = opened(dialect, None)
    assert found.model.base_url.rstrip("/").startswith(HOMES[found.place.wire])


@pytest.mark.parametrize("dialect", ["openai.chat", "openai.responses", "anthropic.messages", "google"])
def test_the_environment_decides_nothing(dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "OPENAI_BASE_URL",
        "ANTHROPIC_BASE_URL",
        "GOOGLE_GEMINI_BASE_URL",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "ALL_PROXY",
    ):
        monkeypatch.setenv(name, "http://127.0.0.1:9/evil")
    for name in (
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "GOOGLE_API_KEY",
        "GEMINI_API_KEY",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
    ):
        monkeypatch.setenv(name, "leaked")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    found = opened(dialect, None)
    assert "evil" not in found.model.base_url
    library = found.model.client
    if dialect != "google":
        assert "leaked" not in str({**library.default_headers, **library.auth_headers})
        assert library.max_retries == 0
    else:
        assert not library._api_client.vertexai
        assert library._api_client.api_key == "key"


@pytest.mark.parametrize(
    ("base_url", "name", "system"),
    [
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "a/b", "alibaba"), ("http://127.0.0.1:1/v1", "dashscope/qwen-plus", "alibaba"),
        ("https://api.deepseek.com", "a/b", "deepseek"), ("https://openrouter.ai/api/v1", "a/b", "openrouter"), ("https://api.openai.com/v1", "a/b", "openai"),
        ("http://127.0.0.1:8000/v1", "vllm/qwen3", "vllm"), ("https://api.moonshot.cn/v1", "a/b", "moonshotai"), ("https://openai.com.evil.example/v1", "a/b", "a"),
    ],
)  # fmt: skip
def test_a_host_has_the_profile_of_its_vendor(base_url: str, name: str, system: str) -> None:
    found = opened("openai.chat", base_url, name=name)
    assert found.sender.system == system
    assert found.place.dashscope == (system == "alibaba")


def test_only_openai_itself_is_asked_in_its_newest_words() -> None:
    assert opened("openai.chat", None).profile["openai_chat_supports_max_completion_tokens"]
    assert not opened("openai.chat", "http://127.0.0.1:1/v1").profile["openai_chat_supports_max_completion_tokens"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://127.0.0.1:1/", "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1/"]
)
def test_anthropics_address_may_end_in_its_version(url: str) -> None:
    assert opened("anthropic.messages", url).model.base_url.rstrip("/") == "http://127.0.0.1:1"


def test_a_dialect_without_a_library_is_refused() -> None:
    with pytest.raises(NoModelError, match=r"openai\.embeddings"):
        opened("openai.embeddings", None)


def test_a_model_that_its_vendor_cannot_have_is_refused() -> None:
    with pytest.raises(ModelRequestError, match="OpenRouter"):
        opened("openai.chat", "https://openrouter.ai/api/v1", "no-vendor")


def test_words_are_never_taken_for_thoughts() -> None:
    for dialect in ("openai.chat", "openai.responses", "anthropic.messages", "google"):
        assert "think>" not in opened(dialect, None).profile["thinking_tags"][0]
