"""Reads SKILL.md: the front matter of the open skill format (agentskills.io), and its instructions.

    ---
    name: pdf-forms            # the name of its folder; lower case, digits, hyphens
    description: Fills in PDF forms. Use it when ...
    license: Apache-2.0        # and optionally compatibility, allowed-tools, metadata
    ---
    Instructions ...

Rules: what is accepted here, the format's own validator accepts, too; beyond it, whatever could deceive is refused:
characters that do not show, names of mixed alphabets, names of parts of the system, a '---' that ends the front
matter for one reader and not for another. Every value is text, as it is written. All faults are named at once.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from ergos.base.errors import AgentFileError, DefinitionError
from ergos.lib.frontmatter import compose, split
from ergos.lib.visible import alphabets, is_visible, skeleton

if TYPE_CHECKING:
    from yaml import Node

NAME_CHARS_MAX: Final = 64  # characters of a skill's name; the format's bound
DESCRIPTION_CHARS_MAX: Final = 1_024  # characters of its description; the format's bound
COMPATIBILITY_CHARS_MAX: Final = 500  # characters of what it says it needs; the format's bound
FRONT_BYTES_MAX: Final = 16 * 1024  # bytes of the front matter; its texts have 2,000 characters, and YAML is slow
FAULTS_MAX: Final = 12  # faults named at once
METADATA_MAX: Final = 64  # further fields; more is no description of a skill
TEXT_CHARS_MAX: Final = 4_096  # characters of one further field, and of `allowed-tools`

FIELDS: Final = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")
RESERVED: Final = frozenset(
    "admin agent approve ergos files git grant grants http inbox kernel mail mcp notify owner root secret secrets "
    "shell skill skills stop system tool tools user webhook".split()
)
"""Names that a reader would take for a part of the system."""

_LOOKS_RESERVED: Final = frozenset(map(skeleton, RESERVED))


class SkillFile(msgspec.Struct, frozen=True, kw_only=True):
    """What SKILL.md says."""

    name: str
    description: str
    license: str = ""
    compatibility: str = ""
    metadata: dict[str, str] = {}
    allowed_tools: str = ""
    """Names of tools with blanks between them, as its author wrote them."""
    body: str = ""


def read_skill_file(text: str, folder: str) -> SkillFile:
    """The skill of a folder of this name. Raises: DefinitionError with every fault."""
    found, faults = _read(text, folder)
    if found is None or faults:
        raise DefinitionError(f"{folder}/SKILL.md: {'; '.join(faults)}", remedy="correct it, or leave the skill out")
    return found


def skill_faults(text: str, folder: str) -> tuple[str, ...]:
    """What is wrong with a SKILL.md; nothing: it can be used."""
    return _read(text, folder)[1]


def _read(text: str, folder: str) -> tuple[SkillFile | None, tuple[str, ...]]:
    if text.startswith("\ufeff"):
        return None, ("it begins with a byte order mark; save it without",)
    try:
        front, body = split(text, "SKILL.md")
        if len(front.encode("utf-8", "surrogatepass")) > FRONT_BYTES_MAX:
            return None, (f"its front matter has more than {FRONT_BYTES_MAX:,} bytes",)
        node = compose(front, "SKILL.md")
        if "---" in front:
            return None, ("there is a '---' within the front matter, where some readers would end it",)
        if any(line.startswith(("...", "%")) for line in front.split("\n")):
            return None, ("there is a mark between documents of YAML in the front matter",)
        fields = _fields(node)
    except AgentFileError as error:
        return None, (error.what,)
    metadata = fields.get("metadata") or {}
    faults = [*_misnamed(fields, folder), *_too_long(fields), *_hidden(fields)]
    faults += [f"{key[:NAME_CHARS_MAX]!r} is no field of the format" for key in fields if key not in FIELDS]
    if not isinstance(metadata, dict):
        faults.append("metadata is no mapping of names to texts")
    if faults:
        return None, tuple(faults[:FAULTS_MAX])
    assert isinstance(metadata, dict)
    return SkillFile(
        name=unicodedata.normalize("NFKC", _text(fields, "name").strip()),
        description=_text(fields, "description").strip(),
        license=_text(fields, "license"),
        compatibility=_text(fields, "compatibility"),
        metadata=metadata,
        allowed_tools=_text(fields, "allowed-tools"),
        body=body,
    ), ()


def _fields(node: Node | None) -> dict[str, str | dict[str, str]]:
    """Raises: AgentFileError."""
    import yaml

    if not isinstance(node, yaml.MappingNode):
        raise AgentFileError("the front matter is no mapping of names to values")
    found: dict[str, str | dict[str, str]] = {}
    for key, value in _pairs(node):
        if isinstance(value, yaml.MappingNode) and key == "metadata":
            found[key] = {name: _words(one) for name, one in _pairs(value)}
        elif isinstance(value, yaml.MappingNode) or (isinstance(value, yaml.SequenceNode) and key != "allowed-tools"):
            raise AgentFileError(f"{key} is no text")
        else:
            found[key] = _words(value)
    return found


def _pairs(node: Node) -> Iterator[tuple[str, Node]]:
    import yaml

    _in_blocks(node)
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise AgentFileError("a name in the front matter is no text")
        if key.value in seen:
            raise AgentFileError(f"{key.value[:NAME_CHARS_MAX]!r} stands there twice")
        seen.add(key.value)
        yield key.value, value


def _words(node: Node) -> str:
    """A scalar as it is written; a list or a mapping as its words with blanks between them."""
    import yaml

    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.SequenceNode):
        _in_blocks(node)
        return " ".join(map(_words, node.value))
    return " ".join(f"{name}: {_words(value)}" for name, value in _pairs(node))


def _in_blocks(node: Node) -> None:
    import yaml

    if isinstance(node, yaml.CollectionNode) and node.flow_style and node.value is not None:
        raise AgentFileError("braces and brackets are not allowed in the front matter; use indented lines")


def _text(fields: dict[str, str | dict[str, str]], key: str) -> str:
    value = fields.get(key, "")
    return value if isinstance(value, str) else ""


def _misnamed(fields: dict[str, str | dict[str, str]], folder: str) -> Iterator[str]:
    name = unicodedata.normalize("NFKC", _text(fields, "name").strip())
    if not name:
        yield "the field 'name' is missing"
        return
    if len(name) > NAME_CHARS_MAX:
        yield f"its name has {len(name)} characters; at most {NAME_CHARS_MAX} are allowed"
    if name != name.lower() or name.strip("-") != name or "--" in name:
        yield "its name is not in lower case with single hyphens between words"
    if not all(letter.isalnum() or letter == "-" for letter in name):
        yield "its name has characters other than letters, digits and hyphens"
    if unicodedata.normalize("NFKC", folder) != name:
        yield f"its name is {name[:NAME_CHARS_MAX]!r}, that of its folder {folder[:NAME_CHARS_MAX]!r}"
    if len(alphabets(name)) > 1:
        yield f"its name mixes letters of the alphabets {', '.join(alphabets(name))}"
    if skeleton(name) in _LOOKS_RESERVED:
        yield f"its name looks like {name!r}, which is a part of the system"


def _too_long(fields: dict[str, str | dict[str, str]]) -> Iterator[str]:
    description = _text(fields, "description")
    if not description.strip():
        yield "the field 'description' is missing"
    metadata = fields.get("metadata")
    pairs = metadata.items() if isinstance(metadata, dict) else ()
    if len(pairs) > METADATA_MAX:
        yield f"metadata has {len(pairs)} fields; at most {METADATA_MAX} are read"
    bounds = [("description", DESCRIPTION_CHARS_MAX), ("compatibility", COMPATIBILITY_CHARS_MAX)]
    bounds += [("license", TEXT_CHARS_MAX), ("allowed-tools", TEXT_CHARS_MAX)]
    texts = [(key, _text(fields, key), most) for key, most in bounds]
    texts += [(f"metadata {key[:NAME_CHARS_MAX]!r}", key + value, TEXT_CHARS_MAX) for key, value in pairs]
    for key, text, most in texts:
        if len(text) > most:
            yield f"{key} has {len(text):,} characters; at most {most:,} are allowed"


def _hidden(fields: dict[str, str | dict[str, str]]) -> Iterator[str]:
    for key, value in fields.items():
        texts = [key, value] if isinstance(value, str) else [part for pair in value.items() for part in pair]
        if not all(map(is_visible, texts)):
            yield f"{key!r} holds characters that do not show"
