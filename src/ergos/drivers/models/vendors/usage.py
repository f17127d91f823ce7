"""Token counts as the vendors report them, in our own terms.

Rules: pure; `input_tokens` counts everything that was read, cached or not, and `output_tokens` everything that was
written, reasoning included, whichever way a vendor splits them; None means that the vendor did not say.
"""

from __future__ import annotations

from ergos.drivers.models.vendors.shapes import Object, count, obj
from ergos.kernel.models import Usage


def openai_usage(value: object) -> Usage | None:
    """Of chat completions and of responses: cached and reasoning tokens are parts of the two totals."""
    usage = obj(value)
    if not _says(usage, "prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens"):
        return None
    read = count(usage.get("prompt_tokens")) or count(usage.get("input_tokens"))
    written = count(usage.get("completion_tokens")) or count(usage.get("output_tokens"))
    details = obj(usage.get("prompt_tokens_details") or usage.get("input_tokens_details"))
    cached = (
        count(details.get("cached_tokens"))
        or count(usage.get("prompt_cache_hit_tokens"))
        or count(usage.get("cached_tokens"))
    )
    of_output = obj(usage.get("completion_tokens_details") or usage.get("output_tokens_details"))
    reasoning = count(of_output.get("reasoning_tokens")) or count(usage.get("reasoning_tokens"))
    return Usage(
        input_tokens=read,
        output_tokens=written,
        cached_tokens=min(cached, read),
        cache_written_tokens=count(details.get("cache_write_tokens")) or count(details.get("cache_creation_tokens")),
        reasoning_tokens=min(reasoning, written),
    )


def messages_usage(value: object, before: Usage | None = None) -> Usage | None:
    """Of Anthropic's messages: cached and written tokens are counted beside `input_tokens`.

    In a stream the counts come twice, the later ones being totals; `before` keeps what the later one leaves out.
    """
    usage = obj(value)
    if not _says(usage, "input_tokens", "output_tokens"):
        return before
    old = before or Usage()
    plain = old.input_tokens - old.cached_tokens - old.cache_written_tokens
    cached = count(usage["cache_read_input_tokens"]) if _says(usage, "cache_read_input_tokens") else old.cached_tokens
    written = old.cache_written_tokens
    if _says(usage, "cache_creation_input_tokens"):
        written = count(usage["cache_creation_input_tokens"])
    if _says(usage, "input_tokens"):
        plain = count(usage["input_tokens"])
    return Usage(
        input_tokens=plain + cached + written,
        output_tokens=count(usage["output_tokens"]) if _says(usage, "output_tokens") else old.output_tokens,
        cached_tokens=cached,
        cache_written_tokens=written,
        reasoning_tokens=count(obj(usage.get("output_tokens_details")).get("thinking_tokens")) or old.reasoning_tokens,
    )


def google_usage(value: object) -> Usage | None:
    """Of Google's generateContent: thoughts, and the prompts of its own tools, are counted beside the totals."""
    usage = obj(value)
    if not _says(usage, "promptTokenCount", "candidatesTokenCount", "totalTokenCount", "thoughtsTokenCount"):
        return None
    thoughts = count(usage.get("thoughtsTokenCount"))
    return Usage(
        input_tokens=count(usage.get("promptTokenCount")) + count(usage.get("toolUsePromptTokenCount")),
        output_tokens=count(usage.get("candidatesTokenCount")) + thoughts,
        cached_tokens=count(usage.get("cachedContentTokenCount")),
        reasoning_tokens=thoughts,
    )


def _says(usage: Object, *keys: str) -> bool:
    return any(isinstance(usage.get(key), int | float) for key in keys)
