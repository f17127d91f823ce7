"""Templates escape everything, know nothing undefined, and bear nothing that a strict policy forbids."""

from __future__ import annotations

import re

import jinja2
import pytest
from jinja2 import nodes

from ergos.console.frame.engine import FOLDER, engine
from ergos.console.frame.wording import known

NAMES = sorted(path.name for path in FOLDER.glob("*.html"))


@pytest.mark.parametrize("name", NAMES)
def test_a_template_bears_no_script_style_or_handler_and_marks_nothing_as_safe(name: str) -> None:
    text = (FOLDER / name).read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "inline script"
    assert not re.search(r"<style|\sstyle=", text), "inline style"
    assert not re.search(r"\son[a-z]+=|hx-on|javascript:", text), "inline handler"
    assert "|safe" not in text
    assert "autoescape" not in text
    assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", text), "something from outside"


@pytest.mark.parametrize("name", NAMES)
def test_every_text_a_template_names_exists(name: str) -> None:
    tree = engine().parse((FOLDER / name).read_text())
    calls = [call for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Name) and call.node.name == "w"]
    keys = [call.args[0].value for call in calls if isinstance(call.args[0], nodes.Const)]
    assert [key for key in keys if not known(key)] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_form_that_writes_carries_the_token(name: str) -> None:
    text = (FOLDER / name).read_text()
    for form in re.findall(r"<form method=\"post\".*?</form>", text, re.DOTALL):
        if 'action="/enter"' not in form:
            assert 'name="csrf"' in form, form[:200]


def test_what_is_undefined_is_a_defect() -> None:
    with pytest.raises(jinja2.UndefinedError):
        engine().from_string("{{ nothing }}").render()


def test_everything_is_escaped() -> None:
    assert engine().from_string("{{ x }}").render(x="<b>\"'&") == "&lt;b&gt;&#34;&#39;&amp;"
