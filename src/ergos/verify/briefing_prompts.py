"""What the newsroom asks of a model: four prompts, in English or Chinese.

A prompt shows numbered documents, the best-ranked first, as many as its room holds, and says how many it does not show.
It asks for numbers and exact words, never for copies of documents.

Rules: the same prompt for the same inputs, never larger than its room; every line of a source begins with '> ', so that
no source can set up a document, a number or an order of its own. How an answer is read is `briefing_models`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ergos.base.documents import Brief, Document, Fault, Finding, Sentence, Story, day_of
from ergos.base.errors import BoundError, ValueShapeError
from ergos.base.limits import WINDOW_TOKENS_DEFAULT
from ergos.drivers.system1 import dedupe, language
from ergos.drivers.system1.phrases import Written
from ergos.kernel.models import Message, Text
from ergos.kernel.pager import tokens_of
from ergos.lib.inputs import cut, leading
from ergos.verify.briefing import Assignment, Gathering, Selection
from ergos.verify.briefing_words import WORDS

FINDINGS_MAX: Final = 40  # findings asked for; a brief tells fewer
DOCUMENT_SHARE: Final = 12  # one document may take one part in so many of the room
FINDING_SHARE: Final = 4  # one part in so many of the room for what was found
PAGE_TOKENS_MIN: Final = 60  # tokens of a document below which showing it says nothing
NOTICE_TOKENS: Final = 60  # tokens that say what is not shown
NAME_CHARS_MAX: Final = 60  # characters of a source's name
TITLE_CHARS_MAX: Final = 200  # characters of a title
BEGINNING_CHARS_MAX: Final = 160  # characters of a document shown where only its beginning is
QUOTE_CHARS_MAX: Final = 240  # characters shown of a quotation in a finding or below a sentence
WHY_CHARS_MAX: Final = 200  # characters of a fault shown to who repairs it


def select_prompt(inputs: Gathering, *, instructions: str, tokens: int) -> tuple[Message, ...]:
    """Asks for stories: a few lines a document."""
    said = WORDS[written_in(instructions)]
    listed = candidates(inputs)
    pages = (_headed(number, one, said, _beginning(one)) for number, one in enumerate(listed, 1))
    return _filled(_system(instructions, said, "select"), "", pages, len(listed), said, tokens)


def find_prompt(inputs: Selection, *, instructions: str, tokens: int) -> tuple[Message, ...]:
    """Asks for findings in the documents of the best stories."""
    said = WORDS[written_in(instructions)]
    listed = in_order(inputs.documents, inputs.stories)
    system = _system(instructions, said, "find")
    return _filled(system, "", _whole(listed, said, tokens), len(listed), said, tokens)


def write_prompt(inputs: Assignment, *, instructions: str, tokens: int) -> tuple[Message, ...]:
    """Asks for a brief; with faults, for the sentences at fault alone."""
    said = WORDS["zh" if inputs.language == "zh" else "en"]
    listed = in_order(inputs.documents, inputs.stories)
    order = said["order"].format(sentences=inputs.sentences_max, day=day_of(inputs.made_at_ns).isoformat())
    if inputs.previous is not None:
        cited = {citation.document for sentence in at_fault(inputs) for citation in sentence.citations}
        pages = _whole(listed, said, tokens, only=cited)
        intro = f"{order}\n\n{_faulty(inputs, said)}"
        count = sum(one.id in cited for one in listed)
        return _filled(_system(instructions, said, "repair"), intro, pages, count, said, tokens)
    numbers = {document.id: number for number, document in enumerate(listed, 1)}
    found = [_finding(one, numbers) for one in inputs.findings]
    kept = leading(found, max(1, room_of(tokens) // FINDING_SHARE))
    intro = "\n".join([order, *([f"\n{said['found']}:", *found[:kept]] if kept else [])])
    return _filled(_system(instructions, said, "write"), intro, _whole(listed, said, tokens), len(listed), said, tokens)


def review_prompt(inputs: Brief, *, instructions: str, tokens: int) -> tuple[Message, ...]:
    """Asks for faults: each sentence with the words it cites."""
    said = WORDS["zh" if inputs.language == "zh" else "en"]
    names = {
        document.id: f"{_line(document.source, NAME_CHARS_MAX)}, {_day(document.published_ns, said)}"
        for document in inputs.documents
    }
    sentences = [sentence for section in inputs.sections for sentence in section.sentences]
    pages = (_judged(number, sentence, names) for number, sentence in enumerate(sentences, 1))
    system = _system(instructions, said, "review")
    return _filled(system, "", pages, len(sentences), said, tokens, more="more_sentences")


# What is numbered


def candidates(inputs: Gathering) -> tuple[Document, ...]:
    """Documents without repetitions, the newest first: numbered from 1."""
    unique = dedupe.unique(inputs.documents)
    return tuple(sorted(unique, key=lambda one: (-(one.published_ns or 0), one.id)))


def in_order(documents: Sequence[Document], stories: Sequence[Story]) -> tuple[Document, ...]:
    """Documents by the rank of their stories: numbered from 1."""
    by_id = {document.id: document for document in documents}
    told = [by_id[name] for story in stories for name in story.documents if name in by_id]
    return tuple(dict.fromkeys((*told, *documents)))


def at_fault(inputs: Assignment) -> tuple[Sentence, ...]:
    """The sentences of the last version that a fault names: numbered from 1."""
    return tuple(sentence for _, _, sentence in faulty_places(inputs))


def faulty_places(inputs: Assignment) -> tuple[tuple[int, int, Sentence], ...]:
    """Section, place and sentence of each. Raises: ValueShapeError for a fault that names no sentence."""
    brief = inputs.previous
    assert brief is not None
    places = sorted({(fault.section, fault.sentence) for fault in inputs.faults})
    for section, sentence in places:
        if not (0 <= section < len(brief.sections) and 0 <= sentence < len(brief.sections[section].sentences)):
            raise ValueShapeError(f"a fault names sentence {sentence} of section {section}, which the brief has not")
    return tuple((section, at, brief.sections[section].sentences[at]) for section, at in places)


def written_in(text: str) -> Written:
    """The language to ask in: Chinese where an owner's instructions are, else English."""
    return "zh" if language.detect(text) == "zh" else "en"


def room_of(tokens: int) -> int:
    """Tokens of a prompt; 0 says that no limit is known, and then the usual window is one."""
    return tokens or WINDOW_TOKENS_DEFAULT


# How it is shown


def _system(instructions: str, said: dict[str, str], what: str) -> str:
    asked = said[what].replace("{findings}", str(FINDINGS_MAX))
    return "\n\n".join(part for part in (instructions.strip(), asked, said["untrusted"]) if part)


def _filled(
    system: str,
    intro: str,
    pages: Iterable[str],
    count: int,
    said: dict[str, str],
    tokens: int,
    *,
    more: str = "more",
) -> tuple[Message, ...]:
    """Both messages, with as many of the first pages as fit.

    Raises: BoundError if not one fits, ValueShapeError if there is none.
    """
    if not count:
        raise ValueShapeError("there is nothing to ask a model about")
    head = f"{intro}\n\n{said['documents']}:\n" if intro else ""
    left = room_of(tokens) - tokens_of(system) - tokens_of(head) - NOTICE_TOKENS
    made: list[str] = []
    used = 0
    for page in pages:  # no more than one page too many is made: there may be thousands
        made.append(page)
        used += tokens_of(f"{page}\n")
        if used > left:
            break
    kept = leading(made, left) if left > 0 else 0
    if not kept:
        raise BoundError(
            f"a window of {room_of(tokens):,} tokens does not hold one page beside the prompt",
            remedy="raise `window_tokens` in AGENT.md, or shorten the instructions",
        )
    notice = [said[more].format(count=count - kept)] if kept < count else []
    text = head + "\n".join([*made[:kept], *notice])
    return (Message("system", (Text(system),)), Message("user", (Text(text),)))


def _whole(
    documents: Sequence[Document], said: dict[str, str], tokens: int, *, only: set[str] | None = None
) -> Iterator[str]:
    share = max(PAGE_TOKENS_MIN, room_of(tokens) // DOCUMENT_SHARE)
    for number, document in enumerate(documents, 1):
        if only is None or document.id in only:
            yield _headed(number, document, said, cut(document.text, share))


def _headed(number: int, document: Document, said: dict[str, str], text: str) -> str:
    named = (_line(document.source, NAME_CHARS_MAX), _line(document.title, TITLE_CHARS_MAX))
    lines = [f"> {line}" for line in named if line]
    return "\n".join([f"[{number}] {_day(document.published_ns, said)}", *lines, _quoted(text)])


def _day(published_ns: int | None, said: dict[str, str]) -> str:
    if published_ns is None:
        return said["undated"]
    try:
        return day_of(published_ns).isoformat()
    except (ValueError, OverflowError, OSError):  # a feed may claim any date
        return said["undated"]


def _beginning(document: Document) -> str:
    return _line(document.text, BEGINNING_CHARS_MAX)


def _finding(finding: Finding, numbers: dict[str, int]) -> str:
    quotes = [f"> [{numbers.get(one.document, 0)}] {_line(one.quote, QUOTE_CHARS_MAX)}" for one in finding.citations]
    return "\n".join([f"- {finding.kind}:", f"> {_line(finding.subject, NAME_CHARS_MAX)}", *quotes])


def _faulty(inputs: Assignment, said: dict[str, str]) -> str:
    lines = [f"{said['faulty']}:"]
    for number, (section, at, sentence) in enumerate(faulty_places(inputs), 1):
        lines.append(f"[{number}]\n> {_line(sentence.text, TITLE_CHARS_MAX * 2)}")
        own = [fault for fault in inputs.faults if (fault.section, fault.sentence) == (section, at)]
        lines += [f"> {_line(_told(fault, said), WHY_CHARS_MAX)}" for fault in own]
    return "\n".join(lines)


def _told(fault: Fault, said: dict[str, str]) -> str:
    return said["fault"].format(found=fault.found, why=fault.why)


def _judged(number: int, sentence: Sentence, names: dict[str, str]) -> str:
    quotes = [
        f"> {names.get(one.document, '?')}: {_line(one.quote, QUOTE_CHARS_MAX * 2)}" for one in sentence.citations
    ]
    return "\n".join([f"[{number}]", f"> {' '.join(sentence.text.split())}", *quotes])


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines() if line.strip())


def _line(text: str, chars_max: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= chars_max else line[: chars_max - 1] + "…"
