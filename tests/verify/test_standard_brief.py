"""Briefs: cited, grounded, in the language and length asked for; by System 1, and by a model."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from ergos.base.canonical import Plain
from ergos.base.errors import NoModelError
from ergos.base.ids import Pid
from ergos.drivers.sources.prose import make_document
from ergos.kernel.models import Reply, Text, Usage
from ergos.kernel.packages import Errand
from ergos.verify.briefing_prompts import in_order
from ergos.verify.standard import BRIEF, Briefing
from ergos.verify.standard_brief import assigned, brief, brief_by_model
from ergos.verify.standard_texts import pages_of

NOW_NS = 1_767_225_600 * 10**9
ERRAND = Errand(pid=Pid(1), owner="a", agent="b", idempotency_key="", deadline_ns=0, now_ns=NOW_NS)
EN = (
    ("Ningbo port grows", "Ningbo port handled 3 million containers in October, 12 percent more than a year before. A new terminal opened last week."),
    ("Ningbo at a record", "Ningbo port handled 3 million containers in October, a record. The port expects growth of 10 percent this year."),
    ("Oil prices rise", "Oil prices rose 5 percent this month. Shipping companies said that freight rates will follow."),
)  # fmt: skip
ZH = (
    ("宁波港吞吐量增长", "宁波港十月处理了三百万个集装箱，同比增长百分之十二。新的自动化码头已于上周投入使用。"),
    ("油价上涨", "国际油价本月上涨百分之五，航运公司表示运费将随之上调。"),
)  # fmt: skip


def documents(texts: tuple[tuple[str, str], ...], times: int = 1) -> Plain:
    made = [
        make_document(
            url=f"https://s{place}.example/{time}", title=title if times == 1 else f"{title} {time}",
            text=text if times == 1 else f"Report {time}. {text}", source=f"s{place}", published_ns=NOW_NS - 10**12,
        )
        for time in range(times) for place, (title, text) in enumerate(texts)
    ]  # fmt: skip
    return msgspec.to_builtins(made)


def write(inputs: dict[str, Plain]) -> Any:
    value = asyncio.run(brief.solve(BRIEF.spec, inputs, ERRAND)).value
    assert asyncio.run(BRIEF.faults(inputs, value)) == ()
    return value


@pytest.mark.parametrize(("language", "texts", "word"), [("en", EN, "Ningbo"), ("zh", ZH, "宁波港")])
def test_a_brief_is_written_in_which_every_sentence_is_cited(language: str, texts: Any, word: str) -> None:
    made = write({"documents": documents(texts), "language": language, "pages": 2, "cited": True})
    told = [sentence for section in made["sections"] for sentence in section["sentences"]]
    assert told
    assert all(sentence["citations"] for sentence in told)
    assert any(word in sentence["text"] for sentence in told)
    assert (made["made_at_ns"], made["document_count"]) == (NOW_NS, len(texts))


def test_it_is_no_longer_than_was_asked_for() -> None:
    many = documents(EN, 30)
    long = write({"documents": many, "sentences": 40})
    short = write({"documents": many, "words": 60})
    assert pages_of(short) < pages_of(long)
    assert sum(len(one["sentences"]) for one in write({"documents": many, "sentences": 3})["sections"]) <= 4


def test_it_is_about_what_was_asked_for() -> None:
    made = write({"documents": documents(EN), "about": "oil prices"})
    assert {document["title"] for document in made["documents"]} == {"Oil prices rise"}


def test_without_documents_it_says_nothing_and_in_other_languages_it_is_not_written() -> None:
    assert not write({"documents": []})["sections"]
    with pytest.raises(NoModelError, match="not in 'fr'"):
        write({"documents": documents(EN), "language": "fr"})


def test_a_model_writes_from_the_same_documents_and_passes_the_same_checks() -> None:
    inputs: dict[str, Plain] = {"documents": documents(EN), "language": "en", "pages": 2, "made_at_ns": NOW_NS}
    request = brief_by_model.request(BRIEF.spec, inputs, "Be brief.", 8_000)
    assert any(
        "Ningbo" in part.text for message in request.messages for part in message.parts if isinstance(part, Text)
    )
    quote = "Oil prices rose 5 percent this month."
    assignment = assigned(msgspec.convert(inputs, Briefing), NOW_NS)
    listed = in_order(assignment.documents, assignment.stories)
    number = 1 + next(place for place, one in enumerate(listed) if one.title == "Oil prices rise")
    told = {"text": quote, "quotes": [{"document": number, "words": quote}]}
    answer = {"title": "Oil", "sections": [{"heading": "Oil", "sentences": [told]}]}
    reply = Reply(parts=(Text(msgspec.json.encode(answer).decode()),), stop="stop", usage=Usage(), model="m")
    made: Any = brief_by_model.value(BRIEF.spec, inputs, reply)
    assert made["sections"][0]["sentences"][0]["text"] == quote
    assert asyncio.run(BRIEF.faults(inputs, made)) == ()
