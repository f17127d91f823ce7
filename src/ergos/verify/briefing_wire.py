"""The small types in which a model does the newsroom's tasks: documents by number, words by quotation.

Rules: whatever can be looked up is not asked for. The examples in the prompts have these shapes.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ergos.base.documents import FindingKind


class Stories(msgspec.Struct, frozen=True):
    """Numbers of documents by story, best first."""

    stories: list[list[int]]


class Quote(msgspec.Struct, frozen=True):
    """Words of a document."""

    document: int
    words: str


class Found(msgspec.Struct, frozen=True):
    """One finding."""

    kind: FindingKind
    subject: str
    quotes: list[Quote]


class Findings(msgspec.Struct, frozen=True):
    """What is worth telling."""

    findings: list[Found]


class Told(msgspec.Struct, frozen=True):
    """One sentence of a brief."""

    text: str
    quotes: list[Quote]


class Part(msgspec.Struct, frozen=True):
    """One section of a brief."""

    heading: str
    sentences: list[Told]


class Repair(msgspec.Struct, frozen=True):
    """Another wording of a sentence at fault; an empty text leaves it out."""

    number: int
    text: str
    quotes: list[Quote]


class Draft(msgspec.Struct, frozen=True):
    """A brief, or repairs of the last one."""

    title: str = ""
    sections: list[Part] = []
    repairs: list[Repair] = []


class Doubt(msgspec.Struct, frozen=True):
    """A fault a model sees."""

    sentence: int
    kind: Literal["number", "date", "name", "quotation", "citation"]
    words: str
    why: str


class Doubts(msgspec.Struct, frozen=True):
    """What a model doubts."""

    faults: list[Doubt]
