"""Tools of other systems as grants of ours.

Rules: every grant asks its owner (`ask: true`) and says where it comes from; an argument is narrowed where the other
system says how far it goes and our matchers can say it, else the rule is reported and the grant stays wide but asked
for. What has no counterpart gets no grant.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from ergos.app.importing.remarks import Findings
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.lib.visible import one_line

WORDS_CHARS_MAX: Final = 160  # characters of a grant's words

_READS: Final = ("files.read", "files.list", "files.search")
_WRITES: Final = ("files.write", "files.append", "files.edit", "files.move", "files.delete")

KNOWN: Final[MappingProxyType[str, tuple[str, ...]]] = MappingProxyType(
    {
        other: names
        for others, names in (
            ("read read_file read_multiple_files readfile view cat open_files", ("files.read",)),
            ("list_directory directory_tree list_files ls list_allowed_directories", ("files.list",)),
            ("search_files search_files_content grep find glob grep_files semantic_search_files", ("files.search",)),
            ("write write_file create_file create_directory writefile", ("files.write",)),
            ("edit edit_file apply_patch str_replace multi_edit", ("files.edit",)),
            ("move_file rename_file", ("files.move",)),
            ("delete_file remove_file remove_directory", ("files.delete",)),
            ("group:fs filesystem file", (*_READS, *_WRITES)),
            ("fetch web_fetch fetch_webpage fetch_url http_get webfetch", ("http.fetch",)),
            ("exec bash shell process run_shell_command group:runtime run_background_job", ("shell.run",)),
            ("run_code code_execution python code_interpreter run_code_with_tools", ("python.run",)),
            ("user_prompt notify send_message_to_user", ("notify.owner",)),
            ("send_email send_mail gmail_send email_send", ("mail.send",)),
            ("git", ("git.status", "git.log", "git.diff", "git.show", "git.commit")),
        )
        for other in others.split()
    }
)
"""By the other system's name in lower case."""

NEEDLESS: Final = frozenset(
    "think thinking sequentialthinking todo todos tasks plan session_plan session_context memory core_memory_append "
    "core_memory_replace memory_insert memory_replace memory_rethink memory_finish_edits archival_memory_insert "
    "archival_memory_search conversation_search send_message memory_search memory_get session_status sessions_list "
    "sessions_history sessions_send transfer_task handoff model_picker update_plan group:memory group:sessions cron "
    "scheduler heartbeat_respond rethink_user_memory memory_apply_patch store_memories ask_user "
    "request_user_input group:automation gateway session_spawn sessions_spawn agents_list subagents skill "
    "skills".split()
)
"""Tools that are parts of the system here (memory, plans, messages, schedules): a call does it, without a grant."""


def of_tool(agent: str, said: str, where: str, findings: Findings, source: str) -> tuple[Grant, ...]:
    """The grants for one tool of another system; (), and a remark, where there is none."""
    key = said.strip().lower()
    if key in NEEDLESS:
        return ()
    names = KNOWN.get(key)
    if names is None:
        findings.add("I201", where, said)
        return ()
    return several(agent, names, said, where, findings, source)


def several(
    agent: str,
    names: tuple[str, ...],
    said: str,
    where: str,
    findings: Findings,
    source: str,
    args: Callable[[str], dict[str, Matcher] | None] = lambda _: None,
) -> tuple[Grant, ...]:
    """Grants that come from one thing, with one remark; `args`: the arguments of each."""
    found = tuple(granted(agent, name, said, where, Findings(), source, args(name)) for name in names)
    findings.add("I202", where, said, f"act: {', '.join(names)}")
    return found


def granted(
    agent: str,
    name: str,
    said: str,
    where: str,
    findings: Findings,
    source: str,
    args: dict[str, Matcher] | None = None,
) -> Grant:
    """A grant that asks, with its remark."""
    findings.add("I202", where, said, f"act: {name}")
    words = one_line(f"imported from {source}: {said}", WORDS_CHARS_MAX)
    return Grant(agent=agent, verb="act", name=name, args=args, ask=True, words=words)


def thinking(agent: str, source: str) -> Grant:
    """The grant by which an imported agent may ask a model."""
    return Grant(agent=agent, verb="think", name="model.*", ask=True, words=f"imported from {source}: its model")


def spawning(agent: str, member: str, source: str) -> Grant:
    """The grant by which it may start a member of its team."""
    return Grant(agent=agent, verb="spawn", name=member, ask=True, words=f"imported from {source}: starts {member}")


def fetching(hosts: tuple[str, ...]) -> dict[str, Matcher]:
    """Arguments of http.fetch within hosts."""
    return {"url": Matcher("domain", hosts), "form": Matcher("any")}


def files_below(folders: tuple[str, ...], name: str) -> dict[str, Matcher]:
    """Arguments of a files tool within folders; every argument that is no path may be anything."""
    paths = ("path", "to") if name == "files.move" else ("path",)
    others = {
        "files.read": ("from_line", "lines", "encoding"),
        "files.list": ("depth",),
        "files.search": ("text", "names", "ignore_case"),
        "files.write": ("text", "encoding"),
        "files.append": ("text",),
        "files.edit": ("old", "new", "times"),
    }.get(name, ())
    return {**dict.fromkeys(paths, Matcher("under", folders)), **dict.fromkeys(others, Matcher("any"))}


def distinct(grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
    """Each permission once: of two for the same calls the first."""
    seen: dict[tuple[str, str, str], Grant] = {}
    for grant in grants:
        rules = {key: (rule.kind, rule.values) for key, rule in (grant.args or {}).items()}
        seen.setdefault((grant.verb, grant.name, repr(sorted(rules.items()))), grant)
    return tuple(seen.values())
