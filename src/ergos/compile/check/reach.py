"""Lints about permissions: what no step uses, what a step lacks, what is dangerous together.

Rules: pure; a grant of an agent whose program is code is never called unused, because nobody can know. The dangerous
triple is that of `permission.exposure`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ergos.base.canonical import Plain
from ergos.compile.circumstances import Circumstances
from ergos.compile.diagnostics import Diagnostic
from ergos.compile.intent import Span
from ergos.drivers.egress.decision import Permitted, allowed
from ergos.kernel.permission.coverage import name_covers
from ergos.kernel.permission.exposure import exposures
from ergos.kernel.permission.grants import Grant, Matcher, matches
from ergos.kernel.permission.wording import Language
from ergos.kernel.targets import Asked, read_url
from ergos.kernel.triggers import Feed, Page
from ergos.lib.agent_file import AgentFile, granted
from ergos.lib.references import paths_of
from ergos.lib.work import Step

_FREE: Final = frozenset({"notify.owner"})
"""Granted for what the program itself says to its owner, besides for steps."""
_SELF: Final = frozenset({"accept", "plan", "propose_goal"})


def about_grants(file: AgentFile, circumstances: Circumstances, known: Mapping[str, Span]) -> Iterator[Diagnostic]:
    """All findings about permissions."""
    steps = [step for step in file.work.steps if step.verb in ("act", "think")]
    if not file.program and file.work.plan_by == "owner":
        yield from _needless(file, steps)
        yield from _missing(file, steps, known)
        yield from _wordless(file)
    yield from _exposed(file, circumstances)
    yield from _unreachable(file, circumstances, known)


def _needless(file: AgentFile, steps: list[Step]) -> Iterator[Diagnostic]:
    for grant in file.grants:
        if grant.verb not in ("act", "think") or grant.name in _FREE | _SELF or grant.name.startswith("model."):
            continue
        if not any(_covered(grant, step) for step in steps):
            yield Diagnostic(code="C330", values={"grant": f"{grant.verb}: {grant.name}"})


def _missing(file: AgentFile, steps: list[Step], known: Mapping[str, Span]) -> Iterator[Diagnostic]:
    own = granted(file)
    for step in steps:
        if step.verb == "think" and step.name in _SELF:
            continue
        if not any(_covered(grant, step) for grant in own):
            spans = (known[step.id],) if step.id in known else ()
            yield Diagnostic(code="C331", spans=spans, values={"step": step.id, "name": step.name})


def _wordless(file: AgentFile) -> Iterator[Diagnostic]:
    for grant in file.grants:
        if not grant.words.strip():
            yield Diagnostic(code="C357", values={"grant": f"{grant.verb}: {grant.name}"})


def _covered(grant: Grant, step: Step) -> bool:
    """Whether a grant lets a step pass, as far as its arguments are known before it runs."""
    if grant.verb != step.verb or not name_covers(grant.name, step.name):
        return False
    if grant.args is None or step.verb == "think":
        return True
    if any(name not in grant.args for name in step.given):
        return False
    if any(name not in step.given and matcher.kind != "any" for name, matcher in grant.args.items()):
        return False
    return all(
        matcher.kind in ("any", "grounded") or name not in step.given or _within(step.given[name], matcher)
        for name, matcher in grant.args.items()
    )


def _within(value: Plain, matcher: Matcher) -> bool:
    """A value with references is judged when it is known."""
    values = value if isinstance(value, list) else [value]
    if any(isinstance(one, dict) for one in values) or any(paths_of(one) for one in values):
        return True
    plain: list[Plain] = [one.replace("{{", "{").replace("}}", "}") if isinstance(one, str) else one for one in values]
    return matches(matcher, plain if isinstance(value, list) else plain[0])


def _exposed(file: AgentFile, circumstances: Circumstances) -> Iterator[Diagnostic]:
    acts = [grant.name for grant in file.grants if grant.verb == "act" and not grant.name.endswith(".*")]
    if not circumstances.tools or any(name not in circumstances.tools for name in acts):
        return  # a tool nobody knows counts as the worst, and is said as such
    language: Language = "zh" if file.language == "zh" else "en"
    for finding in exposures(file.name, granted(file), circumstances.tools, now_ns=circumstances.now_ns):
        if finding.code in ("unknown-tool", "needless"):
            continue
        code = "C335" if finding.weight == "refuse" else "C336"
        yield Diagnostic(code=code, values={"finding": finding.what(language), "remedy": finding.remedy(language)})


def _unreachable(file: AgentFile, circumstances: Circumstances, known: Mapping[str, Span]) -> Iterator[Diagnostic]:
    """Machines that the program asks and the home's rules do not let it reach."""
    rules = circumstances.egress
    if rules is None:
        return
    asked: dict[str, tuple[str, str, tuple[Span, ...]]] = {}
    for step in file.work.steps:
        method = "POST" if step.name == "http.send" else "GET"
        for url in _urls(step.given) if step.verb == "act" else ():
            asked.setdefault(url, (method, step.id, (known[step.id],) if step.id in known else ()))
    for trigger in file.work.triggers:
        if isinstance(trigger, Feed | Page):
            asked.setdefault(
                trigger.url, ("GET", trigger.name, (known[trigger.name],) if trigger.name in known else ())
            )
    said: set[str] = set()
    for url, (method, _, spans) in asked.items():
        target = read_url(method, url)
        if not isinstance(target, Asked) or isinstance(allowed(rules, target), Permitted):
            continue
        host = target.host.shown
        if host not in said:
            said.add(host)
            name = "".join(letter if letter.isalnum() else "-" for letter in host.split(".")[-2 if "." in host else 0])
            yield Diagnostic(code="C360", spans=spans, values={"host": host, "name": name})


def _urls(value: Plain) -> list[str]:
    match value:
        case str():
            return [value] if value.lower().startswith(("http://", "https://")) and not paths_of(value) else []
        case list():
            return [url for item in value for url in _urls(item)]
        case dict():
            return [url for item in value.values() for url in _urls(item)]
        case _:
            return []
