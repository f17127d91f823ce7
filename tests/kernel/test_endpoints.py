"""An address that is shown holds no secret, and nothing secret leaves the house unencrypted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import ValueShapeError
from ergos.kernel.endpoints import endpoint_name, endpoint_url, is_loopback, is_near
from ergos.kernel.models import AUTO


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("https://api.openai.com/v1/", "https://api.openai.com/v1"),
        ("HTTPS://API.Example.com:8443/v1", "https://api.example.com:8443/v1"),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("http://localhost:11434", "http://localhost:11434"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("http://10.1.2.3/v1", "http://10.1.2.3/v1"),
        ("http://192.168.0.9:1234", "http://192.168.0.9:1234"),
        ("http://vllm:8000/v1", "http://vllm:8000/v1"),
        ("http://gpu.local/v1", "http://gpu.local/v1"),
    ],
)
def test_a_good_address_is_kept_without_its_last_slash(said: str, kept: str):
    assert endpoint_url(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "",
        "api.openai.com/v1",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "https://",
        "http://api.openai.com/v1",
        "http://8.8.8.8/v1",
        "http://169.254.169.254/latest",
        "http://134744072/",
        "http://0x08080808/",
        "http://8.8.2056/",
        "http://localhost.example.com/",
        "http://[::ffff:8.8.8.8]/",
        "https://user:hunter2@api.example.com/v1",
        "https://hunter2@api.example.com/v1",
        "https://api.example.com/v1?key=hunter2",
        "https://api.example.com/v1?",
        "https://api.example.com/v1#hunter2",
        "https://api.example.com:99999/v1",
        "https://api.exa mple.com/v1",
        "https://api.example.com/v1\r\nX: hunter2",
        "https://пример.рф/v1",
        "https://[::1/v1",
        "https://a/" + "x" * 3_000,
    ],
)
def test_a_bad_address_is_refused_without_repeating_a_secret(said: str):
    with pytest.raises(ValueShapeError) as caught:
        endpoint_url(said)
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str):
    try:
        kept = endpoint_url(text)
    except ValueShapeError:
        return
    assert endpoint_url(kept) == kept


def test_this_machine_and_this_house_are_told_apart():
    assert is_loopback("127.0.0.1")
    assert is_loopback("127.8.9.1")
    assert is_loopback("::1")
    assert is_loopback("a.localhost")
    assert not is_loopback("10.0.0.1")
    assert is_near("10.0.0.1")
    assert is_near("fd00::1")
    assert not is_near("2001:4860:4860::8888")
    assert not is_near("localhost.evil.com")
    assert not is_near("")


@pytest.mark.parametrize("name", ["mine", "ollama/qwen3:8b", "vllm/Qwen/Qwen3-8B", "模型", "a@b+c"])
def test_names_of_endpoints_are_as_vendors_write_them(name: str):
    assert endpoint_name(name) == name


@pytest.mark.parametrize("name", ["", AUTO, "a b", "-x", "/x", "a\nb", "a\x1b[31m", "x" * 201])
def test_other_names_are_refused(name: str):
    with pytest.raises(ValueShapeError):
        endpoint_name(name)
