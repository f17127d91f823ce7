"""The words of New."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "new.title": ("A new agent", "新建智能体"),
    "new.program": ("The program", "程序"),
    "new.prose": ("What is it to do?", "它要做什么？"),
    "new.hint": (
        "Say when, from where, what to do, whom to tell and what it may cost. English or Chinese.",
        "说明何时、从哪里、做什么、告诉谁、最多花多少。可用中文或英文。",
    ),
    "new.more": ("Name and time zone", "名称与时区"),
    "new.name": ("Name", "名称"),
    "new.timezone": ("Time zone", "时区"),
    "new.compile": ("Read my words", "解读"),
    "new.examples": ("Examples", "示例"),
    "new.example_1": (
        "Every weekday at 9 read https://example.org/feed.xml and send me what is new, at most 20 cents a day",
        "每个工作日9点阅读 https://example.org/feed.xml，把新内容告诉我，每天最多0.2美元",
    ),
    "new.example_2": (
        "When a PDF arrives in ./invoices, note date, sender and total in ledger.csv; ask me when it is above 1000 USD",
        "./invoices 里来了 PDF 时，把日期、开票方和总额记到 ledger.csv；超过1000美元时问我",
    ),
    "new.example_3": (
        "Every Monday at 8 write a two-page brief with sources about https://example.org/news and ask me before it is published",
        "每周一8点就 https://example.org/news 写一份两页带出处的简报，发布前先问我",
    ),
    "new.nothing": ("Nothing is said yet.", "还没有内容。"),
    "new.nothing_more": (
        "What it would do, may do and cost appears here as you type. Nothing is started.",
        "输入时，这里会显示它将做什么、可以做什么、花费多少。不会启动任何东西。",
    ),
    "new.findings": ("What is to be said about it", "需要说明的"),
    "new.severity_error": ("Error", "错误"),
    "new.severity_question": ("Question", "问题"),
    "new.severity_warning": ("Warning", "警告"),
    "new.severity_note": ("Note", "提示"),
    "new.choices": ("For example:", "例如："),
    "new.does": ("What it does", "它做什么"),
    "new.may": ("What it may do", "它可以做什么"),
    "new.because": ("because you said", "因为您说"),
    "new.cost_once": ("Each time", "每次"),
    "new.cost_month": ("A month", "每月"),
    "new.at_most": ("at most", "最多"),
    "new.unknown": ("not known", "未知"),
    "new.firings": ("Times a month", "每月次数"),
    "new.folders": ("Folders of this machine it needs", "它需要的本机文件夹"),
    "new.written": ("to read and write", "读写"),
    "new.read": ("to read", "只读"),
    "new.changes": ("What changes against the agent that stands", "与现有智能体的差别"),
    "new.same": ("It does the same as before.", "与之前相同。"),
    "new.source": ("The source: AGENT.md", "源文件：AGENT.md"),
    "new.not_ready": (
        "It can be made once no error is left and every question is answered in your words.",
        "没有错误且每个问题都在您的话里得到回答后，才能创建。",
    ),
    "new.keepers": ("Agents of this home are made by the owner of the home.", "此主目录的智能体由其所有者创建。"),
    "new.replace": ("Replace the agent {name} that stands there", "替换现有的智能体 {name}"),
    "new.make": ("Make it", "创建"),
    "new.make_start": ("Make it and start", "创建并启动"),
    "new.made": ("{name} is made. Nothing was started.", "{name} 已创建，未启动。"),
    "new.started": ("{name} is made and runs as process {pid}.", "{name} 已创建，正以进程 {pid} 运行。"),
}
