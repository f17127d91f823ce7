"""What is wrong with an agent's grants before it runs: the check at installation.

`exposures` finds an agent whose grants combine text of strangers, private data and a way out (`trifecta`, which is
refused), over all agents it may start or write to, because what one reads another may send. Beside that it finds grants
that do not do what their owner will think they do. Each finding names the grants and says what to change.

Rules: pure and total; an open question counts against the grant. What is found depends on the tools as they are now: a
tool that is added below a prefix, or changes, calls for the check again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, Literal

import msgspec

from ergos.kernel.permission.coverage import covers, name_covers, never_fits
from ergos.kernel.permission.grants import Grant, grant_id
from ergos.kernel.permission.legs import (
    LEGS,
    Part,
    ToolFacts,
    addresses,
    is_answered,
    legs,
    named_tools,
    networks,
    parameter_names,
    required_names,
    role_at,
)
from ergos.kernel.permission.wording import Language, listed, named

Code = Literal[
    "trifecta", "unknown-tool", "unknown-argument", "never-fits", "expired", "needless", "silenced", "open-money",
    "code-network", "free-address",
]  # fmt: skip
Weight = Literal["refuse", "warn"]

TEXTS: Final[dict[Code, tuple[Weight, str, str, str, str]]] = {
    "trifecta": (
        "refuse",
        "{agent} can read what strangers write ({input}), see what is private ({private}) and send it out ({out})",
        "{agent} 既能读到陌生人写的内容（{input}），又能看到私密数据（{private}），还能向外发送（{out}）",
        (
            "set `ask: true` on the way out, or let its grant name every recipient with equals or one_of, or drop "
            "one of the three"
        ),
        "请在对外发送的授权上设置 `ask: true`，或用 equals / one_of 写明全部接收方，或去掉三者之一",
    ),
    "unknown-tool": (
        "warn",
        "no tool is called {tool}, so the grant is taken to allow the worst",
        "没有名为 {tool} 的工具，因此按最坏情况看待这项授权",
        "correct the name, or mount the tool first",
        "请更正名称，或先接入该工具",
    ),
    "unknown-argument": (
        "warn",
        "the grant and {tool} do not agree about the argument {argument}, so that no call fits",
        "授权与 {tool} 的参数 {argument} 不一致，因此没有任何调用符合",
        "name exactly the arguments that the tool takes; `ergos tools` shows them",
        "请只写该工具确有的参数；`ergos tools` 会列出它们",
    ),
    "never-fits": (
        "warn",
        "nothing can fit the argument {argument} of {tool}, so that the grant allows no call",
        "没有任何值能符合 {tool} 的参数 {argument}，因此这项授权不允许任何调用",
        "give the matcher values: one for equals, two numbers for range, a folder or a host",
        "请给出取值：equals 一个，range 两个数，under 为文件夹，domain 为主机名",
    ),
    "expired": (
        "warn",
        "the grant for {tool} has expired or allows no call",
        "{tool} 的授权已过期或次数为零",
        "drop it, or give it a later date",
        "请删除它，或设定更晚的期限",
    ),
    "needless": (
        "warn",
        "another grant allows all that the one for {tool} allows",
        "另一项授权已包含 {tool} 的这项授权",
        "drop the narrower one, or the wider one if it was not meant",
        "请删除较窄的一项；若较宽的一项并非本意，则删除它",
    ),
    "silenced": (
        "warn",
        "the grant for {tool} asks each time, but another one lets the same calls pass without asking",
        "{tool} 的授权要求每次询问，但另一项授权不经询问就放行同样的调用",
        "set `ask: true` on the other one too, or narrow it",
        "请在另一项上也设置 `ask: true`，或缩小其范围",
    ),
    "open-money": (
        "warn",
        "{tool} spends money, and the grant bounds {argument} not at all",
        "{tool} 会花钱，而授权对 {argument} 没有任何限制",
        "bound it with range, equals or one_of, or set `ask: true`",
        "请用 range、equals 或 one_of 加以限制，或设置 `ask: true`",
    ),
    "code-network": (
        "warn",
        "{tool} runs code, and the grant lets that code reach the network through {argument}",
        "{tool} 会运行代码，而授权允许这些代码通过 {argument} 访问网络",
        "fix the argument to no network, name the hosts one by one, or set `ask: true`",
        "请将该参数固定为不联网，或逐一列出主机，或设置 `ask: true`",
    ),
    "free-address": (
        "warn",
        "below the host that the grant for {tool} names, {argument} may carry any text",
        "{tool} 的授权只限定主机，{argument} 的其余部分可以夹带任意文字",
        "name the whole addresses with one_of where the host is not the owner's alone",
        "若该主机并非您独有，请用 one_of 写明完整网址",
    ),
}
"""By code: its weight, what is so and what to do, each in English and Chinese."""


class Finding(msgspec.Struct, frozen=True):
    """Something about an agent's grants that its owner should know."""

    code: Code
    agent: str
    tool: str
    grants: tuple[str, ...]
    """Ids of the grants it is about."""
    argument: str = ""
    parts: tuple[Part, ...] = ()
    """Of a trifecta: which grant is which leg."""

    @property
    def weight(self) -> Weight:
        """`refuse`: the agent is not installed so."""
        return TEXTS[self.code][0]

    def what(self, language: Language) -> str:
        """What is so."""
        by_leg = {leg: self._of(leg, language) for leg in LEGS}
        words = {name: named(text, language) for name, text in
                 (("agent", self.agent), ("tool", self.tool), ("argument", self.argument))}  # fmt: skip
        return TEXTS[self.code][2 if language == "zh" else 1].format(**words, **by_leg)

    def remedy(self, language: Language) -> str:
        """What to do."""
        return TEXTS[self.code][4 if language == "zh" else 3]

    def _of(self, leg: str, language: Language) -> str:
        tools = dict.fromkeys(named(part.tool, language) for part in self.parts if part.leg == leg)
        return listed(tuple(tools), language)


def refused(findings: Sequence[Finding]) -> bool:
    """Whether an agent may not be installed with these findings."""
    return any(finding.weight == "refuse" for finding in findings)


def exposures(
    agent: str,
    grants: Sequence[Grant],
    specs: Mapping[str, ToolFacts],
    *,
    public: AbstractSet[str] = frozenset(),
    silent: AbstractSet[str] = frozenset(),
    now_ns: int | None = None,
) -> tuple[Finding, ...]:
    """All findings about an agent, refusals first. Cost: O(grants x (grants + tools)).

    `grants`: of every agent it may reach, its own among them. `public`, `silent`: names of tools, as `legs` has it.
    """
    parts = tuple(
        part for member in _team(agent, grants) for part in _parts(member, grants, specs, public, silent, now_ns)
    )
    found: list[Finding] = []
    if {part.leg for part in parts} == set(LEGS):
        ways = [part for part in parts if part.leg == "out"]
        ids = dict.fromkeys(grant_id(part.grant) for part in (*ways, *parts))
        found.append(Finding("trifecta", agent, ways[0].tool, tuple(ids), parts=parts))
    own = [grant for grant in grants if grant.agent in (agent, "*")]
    for grant in own:
        found.extend(_about(agent, grant, own, specs, now_ns))
    return tuple(found)


def _team(agent: str, grants: Sequence[Grant]) -> tuple[str, ...]:
    """The agent and all it may start or write to, through whomever."""
    known = dict.fromkeys((agent, *(grant.agent for grant in grants if grant.agent != "*")))
    found = {agent: None}
    for _ in known:
        for grant in grants:
            if grant.verb in ("spawn", "send") and (grant.agent == "*" or grant.agent in found):
                found |= {name: None for name in known if name_covers(grant.name, name)}
    return tuple(found)


def _parts(
    agent: str,
    grants: Sequence[Grant],
    specs: Mapping[str, ToolFacts],
    public: AbstractSet[str],
    silent: AbstractSet[str],
    now_ns: int | None,
) -> Iterator[Part]:
    for grant in grants:
        if grant.verb != "act" or grant.agent not in (agent, "*") or _idle(grant, now_ns):
            continue
        for tool in named_tools(grant, specs) or (grant.name,):
            given = {"public": tool in public, "silent": tool in silent, "answers": is_answered(tool)}
            for leg in sorted(legs(grant, specs.get(tool), **given), key=LEGS.index):
                yield Part(leg, agent, tool, grant)


def _idle(grant: Grant, now_ns: int | None) -> bool:
    """Whether a grant allows no call at all."""
    if grant.times is not None and grant.times <= 0:
        return True
    if grant.expires_ns is not None and now_ns is not None and now_ns >= grant.expires_ns:
        return True
    return any(never_fits(matcher) for matcher in (grant.args or {}).values())


def _about(
    agent: str, grant: Grant, own: Sequence[Grant], specs: Mapping[str, ToolFacts], now_ns: int | None
) -> Iterator[Finding]:
    ids = (grant_id(grant),)
    unfit = [name for name, matcher in sorted((grant.args or {}).items()) if never_fits(matcher)]
    for name in unfit:
        yield Finding("never-fits", agent, grant.name, ids, name)
    if _idle(grant, now_ns) and not unfit:
        yield Finding("expired", agent, grant.name, ids)
    for other in own:
        if other is grant or _idle(grant, now_ns) or _idle(other, now_ns):
            continue
        if grant.ask and not other.ask and covers(other, msgspec.structs.replace(grant, ask=False)):
            yield Finding("silenced", agent, grant.name, (*ids, grant_id(other)))
        elif covers(other, grant) and not (covers(grant, other) and _stands_before(grant, other, own)):
            yield Finding("needless", agent, grant.name, (*ids, grant_id(other)))
    if grant.verb == "act":
        tools = named_tools(grant, specs)
        if not tools:
            yield Finding("unknown-tool", agent, grant.name, ids)
        for tool in tools:
            yield from _of_tool(agent, grant, tool, specs[tool], ids)


def _stands_before(first: Grant, second: Grant, own: Sequence[Grant]) -> bool:
    """Of two grants that allow the same, the earlier one is kept."""
    for grant in own:
        if grant is first or grant is second:
            return grant is first
    return False


def _of_tool(agent: str, grant: Grant, tool: str, spec: ToolFacts, ids: tuple[str, ...]) -> Iterator[Finding]:
    """What a grant means for one tool."""
    args, taken = grant.args, parameter_names(spec)
    if args is not None and not grant.name.endswith(".*"):
        strange = sorted(name for name in args if taken is not None and name not in taken)
        for name in (*strange, *(name for name in required_names(spec) if name not in args)):
            yield Finding("unknown-argument", agent, tool, ids, name)
    if grant.ask:
        return
    if spec.reach == "money":
        names = sorted(taken or args or ("*",))
        for name in names:
            matcher = None if args is None else args.get(name)
            matters = name == "*" or role_at(spec, name) in {"recipient", "target"}
            if matters and (args is None or (matcher is not None and matcher.kind == "any")):
                yield Finding("open-money", agent, tool, ids, name)
    if spec.reach == "code" and "out" in legs(grant, spec):
        yield Finding("code-network", agent, tool, ids, ", ".join(networks(spec)))
    for name in addresses(spec):
        matcher = None if args is None else args.get(name)
        if matcher is not None and matcher.kind == "domain":
            yield Finding("free-address", agent, tool, ids, name)
