"""Briefs by extraction, and their repair."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.documents import Brief, Document, Fault, Sentence
from ergos.base.errors import BoundError, ValueShapeError
from ergos.base.limits import BRIEF_SENTENCES_MAX
from ergos.drivers.system1 import phrases
from ergos.drivers.system1.cluster import stories
from ergos.drivers.system1.compose import brief
from ergos.drivers.system1.dedupe import unique
from ergos.drivers.system1.findings import find
from ergos.drivers.system1.language import detect
from ergos.drivers.system1.phrases import Written
from ergos.verify.grounding import faults

DAY_NS = 86_400 * 10**9
NOW_NS = 20_000 * DAY_NS
PAGES = Path(__file__).parents[3].parent / "shared" / "feeds" / "pages"


def _document(source: str, title: str, text: str, *, age_days: float = 1) -> Document:
    return Document(
        id=hashlib.sha256(f"{source}\n{title}\n{text}".encode()).hexdigest()[:16],
        url=f"https://example.org/{len(source)}/{len(title)}/{len(text)}",
        title=title,
        text=text,
        source=source,
        published_ns=NOW_NS - int(age_days * DAY_NS),
        language=detect(text or title),
    )


def _brief(documents: list[Document], language: Written = "en", sentences_max: int = 24) -> Brief:
    told = stories(documents, NOW_NS)
    found = find(documents, told)
    return brief(documents, told, found, language=language, made_at_ns=NOW_NS, sentences_max=sentences_max)


def _sentences(written: Brief) -> list[Sentence]:
    return [sentence for section in written.sections for sentence in section.sentences]


def _text(written: Brief) -> str:
    return "\n".join(sentence.text for sentence in _sentences(written))


EVENTS = [
    _document(
        "Harbour Wire",
        "Flood closes bridges in Passau",
        "PASSAU, Oct 3 (Harbour Wire) - The Danube flooded the old town of Passau on Friday and closed two bridges. "
        "Damage is put at 40 million euros by the city of Passau. Did anybody warn the shops? Subscribe to our "
        "newsletter for updates. He said nothing more.",
    ),
    _document(
        "City Courier",
        "Bridges shut in Passau",
        "Two bridges in the old town of Passau were closed on Friday because the Danube flooded it. "
        "The city of Passau puts damage at 65 million euros. The level of the Danube rose by 3 metres within a day.",
    ),
    _document(
        "Trade Desk",
        "Insurers count the cost",
        "Insurers expect 12,000 claims after the Danube left its banks. Premiums in the region rose 9 percent last year.",
    ),
    _document(
        "河流快讯",
        "多瑙河洪水",
        "多瑙河周五淹没了帕绍（Passau）老城，两座桥梁关闭。当地保险公司预计理赔金额同比增长35%。",
    ),
    _document(
        "Music Post", "Opera reopens in Milan", "The opera house in Milan reopened with a concert for 1,800 guests."
    ),
]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_checker_finds_no_fault_in_a_brief_of_events(language: Written) -> None:
    written = _brief(EVENTS, language)
    assert faults(written) == ()
    assert len(_sentences(written)) > 6


def test_a_brief_tells_what_changed_and_where_sources_disagree() -> None:
    written = _brief(EVENTS)
    by_heading = {section.heading: section.sentences for section in written.sections}
    heads = phrases.HEADINGS["en"]
    (differ,) = by_heading[heads["disagreement"]]
    assert "40 million" in differ.text
    assert "65 million" in differ.text
    assert len({citation.document for citation in differ.citations}) == 2
    assert any("rose by 3 metres" in sentence.text for sentence in by_heading[heads["change"]])


def test_questions_furniture_datelines_and_dangling_sentences_stay_out() -> None:
    text = _text(_brief(EVENTS))
    for word in ("Did anybody", "newsletter", "PASSAU, Oct", "He said nothing"):
        assert word not in text


def test_nothing_is_told_twice() -> None:
    copies = [msgspec.structs.replace(EVENTS[1], id=f"{at:016x}", source=f"Copy {at}") for at in range(4)]
    texts = [sentence.text for sentence in _sentences(_brief([*EVENTS, *copies])) if sentence.kind == "fact"]
    assert len(texts) == len(set(texts))
    assert sum("bridges" in text for text in texts) == 1


def test_a_fact_that_sources_share_cites_them_all() -> None:
    shared = "The Danube flooded the old town of Passau and closed two bridges."
    documents = [_document(source, f"Flood, {source}", shared) for source in ("Wire", "Courier")]
    (sentence,) = _sentences(_brief(documents))
    assert {citation.document for citation in sentence.citations} == {document.id for document in documents}


def test_a_foreign_sentence_is_quoted_in_the_original_and_the_brief_says_so() -> None:
    written = _brief(EVENTS)
    quotes = [sentence for sentence in _sentences(written) if sentence.kind == "quote"]
    assert quotes
    assert all("in the original: “" in sentence.text for sentence in quotes)
    note = written.sections[-1].sentences[-1]
    assert note.kind == "note"
    assert note.citations
    chinese = _brief(EVENTS, "zh")
    assert any("（原文）：「" in sentence.text for sentence in _sentences(chinese))


def test_a_brief_in_one_language_has_no_note() -> None:
    assert all(sentence.kind != "note" for sentence in _sentences(_brief(EVENTS[:3])))


def test_documents_are_numbered_in_the_order_of_first_citation() -> None:
    written = _brief(EVENTS)
    cited = [citation.document for sentence in _sentences(written) for citation in sentence.citations]
    assert [document.id for document in written.documents] == list(dict.fromkeys(cited))
    assert (written.source_count, written.document_count) == (5, len(EVENTS))


def test_documents_read_before_deduplication_are_counted_where_they_are_told() -> None:
    told = stories(EVENTS, NOW_NS)
    written = brief(EVENTS, told, find(EVENTS, told), language="en", made_at_ns=NOW_NS, read=62)
    assert written.document_count == 62
    with pytest.raises(ValueShapeError):
        brief(EVENTS, told, (), language="en", made_at_ns=NOW_NS, read=1)


def test_the_story_of_most_sources_opens_and_names_the_brief() -> None:
    written = _brief(EVENTS)
    opening = written.sections[0].sentences[0]
    assert "Passau" in opening.text
    assert "Passau" in written.title
    assert "brief of" not in written.title


def test_no_two_sentences_of_a_section_in_a_row_are_of_one_document_where_another_waits() -> None:
    for section in _brief(EVENTS).sections:
        names = [sentence.citations[0].document for sentence in section.sentences]
        doubles = sum(one == two for one, two in pairwise(names))
        assert doubles <= max(0, 2 * max(map(names.count, names)) - len(names) - 1)


def test_a_brief_of_sentences_that_lean_is_not_empty() -> None:
    (sentence,) = _sentences(_brief([_document("Wire", "Note", "It rose by 9 percent in the course of the year.")]))
    assert sentence.text == "It rose by 9 percent in the course of the year."


@pytest.mark.parametrize("sentences_max", [1, 2, 3, 7, BRIEF_SENTENCES_MAX])
def test_a_brief_is_no_longer_than_asked_for(sentences_max: int) -> None:
    count = len(_sentences(_brief(EVENTS, sentences_max=sentences_max)))
    assert 1 <= count <= sentences_max


def test_a_length_out_of_bounds_is_refused() -> None:
    with pytest.raises(ValueShapeError):
        brief([], [], [], language="en", made_at_ns=NOW_NS, sentences_max=0)
    with pytest.raises(BoundError):
        brief([], [], [], language="en", made_at_ns=NOW_NS, sentences_max=BRIEF_SENTENCES_MAX + 1)


@pytest.mark.parametrize(("language", "words"), [("en", "Nothing to report"), ("zh", "无可报道")])
def test_without_documents_there_is_nothing_to_report(language: Written, words: str) -> None:
    written = _brief([], language)
    assert written.sections == ()
    assert words in written.title


def test_a_document_of_a_title_only_is_told_by_its_headline() -> None:
    (sentence,) = _sentences(_brief([_document("Wire", "Storm cuts power to Galway", "")]))
    assert sentence.text == "Wire headlines: “Storm cuts power to Galway”."


@pytest.mark.parametrize("source", ["36氪", "The “Daily” 7", "", "x" * 200, "a\nb", "3 million", "What?", "「报」"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_odd_name_of_a_source_makes_no_fault(source: str, language: Written) -> None:
    documents = [msgspec.structs.replace(document, source=source) for document in EVENTS]
    assert faults(_brief(documents, language)) == ()


def test_sentences_the_reader_can_read_come_before_those_of_other_languages() -> None:
    german = [
        _document(
            f"Bote {at}",
            f"Meldung {at}",
            f"Der Umsatz der {name} AG stieg im letzten Jahr auf neue Höhen und die Firma ist zufrieden.",
        )
        for at, name in enumerate(("Adler", "Biber", "Dachs", "Falke", "Hase", "Igel"))
    ]
    written = _brief([*german, *EVENTS])
    assert written.sections[0].sentences[0].kind == "fact"
    assert sum(sentence.kind == "fact" for sentence in written.sections[0].sentences) > 1
    assert not any(section.heading in {"Der", "Im", "Und", "Umsatz"} for section in written.sections)


def test_templates_of_both_languages_have_the_same_keys() -> None:
    for table in (phrases.HEADINGS, phrases.SENTENCES, phrases.TITLES):
        assert table["en"].keys() == table["zh"].keys()


PIECES = st.sampled_from(
    [
        "Alibaba will invest 380 billion yuan over three years in AI infrastructure.",
        "Alibaba plans to spend 480 billion yuan over three years on AI infrastructure.",
        "阿里巴巴将在三年内投入3800亿元用于人工智能基础设施建设。",
        "阿里云收入同比增长26%，创三年新高；“这只是开始”，他说。",
        'Revenue fell from 5 to 3 million dollars, and "nobody" at O’Neil & Co. knew why.',
        "Revenue of the GPT-4o division rose 12.5 % to $1.2bn on 24 September 2025, the U.S. firm said.",
        "Der Umsatz der Firma stieg im Jahr 2024 um 26 Prozent auf 3,5 Milliarden Euro.",
        "The world economy is worth 110 trillion dollars, and labour makes up 60 % of it.",
        "Two thirds of that is knowledge work, so nearly 50 trillion dollars will be reshaped.",
        "《人工智能法》于2025年9月24日生效，覆盖十五亿人口的三分之二。",
        "“Half of it is gone,” the mayor said of the 1,048,575 trees in Genoa.",
        "Counts of its stars differ by source, from 250,000 to 347,000.",
        "Police in Rome counted 20,000 marchers on Sunday.",
        "Another estimate by the unions puts the marchers at 150,000.",
        "It will move 400 jobs to a site near Lille.",
        "The company also cut 3 of its 9 plants.",
        "同一份报告还提到，吴泳铭在云栖大会上承认增长只有26%。",
        "另一份统计报告称，参加者为15万人。",
        "In Q3 2025 shipments doubled to 2.1 million units (up from 1 million) at Foo_Bar 3.11.",
        "\n\n",
    ]
)


def _built(source: str, title: str, pieces: list[str], age: int) -> Document:
    return _document(source, title, " ".join(pieces), age_days=age)


NOISE = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=50)
DOCUMENTS = st.lists(
    st.builds(
        _built,
        st.sampled_from(["Wire", "36氪", "The Paper", "快讯", "Le Monde", "Agent, issue 4379", "3 million"]) | NOISE,
        PIECES | NOISE,
        st.lists(PIECES | NOISE, max_size=6),
        st.integers(-3, 90),
    ),
    max_size=6,
    unique_by=lambda document: document.id,
)


@settings(max_examples=60, deadline=None)
@given(DOCUMENTS, st.sampled_from(["en", "zh"]), st.integers(1, 30))
def test_the_checker_finds_no_fault_in_any_brief(documents: list[Document], language: Written, most: int) -> None:
    assert faults(_brief(documents, language, most)) == ()


@pytest.mark.skipif(not PAGES.is_dir(), reason="the recorded pages are not beside this checkout")
def test_the_checker_finds_no_fault_in_briefs_of_real_pages() -> None:
    trafilatura = pytest.importorskip("trafilatura")
    documents: list[Document] = []
    for page in sorted(PAGES.glob("*.html")):
        text = trafilatura.extract(page.read_bytes().decode("utf-8", "replace")) or ""
        documents.append(_document(page.stem, text.partition("\n")[0][:120], text))
    kept = list(unique(documents))
    for language in ("en", "zh"):
        written = _brief(kept, language, 40)
        assert len(_sentences(written)) > 5
        assert faults(written) == ()


def test_a_brief_is_composed_again_without_its_faults() -> None:
    written = _brief(EVENTS)
    found = Fault(section=0, sentence=0, kind="number", found="7", why="The source says 8.")
    again = brief(EVENTS, [], [], language="en", made_at_ns=NOW_NS, faults=(found,), previous=written)
    assert _sentences(again) == _sentences(written)[1:]
    assert faults(again) == ()


def test_faults_without_their_brief_are_refused() -> None:
    found = Fault(section=0, sentence=0, kind="number", found="7", why="The source says 8.")
    with pytest.raises(ValueShapeError, match="without the brief"):
        brief([], [], [], language="en", made_at_ns=NOW_NS, faults=(found,))


def test_findings_of_documents_that_were_not_given_are_refused() -> None:
    told = stories(EVENTS, NOW_NS)
    with pytest.raises(ValueShapeError):
        brief([], [], find(EVENTS, told), language="en", made_at_ns=NOW_NS)
