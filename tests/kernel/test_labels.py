"""Labels only get worse."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.labels import TRUSTED, UNTRUSTED, USER, Label, join

READERS = st.none() | st.lists(st.sampled_from(["a", "b", "c"]), unique=True).map(lambda names: tuple(sorted(names)))
LABELS = st.builds(Label, st.sampled_from(["user", "trusted", "untrusted"]), READERS)
RANK = {"user": 0, "trusted": 1, "untrusted": 2}


@given(LABELS, LABELS, LABELS)
def test_joining_is_a_lattice(a: Label, b: Label, c: Label) -> None:
    assert join(a, a) == a
    assert join(a, b) == join(b, a)
    assert join(join(a, b), c) == join(a, join(b, c))


@given(LABELS, LABELS)
def test_a_join_is_no_better_than_either_part(a: Label, b: Label) -> None:
    both = join(a, b)
    for part in (a, b):
        assert RANK[both.integrity] >= RANK[part.integrity]
        if part.readers is not None:
            assert both.readers is not None
            assert set(both.readers) <= set(part.readers)


def test_untrusted_text_taints_the_owners_words() -> None:
    assert join(USER, UNTRUSTED) == UNTRUSTED
    assert join(TRUSTED, USER) == TRUSTED
