"""A source is read and never run: what it declares, and everything by which it would do more than declare."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.lib.tool_source import PREFIX, SOURCE_BYTES_MAX, definition_of, read_source, read_tests

GOOD = '''
"""Slugs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

from ergos.base.errors import ToolFailedError
from ergos.lib.tool import tool

WORDS: Final = re.compile("[a-z]+")
STOP = frozenset({"the", "a"})
LEAST: int = -1


class Slug:
    """One."""

    parts: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "-".join(self.parts)


def cut(text: str) -> Iterable[str]:
    return WORDS.findall(text)


@tool(effect="pure", roles={"title": "text"}, reach="read", deadline_s=5, name="slug")
def slug(title: str, words: int = 8, *, kind: Literal["a", "b"] | None = None, extra: dict[str, list[float]] = {}) -> str:
    """A title as a part of an address.

    More of it.
    """
    if not title:
        raise ToolFailedError("there is no title")
    return "-".join(word for word in cut(title.lower()) if word not in STOP)
'''
TESTS = """
from slug import slug

EXPECTED = "big-world"


def test_stop_words_go():
    assert slug("the big world") == EXPECTED
"""
TOOL = "from ergos.lib.tool import tool\n\n"
DEF = '@tool(effect="pure")\ndef f(a: int) -> int:\n    "F."\n    return a\n'


def faults(source: str) -> str:
    declared, found = read_source(source)
    assert (declared is None) == bool(found)
    return "; ".join(found)


def test_a_source_declares_a_tool() -> None:
    declared, found = read_source(GOOD)
    assert found == ()
    assert declared is not None
    spec = definition_of(declared).spec
    assert (declared.function, spec.name, spec.effect, spec.goes, spec.deadline_s) == (
        "slug",
        "made.slug",
        "pure",
        "read",
        5,
    )
    assert spec.summary == "A title as a part of an address."
    assert spec.roles == {"title": "text"}
    assert spec.parameters["required"] == ["title"]
    properties = spec.parameters["properties"]
    assert isinstance(properties, dict)
    assert properties["kind"]["anyOf"][0] == {"enum": ["a", "b"]}
    assert not spec.trusted
    assert not spec.local


def test_arguments_are_checked_without_the_function() -> None:
    declared, _ = read_source(GOOD)
    assert declared is not None
    tool = definition_of(declared)
    assert tool.misfit({"title": "x", "extra": {"a": [1.5]}}) == ""
    for args in (
        {},
        {"title": 1},
        {"title": "x", "kind": "c"},
        {"title": "x", "unknown": 1},
        {"title": "x", "words": "8"},
    ):
        assert tool.misfit(args) != ""


def test_every_made_tool_has_the_prefix_so_that_none_takes_anothers_name() -> None:
    declared, _ = read_source(
        TOOL + '@tool(effect="pure", name="files.read")\ndef f(a: int) -> int:\n    "F."\n    return a\n'
    )
    assert declared is not None
    assert definition_of(declared).spec.name == f"{PREFIX}files.read"


EFFECTS = {
    "a call": "print('hello')",
    "an assignment of a call": "x = open('/etc/passwd')",
    "an import of os and its use": "import os\nos.system('id')",
    "a loop": "while True:\n    pass",
    "a condition": "if True:\n    x = 1",
    "a with": "with open('x'):\n    pass",
    "a try": "try:\n    x = 1\nfinally:\n    y = 2",
    "an assertion": "assert print('x')",
    "a deletion": "del x",
    "a comprehension": "x = [y for y in range(10)]",
    "a power": "x = 10 ** 10 ** 10",
    "a formatted text": "x = f'{print(1)}'",
    "an assignment to an attribute": "import sys\nsys.modules = {}",
    "an assignment to an item": "X = {}\nX['a'] = 1",
    "a default that is computed": "def g(a=print(1)):\n    pass",
    "a keyword default that is computed": "def g(*, a=print(1)):\n    pass",
    "a type that is computed": "def g(a: print(1)):\n    pass",
    "a result type that is computed": "def g() -> print(1):\n    pass",
    "a variable's type that is computed": "x: print(1) = 1",
    "a decorator": "import functools\n\n@functools.cache\ndef g():\n    pass",
    "a decorator of a class": "@print\nclass A:\n    pass",
    "a base that is computed": "class A(print(1)):\n    pass",
    "a metaclass": "class A(metaclass=type):\n    pass",
    "a call in a class": "class A:\n    print(1)",
    "a constant that is a call in a class": "class A:\n    x = print(1)",
    "an awaited call": "await print(1)",
    "a walrus": "(x := print(1))",
    "a lambda that is called": "x = (lambda: 1)()",
    "another text than the first": "'one'\n'two'",
    "a match": "match 1:\n    case _:\n        print(1)",
    "a global": "global x",
    "a name": "x = y",
    "a maker of its own": "def tuple(x):\n    print(x)\n\nX = tuple(())",
    "a maker from elsewhere": "from os import system as frozenset\nX = frozenset('id')",
    "a module under another name": "import os as re",
    "a tool of its own": "def tool(*a, **k):\n    print(a)\n    return print",
    "a decorator of its own": "def property(x):\n    print(x)",
    "a constant of a fixed name": "tuple = 1",
    "a class hook": "class A:\n    def __init_subclass__(cls):\n        print(1)\n\nclass B(A):\n    pass",
    "a subscript hook": "class A:\n    def __class_getitem__(cls, x):\n        print(1)\n\nx: A[int] = 1",
}


@pytest.mark.parametrize("source", EFFECTS.values(), ids=EFFECTS)
def test_nothing_may_happen_when_it_is_imported(source: str) -> None:
    assert faults(TOOL + source + "\n\n" + DEF) != ""


OTHERS = {
    "nothing": "",
    "no tool": TOOL + "def f(a: int) -> int:\n    return a\n",
    "two tools": TOOL + DEF + DEF.replace("def f", "def g"),
    "no import of tool": DEF,
    "a tool of somebody else": "from evil import tool\n" + DEF,
    "a library that is not there": "import requests\n" + TOOL + DEF,
    "the inside of ergos": "from ergos.app.home import Home\n" + TOOL + DEF,
    "everything of a module": "from os import *\n" + TOOL + DEF,
    "a relative import": "from . import x\n" + TOOL + DEF,
    "a syntax error": TOOL + "def f(:\n",
    "an effect that is none": TOOL + DEF.replace('"pure"', '"harmless"'),
    "an effect that is computed": TOOL + DEF.replace('"pure"', '"pu" + "re"'),
    "an effect from outside": TOOL + DEF.replace('"pure"', "EFFECT"),
    "no effect": TOOL + DEF.replace('effect="pure"', ""),
    "a probe": TOOL + DEF.replace('"pure"', '"reconcilable"'),
    "a price": TOOL + DEF.replace('"pure"', '"pure", price=None'),
    "its own trust": TOOL + DEF.replace('"pure"', '"pure", trusted=True'),
    "its own place": TOOL + DEF.replace('"pure"', '"pure", local=True'),
    "arguments from a dict": TOOL + DEF.replace('"pure"', '"pure", **{"trusted": True}'),
    "a role of nothing": TOOL + DEF.replace('"pure"', '"pure", roles={"b": "text"}'),
    "a role that is none": TOOL + DEF.replace('"pure"', '"pure", roles={"a": "king"}'),
    "roles that are no mapping": TOOL + DEF.replace('"pure"', '"pure", roles=[1]'),
    "a reach that is none": TOOL + DEF.replace('"pure"', '"pure", reach="moon"'),
    "a name that is none": TOOL + DEF.replace('"pure"', '"pure", name="../x"'),
    "a name that is no text": TOOL + DEF.replace('"pure"', '"pure", name=3'),
    "too much time": TOOL + DEF.replace('"pure"', '"pure", deadline_s=9999'),
    "no time": TOOL + DEF.replace('"pure"', '"pure", deadline_s="long"'),
    "no type": TOOL + DEF.replace("a: int", "a"),
    "no result type": TOOL + DEF.replace(" -> int", ""),
    "no docstring": TOOL + DEF.replace('    "F."\n', ""),
    "a type that JSON does not know": TOOL + DEF.replace("a: int", "a: bytes"),
    "a type of its own": TOOL + DEF.replace("a: int", "a: Path"),
    "a dict of numbers": TOOL + DEF.replace("a: int", "a: dict[int, int]"),
    "as many arguments as you like": TOOL + DEF.replace("a: int", "*a: int"),
    "positional arguments": TOOL + DEF.replace("a: int", "a: int, /"),
    "an argument named key": TOOL + DEF.replace("a: int", "key: int"),
    "an argument named errand": TOOL + DEF.replace("a: int", "errand: int"),
    "a default that is no constant": TOOL + DEF.replace("a: int", "a: int = f"),
    "two decorators": TOOL + "@staticmethod\n" + DEF,
    "a decorator that is not called": TOOL + DEF.replace('@tool(effect="pure")', "@tool"),
    "the name of a module of Python": TOOL + DEF.replace("def f", "def json"),
    "the name of the harness": TOOL + DEF.replace("def f", "def run"),
    "hidden text": TOOL + DEF + "# \u202e drawkcab\n",
    "a zero width character": TOOL + DEF.replace("a: int", "a\u200b: int"),
    "a name of two alphabets": TOOL + DEF.replace("return a", "return а + b1а"),
    "half a character": TOOL + DEF + "# \ud800\n",
    "a NUL": TOOL + DEF + "# \0\n",
    "too long": TOOL + DEF + "#" * SOURCE_BYTES_MAX,
    "parentheses without end": TOOL + DEF + "x = " + "(" * 5_000 + ")" * 5_000,
    "signs without end": TOOL + DEF + "x = " + "-" * 30_000 + "1",
    "dots without end": TOOL + DEF + "x = a" + ".a" * 20_000,
    "lists without end": TOOL + DEF + "x = " + "[" * 5_000 + "]" * 5_000,
}


@pytest.mark.parametrize("source", OTHERS.values(), ids=OTHERS)
def test_what_is_no_tool_is_refused(source: str) -> None:
    assert faults(source) != ""


def test_all_faults_are_said_at_once() -> None:
    found = faults("import requests\nprint(1)\n" + DEF)
    assert "requests" in found
    assert "line 2" in found
    assert "not imported" in found


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    read_source(text)
    read_source(TOOL + DEF + text)
    read_tests(text, "f")


def test_tests_are_read() -> None:
    assert read_tests(TESTS, "slug") == (("test_stop_words_go",), ())


@pytest.mark.parametrize(
    "tests",
    [
        "",
        "from slug import slug\n",
        "def test_a():\n    assert True\n",
        "from slug import slug\n\ndef test_a():\n    slug('x')\n",
        "from slug import slug\n\ndef test_a(tmp_path):\n    assert slug('x')\n",
        "from slug import slug\n\ndef test_a():\n    assert slug('x')\n\ndef test_a():\n    assert slug('x')\n",
        "from slug import slug\nprint(1)\n\ndef test_a():\n    assert slug('x')\n",
        "from slug import slug\nimport pytest\n\ndef test_a():\n    assert slug('x')\n",
        "from slug import slug\n" + "".join(f"\ndef test_{n}():\n    assert slug('x')\n" for n in range(101)),
        "def def",
        "x" * (SOURCE_BYTES_MAX + 1),
    ],
)
def test_tests_that_test_nothing_are_refused(tests: str) -> None:
    assert read_tests(tests, "slug")[1] != ()
