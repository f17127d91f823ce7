"""A call runs where its owner wants it, where it fits, and never where the price is unknown."""

from __future__ import annotations

from ergos.kernel.calls import Failure
from ergos.kernel.choice import Choice, choose
from ergos.kernel.models import EndpointSpec, ModelPrice, Outline
from ergos.kernel.usage import FREE_MODEL

DEAR = ModelPrice(input=10_000_000, output=30_000_000)
CHEAP = ModelPrice(input=1_000_000, output=3_000_000)


def spec(name: str, **changes: object) -> EndpointSpec:
    made: dict[str, object] = {"name": name, "model": name.rpartition("/")[2], "dialect": "openai.chat", "price": CHEAP}
    return EndpointSpec(**{**made, **changes})  # type: ignore[arg-type]


def outline(model: str = "auto", **changes: object) -> Outline:
    made: dict[str, object] = {"dialect": "openai.chat", "model": model, "input_tokens": 100}
    return Outline(**{**made, **changes})  # type: ignore[arg-type]


def names(found: Choice | Failure) -> tuple[str, ...]:
    assert isinstance(found, Choice), found
    return tuple(one.name for one in found.endpoints)


def failed(found: Choice | Failure) -> str:
    assert isinstance(found, Failure)
    return found.code


def test_the_first_that_fits_is_taken_and_its_replicas_with_it():
    catalogue = [spec("a/x", replica_of="x"), spec("b/y"), spec("c/x", replica_of="x")]
    assert names(choose(outline(), catalogue)) == ("a/x", "c/x")
    assert names(choose(outline("y"), catalogue)) == ("b/y",)
    assert names(choose(outline("b/y"), catalogue)) == ("b/y",)
    assert names(choose(outline("x"), catalogue)) == ("a/x", "c/x")


def test_an_endpoint_of_unknown_price_is_never_chosen():
    assert failed(choose(outline(), [spec("a/x", price=None)])) == "E303"
    assert names(choose(outline(), [spec("a/x", price=None), spec("b/y")])) == ("b/y",)
    assert failed(choose(outline("x"), [spec("a/x", price=None), spec("b/y")])) == "E303"


def test_nothing_stands_in_for_a_model_that_was_named():
    found = choose(outline("x"), [spec("a/x"), spec("b/y")])
    assert isinstance(found, Choice)
    assert found.degraded == ()


def test_what_stands_in_when_the_choice_is_ours_is_never_dearer():
    found = choose(outline(), [spec("a/x"), spec("b/y", price=DEAR), spec("c/z", price=FREE_MODEL)])
    assert isinstance(found, Choice)
    assert [one.name for one in found.degraded] == ["c/z"]


def test_a_call_goes_where_its_media_and_its_length_fit():
    catalogue = [spec("a/x", context_tokens=1_000), spec("b/y", takes=("image",), context_tokens=100_000)]
    assert names(choose(outline(media=("image",)), catalogue)) == ("b/y",)
    assert names(choose(outline(input_tokens=50_000), catalogue)) == ("b/y",)
    assert failed(choose(outline(media=("audio",)), catalogue)) == "E307"
    assert failed(choose(outline(input_tokens=10**6), catalogue)) == "E307"


def test_embeddings_are_made_where_they_are_spoken_of():
    catalogue = [spec("a/claude", dialect="anthropic.messages"), spec("b/embed")]
    assert names(choose(outline(dialect="openai.embeddings"), catalogue)) == ("b/embed",)


def test_an_unknown_or_empty_name_finds_nothing():
    catalogue = [spec("a/x")]
    for name in ("", "nobody", "a", "a/", "X"):
        assert failed(choose(outline(name), catalogue)) == "E307", name
    assert failed(choose(outline(), [])) == "E307"


def test_the_worst_case_is_the_dearest_way_to_use_the_tokens():
    price = ModelPrice(input=1_000_000, output=3_000_000, cache_written=2_000_000)
    assert outline(output_tokens_max=10).worst(spec("a/x", price=price)).microusd == 230
    assert outline().worst(spec("a/x", price=price, output_tokens_max=10)).tokens == 110


def test_what_is_only_used_by_name_is_not_chosen_for_a_call_that_names_none():
    catalogue = [spec("a/x", by_name_only=True), spec("b/y"), spec("c/z", by_name_only=True)]
    found = choose(outline(), catalogue)
    assert names(found) == ("b/y",)
    assert isinstance(found, Choice)
    assert found.degraded == ()
    assert names(choose(outline("x"), catalogue)) == ("a/x",)
    assert failed(choose(outline(), [spec("a/x", by_name_only=True)])) == "E307"


def test_an_endpoint_of_embeddings_takes_nothing_else():
    vectors = spec("a/e", dialect="openai.embeddings")
    assert failed(choose(outline("a/e"), [vectors])) == "E307"
    assert names(choose(outline("a/e", dialect="openai.embeddings"), [vectors])) == ("a/e",)
