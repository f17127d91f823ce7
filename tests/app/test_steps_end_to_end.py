"""Two whole agents from AGENT.md to what they leave behind, on a real kernel, without a model and without a network."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.app.steps_house import House, armed, happened, item, memory, played, runs, until, watching
from tests.lib.pdfs import pdf

CLERK = """
    name: clerk
    goal: Enter every invoice into the ledger.
    triggers:
      - on: files
        name: invoice
        folder: "invoices:/"
        pattern: "*.pdf"
    steps:
      - id: read
        act: sources.read
        with: {at: ["{event.path}"]}
      - id: invoice
        think: extract
        with: {text: "{read.documents.0.text}", fields: [supplier, number, date, total]}
      - id: agreed
        ask: "{invoice.total} to {invoice.supplier}: shall it be entered?"
        if: invoice.total > 1,000 EUR
      - act: table.append
        with: {path: "here:/ledger.csv", row: "{invoice}"}
    acceptance:
      - {check: fields, of: invoice, value: [supplier, number, date, total]}
      - {check: found_in_source, of: invoice}
    grants:
      - act: sources.read
        args: {at: {under: "invoices:/"}}
      - think: extract
      - act: table.append
        args: {path: "here:/ledger.csv", row: any}
"""
SMALL = ["Acme GmbH", "Rechnungs-Nr.: A-17", "Datum: 03.02.2026", "Gesamtbetrag: 119,00 EUR"]
LARGE = ["Globex Ltd", "Invoice Number: B-2", "Date: 4 Feb 2026", "Amount due: EUR 1,200.50"]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, {"invoices": False, "here": True})


def ledger(house: House) -> list[list[str]]:
    path = house.folder / "here" / "ledger.csv"
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines())) if path.exists() else []


HEAD = ["supplier", "number", "date", "total"]
FIRST = ["Acme GmbH", "A-17", "2026-02-03", "119.00 EUR"]
SECOND = ["Globex Ltd", "B-2", "2026-02-04", "1200.50 EUR"]


@played
async def test_an_invoice_that_arrives_stands_in_the_ledger_and_a_large_one_only_after_a_yes(house: House) -> None:
    path = house.agent(CLERK)
    (house.folder / "invoices" / "a.pdf").write_bytes(pdf(SMALL))
    (house.folder / "invoices" / "b.pdf").write_bytes(pdf(LARGE))
    async with house.running() as kernel:
        pid = await house.spawn(kernel, path)
        await armed(kernel, pid)
        assert await happened(kernel, pid, "invoice", "a", {"path": "invoices:/a.pdf"})
        await runs(kernel, pid, 1)
        assert ledger(house) == [HEAD, FIRST]
        await happened(kernel, pid, "invoice", "b", {"path": "invoices:/b.pdf"})
        question = await item(kernel, "question")
        assert "1200.50 EUR to Globex Ltd" in question.text
        assert ledger(house) == [HEAD, FIRST]
        await kernel.desk.answer(question.id, "answer", "alice", "yes")
        past = await runs(kernel, pid, 2)
        assert ledger(house) == [HEAD, FIRST, SECOND]
        assert not await happened(kernel, pid, "invoice", "b", {"path": "invoices:/b.pdf"})
        assert (past.failures, past.last_key) == (0, "b")


@played
async def test_a_no_leaves_the_ledger_as_it_was(house: House) -> None:
    path = house.agent(CLERK)
    (house.folder / "invoices" / "b.pdf").write_bytes(pdf(LARGE))
    async with house.running() as kernel:
        pid = await house.spawn(kernel, path)
        await armed(kernel, pid)
        await happened(kernel, pid, "invoice", "b", {"path": "invoices:/b.pdf"})
        await kernel.desk.answer((await item(kernel, "question")).id, "answer", "alice", "no")
        past = await runs(kernel, pid, 1)
        assert (past.declined, ledger(house)) == (1, [])


@played
async def test_a_kernel_that_dies_between_the_row_and_its_record_enters_no_line_twice(house: House) -> None:
    path = house.agent(CLERK)
    (house.folder / "invoices" / "a.pdf").write_bytes(pdf(SMALL))
    async with house.dying("table.append") as (kernel, done):
        pid = await house.spawn(kernel, path)
        await armed(kernel, pid)
        await happened(kernel, pid, "invoice", "a", {"path": "invoices:/a.pdf"})
        await done.wait()
        assert ledger(house) == [HEAD, FIRST]
    async with house.running() as kernel:
        await runs(kernel, pid, 1)
        assert ledger(house) == [HEAD, FIRST]


@played
async def test_what_cannot_be_extracted_is_told_and_nothing_is_made_up(house: House) -> None:
    path = house.agent(CLERK)
    (house.folder / "invoices" / "c.pdf").write_bytes(pdf(["A letter about the weather"]))
    async with house.running() as kernel:
        pid = await house.spawn(kernel, path)
        await armed(kernel, pid)
        await happened(kernel, pid, "invoice", "c", {"path": "invoices:/c.pdf"})
        past = await runs(kernel, pid, 1)
        assert (past.runs, past.failures, ledger(house)) == (0, 1, [])
        assert "System 1 found none of supplier, number, date, total" in past.said[0].text


@played
async def test_what_could_not_be_read_is_tried_again(house: House) -> None:
    path = house.agent(CLERK)
    async with house.running() as kernel:
        pid = await house.spawn(kernel, path)
        await armed(kernel, pid)
        await happened(kernel, pid, "invoice", "d", {"path": "invoices:/late.pdf"})
        past = await runs(kernel, pid, 1)
        assert (past.failures, [one.event["key"] for one in past.again]) == (1, ["d"])
        assert "there is no invoices:/late.pdf" in past.last_failure


@played
async def test_a_file_that_arrives_in_the_folder_wakes_the_agent(house: House) -> None:
    path = house.agent(CLERK.replace('pattern: "*.pdf"', 'pattern: "*.pdf"\n        settle_s: 0.05'))
    async with house.running() as kernel:
        pid = await house.spawn(kernel, path)
        await watching(kernel, pid)
        (house.folder / "invoices" / "ignored.txt").write_text("x")
        (house.folder / "invoices" / "new.pdf").write_bytes(pdf(SMALL))
        past = await runs(kernel, pid, 1)
        assert past.failures == 0, past.last_failure
        assert ledger(house) == [HEAD, FIRST]


FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title><link>https://{host}/</link>
{items}</channel></rss>"""
ITEM = """<item><title>{title}</title><link>https://{host}/{number}</link><pubDate>Wed, 25 Nov 2026 08:00:00 GMT</pubDate>
<description>{text}</description></item>"""
NEWS = {
    "港口日报": [("宁波港集装箱吞吐量增长", "宁波港表示，十月集装箱吞吐量达到三百万标准箱，同比增长百分之十二。新的自动化码头已经投入使用。"),
              ("上海港启用新航线", "上海港宣布启用通往智利的新航线。该航线每周一班，全程需要二十八天。")],
    "航运周刊": [("宁波港集装箱吞吐量创新高", "宁波港十月集装箱吞吐量达到三百万标准箱，创下新高。港口方面预计全年增长百分之十。"),
              ("油价上涨推高运费", "国际油价本月上涨百分之五，航运公司表示运费将随之上调。")],
    "经济观察": [("智利车厘子抵达上海", "首批智利车厘子抵达上海港，数量为五百吨。海关表示通关时间缩短到六小时。")],
}  # fmt: skip
WRITER = """
    name: writer
    goal: 每天早上八点写一份简报。
    language: zh
    timezone: Asia/Shanghai
    triggers:
      - on: schedule
        name: morning
        rule: FREQ=DAILY;BYHOUR=8;BYMINUTE=0
    sources: ["feeds:/one.xml", "feeds:/two.xml", "feeds:/three.xml"]
    steps:
      - id: read
        act: sources.read
        with: {at: "{sources}"}
      - id: brief
        think: brief
        with: {documents: "{read.documents}", language: zh, pages: 2, cited: true}
      - act: press.publish
        with: {brief: "{brief}", folder: "out:/", format: html}
    acceptance:
      - {check: cited, of: brief}
      - {check: pages_max, of: brief, value: 2}
      - {check: language, of: brief, value: zh}
      - {check: not_empty, of: brief}
    grants:
      - act: sources.read
        args: {at: {under: "feeds:/"}}
      - think: brief
      - act: press.publish
        args: {brief: any, folder: "out:/", format: html}
        ask: true
    budget: {per_month: 5usd}
"""


def feeds(folder: Path) -> None:
    for number, (name, (title, entries)) in enumerate(zip(("one", "two", "three"), NEWS.items(), strict=True)):
        host = f"source{number}.example"
        items = "".join(
            ITEM.format(title=head, text=text, host=host, number=place) for place, (head, text) in enumerate(entries)
        )
        (folder / f"{name}.xml").write_text(FEED.format(title=title, host=host, items=items), encoding="utf-8")


@played
async def test_three_sources_become_a_cited_brief_that_is_published_once_its_owner_agrees(tmp_path: Path) -> None:
    house = House(tmp_path, {"feeds": False, "out": True})
    feeds(tmp_path / "feeds")
    path = house.agent(WRITER)
    async with house.running() as kernel:
        pid = await house.spawn(kernel, path)
        await armed(kernel, pid)
        await kernel.desk.send(pid, "现在运行")
        approval = await item(kernel, "approval")
        assert not list((tmp_path / "out").iterdir())
        await kernel.desk.answer(approval.id, "approve", "alice")
        past = await runs(kernel, pid, 1)
        assert past.failures == 0, past.last_failure
        (page,) = (tmp_path / "out").iterdir()
        text = page.read_text(encoding="utf-8")
        assert "宁波港" in text
        assert "https://source0.example/" in text
        assert page.suffix == ".html"


@played
async def test_a_kernel_that_dies_while_it_publishes_leaves_one_page(tmp_path: Path) -> None:
    house = House(tmp_path, {"feeds": False, "out": True})
    feeds(tmp_path / "feeds")
    path = house.agent(WRITER)
    async with house.dying("press.publish") as (kernel, done):
        pid = await house.spawn(kernel, path)
        await armed(kernel, pid)
        await kernel.desk.send(pid, "run")
        await kernel.desk.answer((await item(kernel, "approval")).id, "approve", "alice")
        await done.wait()
    async with house.running() as kernel:
        await runs(kernel, pid, 1)
        assert len(list((tmp_path / "out").iterdir())) == 1


@played
async def test_its_owner_is_told_how_it_stands_and_can_end_it(house: House) -> None:
    path = house.agent(CLERK)
    async with house.running() as kernel:
        pid = await house.spawn(kernel, path)
        await armed(kernel, pid)
        await kernel.desk.send(pid, "status")

        async def told() -> bool:
            return bool((await memory(kernel, pid)).said)

        await until(told)
        assert "0 runs" in (await memory(kernel, pid)).said[0].text
        await kernel.desk.send(pid, "stop")
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome == {"stopped": "by its owner", "runs": 0}
