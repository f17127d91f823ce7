"""SKILL.md is read as the open format has it: what is accepted here is accepted by the format's own validator, too."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.errors import DefinitionError
from ergos.lib.skill_file import RESERVED, read_skill_file, skill_faults

needs_validator = pytest.mark.skipif(
    importlib.util.find_spec("skills_ref") is None, reason="the format's validator (skills-ref) is not installed"
)


def md(*lines: str, body: str = "# How\n\nDo it.\n") -> str:
    return "\n".join(["---", *lines, "---", body])


NAME, ABOUT = "name: pdf-forms", "description: Fills in forms. Use it when one comes."

GOOD = {
    "the least": md(NAME, ABOUT),
    "everything": md(
        NAME, ABOUT, "license: Apache-2.0", "compatibility: Needs git and jq", "allowed-tools: Read Bash(git:*)",
        "metadata:", "  author: example", '  version: "1.0"',
    ),
    "quoted": md(NAME, 'description: "Fills in: forms, # and so on."'),
    "folded": md(NAME, "description: >", "  Fills in forms.", "  Use it when one comes."),
    "literal": md(NAME, "description: |", "  Fills in forms.", "  - in lines"),
    "values that YAML reads as something else": md(NAME, "description: 12:30", "license: no", "compatibility: 1.10"),
    "a comment": md("# about", NAME, ABOUT, "license: MIT # fine"),
    "windows": md(NAME, ABOUT).replace("\n", "\r\n"),
    "no instructions": md(NAME, ABOUT, body=""),
    "the longest description": md(NAME, "description: " + "x" * 1_024),
    "the longest compatibility": md(NAME, ABOUT, "compatibility: " + "x" * 500),
    "metadata without fields": md(NAME, ABOUT, "metadata:"),
    "a rule in the body": md(NAME, ABOUT, body="one\n\n---\n\ntwo"),
    "tools as a list": md(NAME, ABOUT, "allowed-tools:", "  - Read", "  - Grep"),
}  # fmt: skip

BAD = {
    "nothing": "",
    "no front matter": "# How",
    "no end": "---\nname: pdf-forms\n",
    "no name": md(ABOUT),
    "an empty name": md("name:", ABOUT),
    "no description": md(NAME),
    "an empty description": md(NAME, "description: ' '"),
    "another name than the folder": md("name: other", ABOUT),
    "upper case": md("name: PDF-Forms", ABOUT),
    "blanks": md("name: pdf forms", ABOUT),
    "an underscore": md("name: pdf_forms", ABOUT),
    "a path": md("name: ../pdf-forms", ABOUT),
    "a hyphen at the end": md("name: pdf-forms-", ABOUT),
    "two hyphens": md("name: pdf--forms", ABOUT),
    "a long description": md(NAME, "description: " + "x" * 1_025),
    "a long compatibility": md(NAME, ABOUT, "compatibility: " + "x" * 501),
    "an unknown field": md(NAME, ABOUT, "version: 1"),
    "a field twice": md(NAME, ABOUT, ABOUT),
    "a list as the name": md("name:", "  - pdf-forms", ABOUT),
    "a mapping as the description": md(NAME, "description:", "  a: b"),
    "braces": md(NAME, ABOUT, "metadata: {author: me}"),
    "brackets": md(NAME, ABOUT, "allowed-tools: [Read]"),
    "a tag": md(NAME, "description: !!python/object/apply:os.system ['id']"),
    "a tag on text": md(NAME, "description: !!str x"),
    "an anchor": md(NAME, "description: &a x"),
    "an alias bomb": md(NAME, ABOUT, "metadata:", "  a: &a x", *(f"  b{n}: *a" for n in range(9))),
    "broken": md(NAME, "description: a: b"),
    "a tab": md(NAME, "metadata:", "\ta: b", ABOUT),
    "a list": md("- name", "- description"),
    "text": md("just text"),
    "empty front matter": md(),
    "a second document": md(NAME, ABOUT, "...", "name: other"),
}  # fmt: skip

DECEIVING = {
    "a bidi override in the description": md(NAME, 'description: "Reads \\u202e mail"'),
    "raw zero width characters": md(NAME, "description: Reads\u200b mail"),
    "tag characters": md(NAME, "description: Reads \U000e0049\U000e0067 mail"),
    "an escape sequence": md(NAME, 'description: "\\e[2J reads"'),
    "a NUL": md(NAME, 'description: "a\\0b"'),
    "hidden letters in a value of the metadata": md(NAME, ABOUT, "metadata:", '  a: "x\\u2066y"'),
    "a byte order mark": "\ufeff" + md(NAME, ABOUT),
    "an end within a line": md(NAME, 'description: "all --- fine"'),
    "depth": md(NAME, ABOUT, "metadata:", *("  " * n + f"a{n}:" for n in range(1, 40))),
    "many fields": md(NAME, ABOUT, "metadata:", *(f"  a{n}: b" for n in range(100))),
    "a long field": md(NAME, ABOUT, "license: " + "x" * 5_000),
    "a large front matter": md(NAME, ABOUT, *("# comment" for _ in range(2_000))),
    "a large file": md(NAME, ABOUT, body="x" * 300_000),
}


def theirs(folder: Path, text: str, name: str = "pdf-forms") -> list[str]:
    """What the format's validator says."""
    from skills_ref.validator import validate

    place = folder / name
    place.mkdir(exist_ok=True)
    (place / "SKILL.md").write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        return validate(place)
    except (ValueError, RecursionError) as error:
        return [str(error)]


@needs_validator
@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_good_skills_are_good_to_both(tmp_path: Path, text: str) -> None:
    assert skill_faults(text, "pdf-forms") == ()
    assert theirs(tmp_path, text) == []


@needs_validator
@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_bad_skills_are_bad_to_both(tmp_path: Path, text: str) -> None:
    assert skill_faults(text, "pdf-forms") != ()
    assert theirs(tmp_path, text) != []


@pytest.mark.parametrize("text", DECEIVING.values(), ids=DECEIVING)
def test_what_deceives_is_refused_even_where_the_format_allows_it(text: str) -> None:
    assert skill_faults(text, "pdf-forms") != ()


@needs_validator
@pytest.mark.parametrize("name", ["pdf-forms", "数据-清洗", "datos", "résumé", "a", "x" * 64, "ﬁle", "7zip"])
def test_names_that_are_good_to_both(tmp_path: Path, name: str) -> None:
    text = md(f"name: {name}", ABOUT)
    assert skill_faults(text, name) == ()
    assert theirs(tmp_path, text, name) == []


@needs_validator
@pytest.mark.parametrize("name", ["x" * 65, "-a", "a-", "a--b", "A", "a.b", "a_b", "a b", "名 字"])
def test_names_that_are_bad_to_both(tmp_path: Path, name: str) -> None:
    text = md(f"name: {name}", ABOUT)
    assert skill_faults(text, name) != ()
    assert theirs(tmp_path, text, name) != []


@pytest.mark.parametrize("name", [*sorted(RESERVED), "tооls", "tо0ls", "аdmin", "pаypal", "αlpha-beta"])
def test_names_that_pass_for_others_are_refused(name: str) -> None:
    assert skill_faults(md(f"name: {name}", ABOUT), name) != ()


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)
lines = st.one_of(
    st.sampled_from(
        [
            NAME,
            ABOUT,
            "metadata:",
            "  a: b",
            "license: MIT",
            "allowed-tools: Read",
            "# c",
            "",
            "x: y",
            "- a",
            "  - b",
            "...",
            "---",
        ]
    ),
    st.tuples(
        st.sampled_from(["name", "description", "license", "compatibility", "metadata", "allowed-tools"]), words
    ).map(lambda pair: f"{pair[0]}: {pair[1]}"),
    words,
)


@needs_validator
@settings(max_examples=400, deadline=None)
@given(given=st.lists(lines, max_size=6))
def test_whatever_is_accepted_here_the_format_accepts_too(
    tmp_path_factory: pytest.TempPathFactory, given: list[str]
) -> None:
    text = md(NAME, ABOUT, *given)
    if not skill_faults(text, "pdf-forms"):
        assert theirs(tmp_path_factory.mktemp("s"), text) == [], text


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    for whole in (text, f"---\n{text}\n---\n", md(NAME, ABOUT, text)):
        if not skill_faults(whole, "pdf-forms"):
            read_skill_file(whole, "pdf-forms")


def test_every_value_is_text_as_it_was_written() -> None:
    found = read_skill_file(GOOD["values that YAML reads as something else"], "pdf-forms")
    assert (found.description, found.license, found.compatibility) == ("12:30", "no", "1.10")
    whole = read_skill_file(GOOD["everything"], "pdf-forms")
    assert whole.metadata == {"author": "example", "version": "1.0"}
    assert whole.allowed_tools == "Read Bash(git:*)"
    assert whole.body.startswith("# How")
    assert read_skill_file(GOOD["tools as a list"], "pdf-forms").allowed_tools == "Read Grep"


def test_all_faults_are_said_at_once() -> None:
    with pytest.raises(DefinitionError) as error:
        read_skill_file(md("name: A_b", "x: y"), "c")
    for word in ("lower case", "letters, digits", "folder", "description", "'x'"):
        assert word in error.value.what
