"""Fields of others: what has another type counts as absent and is said; what nobody asked for is said, too."""

from __future__ import annotations

from ergos.app.importing.fields import Fields
from ergos.app.importing.remarks import Findings


def test_values_of_the_right_type_are_read_and_others_are_reported() -> None:
    findings = Findings()
    fields = Fields({"t": "x", "n": 3, "f": True, "l": ["a", 1], "m": {"k": "v"}, "bad": {}, "no": [[]]}, "w", findings)
    assert (fields.text("t"), fields.text("n"), fields.text("f"), fields.text("gone")) == ("x", "3", "true", "")
    assert (fields.number("n"), fields.number("gone"), fields.flag("f")) == (3, None, True)
    assert (fields.texts("l"), fields.texts("t"), fields.below("m").text("k")) == (("a", "1"), ("x",), "v")
    assert not findings.all
    assert (fields.text("bad"), fields.number("bad"), fields.flag("t"), fields.items("t"), fields.pairs("l")) == (
        "",
        None,
        None,
        (),
        {},
    )
    assert {one.where for one in findings.all} == {"w.bad", "w.t", "w.l"}
    fields.done()
    assert [one.where for one in findings.all if one.code == "I101"] == ["w.no"]


def test_something_that_is_no_mapping_is_empty_and_said() -> None:
    findings = Findings()
    fields = Fields(["x"], "w", findings)
    assert (fields.keys, fields.text("a")) == ((), "")
    assert [one.code for one in findings.all] == ["I102"]


def test_the_first_of_several_names_counts() -> None:
    assert Fields({"b": 1, "a": None}, "", Findings()).text("a", "b") == "1"
