"""Bodies as nobody should write them: valid ones with anything put anywhere."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from ergos.base.errors import ValueShapeError

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=True),
    st.text(max_size=8),
    st.sampled_from(
        "text image_url input_audio file input_text input_image input_file tool_result tool_use thinking document image "
        "redacted_thinking function user assistant system tool developer message reasoning function_call data: data:, "
        "data:;base64, https://x base64 url content \ud800 auto json_schema enabled disabled low".split(" ")
    ),
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.text(max_size=4),
                st.sampled_from(
                    "type text content role name id source data url input function arguments media_type".split()
                ),
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a value."""
    found = [at] if at else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*at, key))
    return found


@st.composite
def spoiled(draw: st.DrawFn, body: dict[str, Any]) -> dict[str, Any]:
    """A body with up to three of its places replaced, taken out or added to."""
    body = copy.deepcopy(body)
    for _ in range(draw(st.integers(1, 3))):
        if not (there := places(body)):
            break
        where = draw(st.sampled_from(there))
        inner: Any = body
        for key in where[:-1]:
            inner = inner[key]
        kind = draw(st.sampled_from(("replace", "remove", "add")))
        if kind == "remove":
            del inner[where[-1]]
        elif kind == "add" and isinstance(inner, dict):
            inner[draw(st.sampled_from([*inner, "type", "file_id", "content", "refusal"]))] = draw(ANYTHING)
        else:
            inner[where[-1]] = draw(ANYTHING)
    return body


def understood(read: Callable[[dict[str, Any]], object], body: dict[str, Any]) -> bool:
    """Whether a body is read, or refused with a field named; anything else comes out as what it is."""
    try:
        read(body)
    except ValueShapeError as error:
        return bool(error.what.partition(":")[0])
    return True
