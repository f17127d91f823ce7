"""What a prompt costs at most, and which of its blocks a cache can share."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from ergos.base.errors import ValueShapeError
from ergos.base.limits import VALUE_DEPTH_MAX
from ergos.drivers.models import prompt as bounds
from ergos.drivers.models.prompt import BLOCK_BYTES, TEMPLATE_TOKENS, Prompt
from ergos.kernel.pager import tokens_of

WORDS = "The quick brown fox jumps over the lazy dog. "


def prompt_of(*items: Any) -> Prompt:
    prompt = Prompt()
    for item in items:
        prompt.add(item, "x")
    return prompt


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def test_text_counts_as_the_pager_counts_and_the_template_besides() -> None:
    for text in (WORDS * 50, "世界" * 500, "🌍" * 99):
        tokens = prompt_of([user(text)]).tokens
        assert tokens_of(text) + TEMPLATE_TOKENS <= tokens <= tokens_of(text) + TEMPLATE_TOKENS + 20


def test_media_count_by_their_bound_and_never_by_their_base64() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 3_000_000}}
    prompt = prompt_of([user([{"type": "text", "text": "what?"}, picture, picture])])
    assert 2 * bounds.IMAGE_TOKENS <= prompt.tokens < 2 * bounds.IMAGE_TOKENS + 500
    assert prompt.media == ("image",)


@pytest.mark.parametrize(
    ("part", "kind", "least", "most"),
    [
        ({"type": "input_audio", "input_audio": {"data": "A" * 32_000, "format": "wav"}}, "audio", 1_000, 2_000),
        ({"type": "input_image", "image_url": "https://a.b/c.png"}, "image", 5_000, 5_500),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 9999}},
            "image",
            5_000,
            5_500,
        ),
        ({"type": "file", "file": {"file_data": "A" * 30_000}}, "file", 15_000, 15_500),
        (
            {"type": "file", "file": {"file_data": "A" * 9_000_000}},
            "file",
            bounds.FILE_TOKENS,
            bounds.FILE_TOKENS + 500,
        ),
        ({"type": "input_file", "file_id": "file-1"}, "file", 25_000, 25_500),
        ({"type": "document", "source": {"type": "url", "url": "https://a.b/c.pdf"}}, "file", 25_000, 25_500),
        ({"type": "video_url", "video_url": {"url": "https://a.b/c.mp4"}}, "video", 64_000, 64_500),
    ],
)
def test_every_medium_has_its_bound(part: dict[str, Any], kind: str, least: int, most: int) -> None:
    prompt = prompt_of([user([part])])
    assert prompt.media == (kind,)
    assert least <= prompt.tokens <= most


def test_media_inside_a_tools_answer_are_found() -> None:
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 99_999}}
    inside = user([{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "x"}, picture]}])
    output = {
        "type": "function_call_output",
        "call_id": "c",
        "output": [{"type": "input_image", "image_url": "data:image/png;base64," + "A" * 99_999}],
    }
    for item in (inside, output):
        assert prompt_of([item]).media == ("image",)
        assert prompt_of([item]).tokens < 6_000


def test_words_of_a_document_are_words() -> None:
    document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": WORDS * 100}}
    prompt = prompt_of([user([document])])
    assert prompt.media == ()
    assert prompt.tokens > tokens_of(WORDS * 100)


def test_longer_conversations_share_the_blocks_of_shorter_ones() -> None:
    history = [user(f"{number} {WORDS * 20}") for number in range(12)]
    before, after = prompt_of([{"name": "t"}], history[:9]).blocks(), prompt_of([{"name": "t"}], history).blocks()
    assert 3 < len(before) < len(after)
    assert after[: len(before)] == before
    assert [tokens for _, tokens in before] == [n * BLOCK_BYTES // 3 for n in range(1, len(before) + 1)]


def test_another_beginning_shares_nothing() -> None:
    history = [user(WORDS * 20) for _ in range(12)]
    one, other = (prompt_of([user(first), *history]).blocks() for first in ("a", "b"))
    assert not {block for block, _ in one} & {block for block, _ in other}


def test_marks_for_a_cache_change_no_hash() -> None:
    def history(marked: int) -> list[dict[str, Any]]:
        return [
            user(
                [
                    {
                        "type": "text",
                        "text": WORDS * 20,
                        **({"cache_control": {"type": "ephemeral"}} if n == marked else {}),
                    }
                ]
            )
            for n in range(12)
        ]

    assert prompt_of(history(3)).blocks() == prompt_of(history(9)).blocks() != ()


def test_another_picture_is_another_prefix() -> None:
    def history(data: str) -> list[dict[str, Any]]:
        return [
            user([{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data * 500}"}}]),
            user(WORDS * 60),
        ]

    one, other = prompt_of(history("A")).blocks(), prompt_of(history("B")).blocks()
    assert one != other
    assert one[0][1] > bounds.IMAGE_TOKENS


def test_hashes_are_the_same_in_every_process() -> None:
    code = (
        "from ergos.drivers.models.prompt import Prompt\n"
        f"p = Prompt(); p.add([{{'role': 'user', 'content': {WORDS * 80!r}}}], 'x'); print(p.blocks())"
    )
    mine = str(prompt_of([user(WORDS * 80)]).blocks())
    for seed in ("1", "2"):
        env = {"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)}
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
        assert run.stdout.strip() == mine


def test_what_is_no_plain_data_or_has_no_end_is_refused() -> None:
    deep: Any = "x"
    for _ in range(VALUE_DEPTH_MAX * 30):
        deep = [deep]
    for value in (deep, {"content": deep}, {"a": object()}, "\ud800"):
        with pytest.raises(ValueShapeError):
            prompt_of([value])


def test_a_prompt_without_end_has_an_end_of_blocks() -> None:
    assert len(prompt_of(["x" * BLOCK_BYTES * (bounds.BLOCKS_MAX + 5)]).blocks()) == bounds.BLOCKS_MAX
