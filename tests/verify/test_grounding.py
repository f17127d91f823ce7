"""The Checker: every fault it promises to find, everything it must let pass."""

from __future__ import annotations

import datetime
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ergos.base.documents import Brief, Citation, Document, Section, Sentence, SentenceKind, Span, citable
from ergos.drivers.system1.figures import figures
from ergos.drivers.system1.names import names
from ergos.drivers.system1.segment import sentences
from ergos.verify.grounding import faults

DAY = int(datetime.datetime(2025, 9, 24, 8, tzinfo=datetime.UTC).timestamp()) * 1_000_000_000
EN = Document(
    id="a" * 16,
    url="https://example.org/a",
    title="Alibaba raises AI spending",
    source="36Kr Daily",
    language="en",
    published_ns=DAY,
    text=(
        "Eddie Wu, CEO of Alibaba Cloud, said on Wednesday: “AGI is a certainty, and only a starting point.” "
        "Cloud revenue rose 26 % in the quarter, while hardware revenue fell 3 %. "
        "AI investment was over 400 billion US dollars. The plan of 380 billion yuan runs over three years. "
        "It began in September. AI will not replace CEOs. Perhaps only 5–6 platforms will exist. "
        "GPT-4o and LangGraph 1.2.22 were named. Half of the 1380 models came from Yongming Eddie Wu's team."
    ),
)
ZH = Document(
    id="b" * 16,
    url="https://example.org/b",
    title="云栖大会",
    source="新华社",
    language="zh",
    published_ns=None,
    text="吴泳铭表示，阿里巴巴将投资3800亿元。他称大模型是下一代操作系统。下载量超过6亿次，增长百分之二十六。《未来》一书说：「智能体就是软件」。",
)


def cite(document: Document, words: str | None = None) -> Citation:
    words = document.text if words is None else words
    start = citable(document).index(words)
    return Citation(document=document.id, span=Span(start, start + len(words)), quote=words)


def brief(
    text: str, *citations: Citation, kind: SentenceKind = "fact", documents: tuple[Document, ...] = (EN, ZH)
) -> Brief:
    sentence = Sentence(text=text, citations=citations, kind=kind)
    return Brief(
        title="t", language="en", sections=(Section(heading="h", sentences=(sentence,)),), documents=documents,
        made_at_ns=DAY, solver="system1", source_count=34,
    )  # fmt: skip


def kinds(text: str, *citations: Citation, kind: SentenceKind = "fact") -> list[str]:
    return [fault.kind for fault in faults(brief(text, *citations, kind=kind))]


REVENUE = cite(EN, "Cloud revenue rose 26 % in the quarter, while hardware revenue fell 3 %.")
INVESTED = cite(EN, "AI investment was over 400 billion US dollars.")


@pytest.mark.parametrize(
    ("text", "citation"),
    [
        ("Alibaba Cloud's CEO Eddie Wu said AGI is “a certainty”.", cite(EN)),
        ('Eddie Wu called it "only a starting point."', cite(EN)),
        ("Eddie Wu said: “AGI is … only a starting point.”", cite(EN)),
        ("Cloud revenue grew by 26 percent.", REVENUE),
        ("Hardware revenue declined by three per cent.", REVENUE),
        ("Some $400 billion was invested in AI.", INVESTED),
        ("More than 400 billion US dollars were invested.", INVESTED),
        ("Alibaba will invest 380 billion yuan.", cite(ZH, "吴泳铭表示，阿里巴巴将投资3800亿元。")),
        ("Eddie Wu presented it at the Apsara Conference.", cite(ZH)),
        ("据36Kr Daily报道，云收入增长26%。", REVENUE),
        ("On 24 September 2025 spending was raised.", INVESTED),
        ("In September 2025 it began.", cite(EN, "It began in September.")),
        ("50 % of the models came from his team.", cite(EN, "Half of the 1380 models")),
        ("Five to six platforms will exist.", cite(EN, "Perhaps only 5–6 platforms will exist.")),
        ("One platform is GPT-4o.", cite(EN)),
        ("AI won't replace CEOs.", cite(EN, "AI will not replace CEOs.")),
        ("「智能体就是软件」。", cite(ZH)),
    ],
)
def test_what_the_source_carries_in_other_words_passes(text: str, citation: Citation) -> None:
    assert faults(brief(text, citation)) == ()


@pytest.mark.parametrize(
    ("text", "citation", "kind"),
    [
        ("Cloud revenue grew by 62 percent.", REVENUE, "number"),
        ("Cloud revenue grew by 26.", REVENUE, "number"),
        ("Cloud revenue grew by 26 percentage points.", REVENUE, "number"),
        ("Cloud revenue fell 26 %.", REVENUE, "number"),
        ("Hardware revenue rose 3 %.", REVENUE, "number"),
        ("Some 400 million dollars were invested.", INVESTED, "number"),
        ("Some 400 billion euros were invested.", INVESTED, "number"),
        ("Under 400 billion US dollars were invested.", INVESTED, "number"),
        ("Some 380 billion yuan were invested.", INVESTED, "number"),
        ("It has 380 models.", cite(EN, "380 models"), "number"),
        ("The plan runs over three months.", cite(EN), "number"),
        ("下载量不到6亿次。", cite(ZH), "number"),
        ("下载量达60亿次。", cite(ZH), "number"),
        ("下载量下降26%。", cite(ZH, "下载量超过6亿次，增长百分之二十六。"), "number"),
        ("On 25 September 2025 spending was raised.", INVESTED, "date"),
        ("It began in October.", cite(EN), "date"),
        ("Eddie Wu met Joseph Tsai.", cite(EN), "name"),
        ("It was GPT-4.", cite(EN), "name"),
        ("It was GPT-5o.", cite(EN), "name"),
        ("It was LangGraph 1.2.2.", cite(EN), "name"),
        ("《过去》一书如是说。", cite(ZH), "name"),
        ("He called it “a near certainty”.", cite(EN), "quotation"),
        ("He called it 'a near certainty'.", cite(EN), "quotation"),
        ("He called it ‘a near certainty’.", cite(EN), "quotation"),
        ("He called it “a certaint", cite(EN), "quotation"),
        ("「智能体就是硬件」。", cite(ZH), "quotation"),
        ("AI will replace CEOs.", cite(EN, "AI will not replace CEOs."), "quotation"),
        ("他称大模型不是下一代操作系统。", cite(ZH), "quotation"),
    ],
)
def test_what_the_source_does_not_carry_is_a_fault(text: str, citation: Citation, kind: str) -> None:
    assert kinds(text, citation) == [kind]


def test_a_sentence_without_citation_is_a_fault() -> None:
    assert kinds("Nothing here.") == ["citation"]
    assert kinds("  ", INVESTED) == ["citation"]


def test_a_citation_of_a_document_the_brief_does_not_hold_is_a_fault() -> None:
    assert kinds("Nothing here.", Citation(document="c" * 16, span=Span(0, 1), quote="A")) == ["citation"]


@pytest.mark.parametrize(
    ("start", "end", "quote"), [(0, 7, "alibaba"), (0, 7, "Tencent"), (-3, 2, "Al"), (5, 5, ""), (7, 0, ""), (0, 10**9, "Alibaba"), (26, 28, "\n\n")]
)  # fmt: skip
def test_a_span_that_is_not_its_quote_is_a_fault(start: int, end: int, quote: str) -> None:
    assert kinds("Nothing here.", Citation(document=EN.id, span=Span(start, end), quote=quote)) == ["span"]


def test_a_faulty_citation_carries_nothing() -> None:
    forged = Citation(document=EN.id, span=Span(0, 30), quote="Revenue rose 99 %.")
    assert kinds("Revenue rose 99 %.", INVESTED, forged) == ["span", "number"]


def test_a_comparison_may_count_its_own_documents_and_no_others() -> None:
    both = (cite(EN), cite(ZH))
    assert kinds("2 sources report this.", *both, kind="comparison") == []
    assert kinds("Two sources report this.", *both, kind="note") == []
    assert kinds("3 sources report this.", *both, kind="comparison") == ["number"]
    assert kinds("2 sources report this.", *both, kind="fact") == ["number"]


def test_a_note_may_say_how_many_sources_were_read_and_by_whom() -> None:
    assert kinds("System 1 read 34 sources; some are in Chinese.", cite(EN), kind="note") == []
    assert kinds("System 1 read 35 sources.", cite(EN), kind="note") == ["number"]


def test_a_note_takes_figures_from_the_whole_document_and_a_fact_does_not() -> None:
    assert kinds("380 billion yuan is planned.", INVESTED, kind="note") == []
    assert kinds("380 billion yuan is planned.", INVESTED, kind="fact") == ["number"]


def test_a_citation_mark_of_a_cited_document_is_no_figure() -> None:
    assert kinds("AI investment was over 400 billion US dollars [1].", INVESTED) == []
    assert kinds("AI investment was over 400 billion US dollars [2].", INVESTED) == ["number"]


def test_faults_name_their_place_in_the_brief() -> None:
    good = Sentence(text=INVESTED.quote, citations=(INVESTED,))
    bad = Sentence(text="It was 7 %.", citations=(INVESTED,))
    sections = (Section(heading="a", sentences=(good,)), Section(heading="b", sentences=(good, bad)))
    whole = Brief(
        title="t", language="en", sections=sections, documents=(EN,), made_at_ns=0, solver="x", source_count=1
    )
    assert [(fault.section, fault.sentence, fault.found) for fault in faults(whole)] == [(1, 1, "7 %")]


def test_a_brief_without_sentences_has_no_fault() -> None:
    assert (
        faults(Brief(title="t", language="en", sections=(), documents=(), made_at_ns=0, solver="x", source_count=0))
        == ()
    )


def _sentence_citations(document: Document) -> list[Citation]:
    text = citable(document)
    return [Citation(document=document.id, span=span, quote=text[span.start : span.end]) for span in sentences(text)]


EVERY = [*_sentence_citations(EN), *_sentence_citations(ZH)]
WORDS = st.sampled_from(
    "Nvidia Wu The the “AI ‘a’ rose fell not 26 % $3 billion 2025 . , ” three 9月 亿 《书》 「好」 公司 GPT-4o 1.2.3 \" ' … — half of in May over [1] U.S. 's".split()
)


@pytest.mark.parametrize("citation", EVERY, ids=range(len(EVERY)))
def test_an_extract_never_has_a_fault(citation: Citation) -> None:
    assert faults(brief(citation.quote, citation, kind="quote")) == ()


@given(st.lists(WORDS, min_size=1, max_size=40).map(" ".join) | st.text(min_size=1, max_size=120))
@settings(max_examples=300, deadline=None)
def test_an_extracted_sentence_of_any_text_never_has_a_fault(text: str) -> None:
    document = Document(id="d" * 16, url="u", title="T", text=text, source="S", published_ns=None, language="en")
    for citation in _sentence_citations(document):
        assert faults(brief(citation.quote, citation, documents=(document,))) == ()


@given(st.sampled_from(EVERY), st.data())
@settings(max_examples=150, deadline=None)
def test_changing_any_digit_is_always_a_fault(citation: Citation, data: st.DataObject) -> None:
    places = [match.start() for match in re.finditer(r"\d", citation.quote)]
    assume(places)
    place = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from([digit for digit in "123456789" if digit != citation.quote[place]]))
    changed = citation.quote[:place] + other + citation.quote[place + 1 :]
    carried = {(figure.kind, figure.value, figure.unit) for figure in figures(citation.quote)}
    # Another digit may make another figure of the same sentence: "26 %" into "3 %" says something the span holds.
    assume(
        any((figure.kind, figure.value, figure.unit) not in carried for figure in figures(changed))
        or names(changed) != names(citation.quote)
    )
    assert faults(brief(changed, citation)) != ()


@given(st.sampled_from([(citation, name.span) for citation in EVERY for name in names(citation.quote)]), st.data())
@settings(max_examples=150, deadline=None)
def test_changing_any_name_is_always_a_fault(place: tuple[Citation, Span], data: st.DataObject) -> None:
    citation, span = place
    letters = [at for at in range(span.start, span.end) if citation.quote[at].isalpha()]
    assume(letters and citation.quote[span.start : span.end] not in {"CEO", "AI"})
    at = data.draw(st.sampled_from(letters[1:] or letters))
    letter = "q" if citation.quote[at].isascii() else "鼱"
    assume(citation.quote[at].lower() != letter)
    changed = citation.quote[:at] + letter + citation.quote[at + 1 :]
    assume(any(found.span.start <= at < found.span.end for found in names(changed)))
    # A quoted term that is also a name is reported once, as a quotation.
    assert {"name", "quotation"} & {fault.kind for fault in faults(brief(changed, citation))}


@given(st.integers(min_value=0, max_value=9), st.sampled_from(["“{}”", '"{}"', "「{}」", "‘{}’", "『{}』", "«{}»"]))
def test_changing_any_quoted_word_is_always_a_fault(place: int, marks: str) -> None:
    quoted = "AGI is a certainty, and only a starting point".split()
    assert kinds(f"He said {marks.format(' '.join(quoted))}.", cite(EN)) == []
    quoted[place % len(quoted)] = "zeal"
    assert "quotation" in kinds(f"He said {marks.format(' '.join(quoted))}.", cite(EN))


@pytest.mark.timeout(20)
@pytest.mark.parametrize("seed", ["'a ", "“", '"', "‘a", "rose ", "not ", "A ", "9"])
def test_a_hostile_sentence_ends(seed: str) -> None:
    text = seed * (50_000 // len(seed))
    document = Document(id="d" * 16, url="u", title="T", text=text, source="S", published_ns=None, language="en")
    assert isinstance(faults(brief(text, cite(document, text[:40]), documents=(document,))), tuple)
