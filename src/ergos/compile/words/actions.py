"""What an agent is told to do, verb by verb, in the order in which it is said.

A verb alone does not decide: "send it to me" tells the owner, "send it to #ops" posts, "send it to bob@x.org" mails;
"write a summary to a.md" sums up and writes. What is made of a verb stands in one function for each family of verbs.

Rules: pure; nothing is done that no verb said; a recipient that is missing is asked for. Must not know: triggers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ergos.compile.intent import ActionVerb, SourceMention
from ergos.compile.words.delivery import read_posting, read_publishing, read_sending, read_telling
from ergos.compile.words.draft import Draft
from ergos.compile.words.making import read_extract, read_making, read_plain, read_storing, read_summing
from ergos.compile.words.output import read_output
from ergos.compile.words.phrases import Phrase, bind
from ergos.compile.words.places import read_described

ACTIONS_MAX: Final = 200  # actions of one agent; a text with more is no program that anybody can check


def act(draft: Draft, phrase: Phrase) -> None:
    """Add what a phrase says to do; what is beyond ACTIONS_MAX is unread."""
    if len(draft.actions) >= ACTIONS_MAX:
        draft.unread.append(phrase.span)
        draft.say("C201", phrase.span)
        return
    bind(draft, phrase)
    reader = _FAMILIES.get(phrase.head.verb, read_plain)
    sources_before = len(draft.sources)
    verbs = reader(draft, phrase)
    _facts(draft, phrase)
    for atom in phrase.sources:
        if phrase.head.verb != "run":
            draft.source(SourceMention(at=atom.text), (atom.start, atom.end))
    if (
        len(draft.sources) == sources_before
        and verbs
        and verbs[0] not in {"extract", "schedule", "append", "write", "run", "search"}
        and not phrase.targets
    ):
        read_described(draft, *phrase.span)


def _facts(draft: Draft, phrase: Phrase) -> None:
    for name, value, span in read_output(draft.copy.text, *phrase.span):
        draft.put(span, **{name: value})


_FAMILIES: Final[dict[ActionVerb, Callable[[Draft, Phrase], list[ActionVerb]]]] = {
    "extract": read_extract,
    "brief": read_making,
    "append": read_storing,
    "write": read_storing,
    "notify": read_telling,
    "send": read_sending,
    "publish": read_publishing,
    "post": read_posting,
    "summarise": read_summing,
}
