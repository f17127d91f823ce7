"""What an import or export did not carry over: a code, the place, what is so, and what its owner can do.

    [I201] agents.root.toolsets[2]: nothing here corresponds to 'lsp' — grant a tool that does it, or leave it

Rules: plain data; a code means one thing for ever; every text stands here in English and Chinese. What is quoted from
a file is cut to a bound and shown harmlessly; a secret is never quoted.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import msgspec

from ergos.kernel.permission.wording import Language
from ergos.lib.visible import one_line

QUOTED_CHARS: Final = 80  # characters of a file's own words within a remark
REMARKS_MAX: Final = 2_000  # remarks of one import; beyond it only their number is told

Texts = tuple[str, str, str, str]
"""What is so and what to do, in English; the same in Chinese."""

TEXTS: Final[MappingProxyType[str, Texts]] = MappingProxyType(
    {
        # Reading
        "I101": (
            "the field {what} is not known here and was left out",
            "read it, and say in AGENT.md what of it matters",
            "未识别字段 {what}，已略去",
            "请查看该字段，并把其中重要的内容写入 AGENT.md",
        ),
        "I102": (
            "{what} does not have the type its format says, so it was left out",
            "correct it in the file and import again, or write it into AGENT.md",
            "{what} 的类型与其格式不符，已略去",
            "请更正文件后重新导入，或写入 AGENT.md",
        ),
        "I103": (
            "{what} is no plain file inside the folder, so it was not read",
            "copy what is meant into the folder, and import again",
            "{what} 不是文件夹内的普通文件，未读取",
            "请把所指内容复制到文件夹内后重新导入",
        ),
        "I104": (
            "{what} is larger than what is read of one file, so it was left out",
            "shorten it, or give the agent a grant to read it where it is",
            "{what} 超过单个文件的读取上限，已略去",
            "请缩短，或授权智能体在原处读取",
        ),
        "I105": (
            "{what} is not UTF-8 text; what could not be read stands as a replacement character",
            "save it as UTF-8 and import again",
            "{what} 不是 UTF-8 文本，无法读取之处以替换符表示",
            "请存为 UTF-8 后重新导入",
        ),
        "I106": (
            "the name {what} is taken, or not one that can be used here; it is now {now}",
            "choose another one in AGENT.md if you like",
            "名称 {what} 已被占用或不可用于此处，现为 {now}",
            "如需更换，请在 AGENT.md 中修改",
        ),
        "I107": (
            "version {what} of the format is newer than what is known here; what is known of it was read",
            "look through the result with care",
            "格式版本 {what} 比此处已知的新；已读取其中已知的部分",
            "请仔细检查结果",
        ),
        "I108": (
            "{what} points elsewhere and was not fetched",
            "save it beside the file and import again, if you trust it",
            "{what} 指向别处，未获取",
            "若信任其内容，请存到文件旁后重新导入",
        ),
        "I109": (
            "{what} is named and not there",
            "add it to the file, or take the name out",
            "提到了 {what}，但找不到",
            "请补充，或删去该名称",
        ),
        "I110": (
            "{what} refers to itself, directly or over others; the reference was cut there",
            "say which of them leads the others",
            "{what} 直接或间接引用了自身，已在该处断开",
            "请说明由谁主导",
        ),
        "I111": (
            "{what} has characters that do not show; they stay as they are and are read as text only",
            "look at the file before you use it",
            "{what} 含有不可见字符；原样保留，仅作文本读取",
            "使用前请查看该文件",
        ),
        "I112": (
            "the YAML tag {what} was ignored; its value was read as plain data",
            "nothing, if the value is what you expect",
            "忽略了 YAML 标签 {what}；其值按普通数据读取",
            "若值符合预期则无需处理",
        ),
        "I113": (
            "{what} was longer than fits and was cut; the whole of it lies in {now}",
            "shorten the instructions in AGENT.md",
            "{what} 过长，已截断；全文见 {now}",
            "请缩短 AGENT.md 中的说明",
        ),
        "I114": (
            "{what} reads like an order to a model to hide something, to forget its rules or to send something away",
            "read it before you start the agent; it gives no permission, but it steers the model",
            "{what} 像是在指示模型隐瞒、忘记规则或向外发送内容",
            "启动智能体前请先阅读；它不授予权限，但会影响模型",
        ),
        # Tools and permission
        "I201": (
            "nothing here corresponds to {what}",
            "grant a tool that does it (`ergos tools` lists them), mount a server, or leave it out",
            "此处没有与 {what} 对应的功能",
            "请授权具有该功能的工具（`ergos tools`）、接入服务器，或不使用",
        ),
        "I202": (
            "{what} became the grant `{now}`, which asks you before each call",
            "take `ask: true` away where you agree, and the grant where you do not",
            "{what} 已转为授权 `{now}`，每次调用前都会询问您",
            "同意则删去 `ask: true`，不同意则删去该授权",
        ),
        "I203": (
            "the rule {what} cannot be said with our matchers; the grant it belongs to is wider and asks you each time",
            "narrow the grant in AGENT.md before you take `ask: true` away",
            "规则 {what} 无法用此处的匹配方式表达；相应授权更宽，但每次都会询问",
            "在删去 `ask: true` 之前请先收窄授权",
        ),
        "I204": (
            "{what} lets calls pass without asking; an import grants nothing, so it was left out",
            "take `ask: true` away in AGENT.md for what you want unasked",
            "{what} 允许不经询问即执行；导入不授予任何权限，故略去",
            "若希望不再询问，请在 AGENT.md 中删去相应的 `ask: true`",
        ),
        "I205": (
            "{what} holds code; it was not run, and lies as a draft in {now}",
            "read it; `ergos tools` makes a tool of it once its tests pass and you approve it",
            "{what} 含有代码；未执行，已作为草稿存于 {now}",
            "请阅读；测试通过并经您批准后，可用 `ergos tools` 制成工具",
        ),
        "I206": (
            "{what} would run commands by itself; that was left out",
            "write a tool or a step for it, and grant it",
            "{what} 会自行执行命令，已略去",
            "请为其编写工具或步骤并授权",
        ),
        "I207": (
            "{what} is forbidden there, so no grant was made for it",
            "nothing; without a grant it cannot be called",
            "{what} 在原系统中被禁止，故未生成授权",
            "无需处理；没有授权便无法调用",
        ),
        "I208": (
            "the server of tools {what} is proposed in settings.proposed.toml; it is not mounted",
            "copy its table into settings.toml of the home, then `ergos tools approve {now}`",
            "工具服务器 {what} 已在 settings.proposed.toml 中给出建议，尚未接入",
            "请把该表复制到主目录的 settings.toml，然后 `ergos tools approve {now}`",
        ),
        "I209": (
            "the folder {what} is proposed as the root {now}; it cannot be reached yet",
            "copy the line from settings.proposed.toml into settings.toml, if the agent may use it",
            "文件夹 {what} 建议作为根 {now}；目前不可访问",
            "若允许使用，请把 settings.proposed.toml 中的相应行复制到 settings.toml",
        ),
        # Times
        "I301": (
            "the schedule {what} cannot be read",
            "write the time as a trigger in AGENT.md",
            "无法读取时间表 {what}",
            "请在 AGENT.md 中以触发器写明时间",
        ),
        "I302": (
            "times missed while nothing ran are made up for once ({what}); the other system may skip them or run each",
            "set `misfire` of the trigger to skip or catch_up, if you want that",
            "停机期间错过的时间会补做一次（{what}）；原系统可能跳过或逐次补做",
            "如需更改，请将该触发器的 `misfire` 设为 skip 或 catch_up",
        ),
        "I303": (
            "{what} says no time zone; UTC is assumed",
            "set `timezone` in AGENT.md",
            "{what} 未写时区，按 UTC 处理",
            "请在 AGENT.md 中设置 `timezone`",
        ),
        "I304": (
            "{what} is switched off there, so no trigger was made",
            "add it to AGENT.md when you want it",
            "{what} 在原系统中已停用，未生成触发器",
            "需要时请加入 AGENT.md",
        ),
        "I305": (
            "the one time {what} is past",
            "nothing, unless it is to be done again",
            "一次性时间 {what} 已过",
            "除非要再做一次，否则无需处理",
        ),
        "I306": (
            "{what} is delivered to a channel there; here its result is an outcome, and a message needs a grant",
            "grant `notify.owner` or a tool of that channel, and say so in the prompt",
            "{what} 在原系统中会发往频道；此处结果即为产出，发送消息需要授权",
            "请授权 `notify.owner` 或该频道的工具，并在提示中说明",
        ),
        # Secrets
        "I401": (
            "there is a secret ({what}); it was left out everywhere",
            "store it with `ergos secret set NAME`, and change it at its issuer if others saw the file",
            "含有机密（{what}），已全部略去",
            "请用 `ergos secret set NAME` 保存；若文件曾被他人看到，请到签发方更换",
        ),
        "I402": (
            "{what} comes from an environment variable there; here it is secret:{now}",
            "store it with `ergos secret set {now}`",
            "{what} 在原系统中取自环境变量；此处为 secret:{now}",
            "请用 `ergos secret set {now}` 保存",
        ),
        # Memory, skills, conversations
        "I501": (
            "memory.json holds what is to be remembered ({what}); it is text of strangers until you have read it",
            "read memory.json; the agent asks you before it takes them in",
            "有 {what} 条内容待记住；在您阅读 memory.json 之前视为陌生人的文本",
            "请阅读 memory.json；智能体读入前会询问您",
        ),
        "I502": (
            "the skill {what} was copied and is not pinned: a model sees its name, and its text as a stranger's",
            "`ergos skills show {now}`, then `ergos skills add {now}`",
            "技能 {what} 已复制但未固定：模型只见其名，其文本视为陌生人的内容",
            "请先 `ergos skills show {now}`，再 `ergos skills add {now}`",
        ),
        "I503": (
            "the skill {what} cannot be used here: {now}",
            "correct it, or leave it out",
            "技能 {what} 无法在此使用：{now}",
            "请更正，或不使用",
        ),
        "I504": (
            "{what} messages of earlier conversations were left out",
            "keep the old file; what matters of them belongs into the memory",
            "略去了 {what} 条以往对话消息",
            "请保留旧文件；其中重要内容应写入记忆",
        ),
        "I505": (
            "{what} is bound to other places there (embeddings, indexes, sources) and was left out",
            "let the agent read the documents again",
            "{what} 绑定于原系统（嵌入、索引、数据源），已略去",
            "请让智能体重新读取这些文档",
        ),
        # Models and money
        "I601": (
            "the model {what} is not chosen here by a file; the home's models are used",
            "`ergos models` lists them; write `[models] auto` in settings.toml to prefer one",
            "模型 {what} 在此不由文件选定；使用主目录的模型",
            "`ergos models` 可查看；可在 settings.toml 的 `[models] auto` 中指定偏好",
        ),
        "I602": (
            "no ceiling on spending is said; until there is one, no paid call is made",
            "write `budget: {{per_day: 1usd}}` into AGENT.md, or a ceiling into settings.toml",
            "未给出支出上限；设定之前不会进行任何付费调用",
            "请在 AGENT.md 写入 `budget: {{per_day: 1usd}}`，或在 settings.toml 设定上限",
        ),
        "I603": (
            "the ceiling {what} became `{now}`",
            "change it in AGENT.md; it lets nothing pass, it only stops",
            "上限 {what} 已转为 `{now}`",
            "可在 AGENT.md 中修改；它只限制，不放行",
        ),
        "I604": (
            "the bound {what} has no counterpart here",
            "set `supervision` or `budget` in AGENT.md",
            "限制 {what} 在此没有对应项",
            "请在 AGENT.md 设置 `supervision` 或 `budget`",
        ),
        # Structure
        "I701": (
            "the edge {what} of the flow cannot be said with steps in order",
            "write the steps by hand, or let a model plan from the instructions",
            "流程中的连接 {what} 无法用顺序步骤表达",
            "请手工编写步骤，或让模型按说明规划",
        ),
        "I702": (
            "the node {what} became a part of the instructions",
            "check the order, and what each hands to the next",
            "节点 {what} 已写入说明",
            "请检查顺序及各节点之间传递的内容",
        ),
        "I703": (
            "{what} may start {now}, as a member of its team; whatever that one does asks you, too",
            "take it out of `team` in AGENT.md if it shall not",
            "{what} 可启动团队成员 {now}；后者的一切行为同样会询问您",
            "若不允许，请将其从 AGENT.md 的 `team` 中删去",
        ),
        "I704": (
            "the prompt {what} has no command here; it stands in the settings of the agent",
            "send it with `ergos send PID`",
            "提示 {what} 在此没有对应命令；已写入智能体设置",
            "请用 `ergos send PID` 发送",
        ),
        # Export
        "I801": (
            "{what} cannot be said in that format and was left out",
            "keep the folder: it is the original",
            "{what} 无法用该格式表达，已略去",
            "请保留原文件夹：它才是原件",
        ),
        "I802": (
            "{what} is enforced here and is only a wish there",
            "check what the other system does with it before you rely on it",
            "{what} 在此强制执行，在对方仅是意愿",
            "在依赖之前，请确认对方系统如何处理",
        ),
        "I803": (
            "the code {what} is not exported",
            "copy it by hand, if it is meant to go along",
            "代码 {what} 未导出",
            "如需一并带走，请手工复制",
        ),
    }
)


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """One of them."""

    code: str
    where: str
    """The place in what was read: 'agents.root.toolsets[2]', 'SOUL.md'."""
    what: str = ""
    now: str = ""
    """What it became."""

    def said(self, language: Language) -> str:
        """What is so."""
        return self._filled(0 if language == "en" else 2)

    def remedy(self, language: Language) -> str:
        """What to do."""
        return self._filled(1 if language == "en" else 3)

    def _filled(self, number: int) -> str:
        return TEXTS[self.code][number].format(what=self.what, now=self.now)


class Findings:
    """Collects remarks in the order in which they come up, each once."""

    def __init__(self) -> None:
        self._found: dict[Remark, None] = {}
        self.left_out = 0
        """Remarks beyond the bound."""

    def add(self, code: str, where: str, what: str = "", now: str = "") -> None:
        """Note one."""
        assert code in TEXTS
        remark = Remark(
            code=code, where=one_line(where, 200), what=one_line(what, QUOTED_CHARS), now=one_line(now, QUOTED_CHARS)
        )
        if len(self._found) < REMARKS_MAX:
            self._found.setdefault(remark)
        elif remark not in self._found:
            self.left_out += 1

    @property
    def all(self) -> tuple[Remark, ...]:
        """All of them, in order."""
        return tuple(self._found)
