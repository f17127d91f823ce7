"""The figures of a corpus, for people and for programs. Of the sealed part figures only, unless texts are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bench.compiler.count import Judged, by_field, confusions, share, silent

WORST = 4  # fields whose confusions are shown


def figures(all_judged: Sequence[Judged]) -> dict[str, Any]:
    """What was counted, as plain data."""
    unspoken, spoken = silent(all_judged)
    cpu = sorted(one.cpu_ns for one in all_judged) or [0]
    return {
        "requests": len(all_judged),
        "fields": _share(all_judged),
        "fields_expected": _share(all_judged, expected_only=True),
        "requests_exact": [sum(one.exact for one in all_judged), len(all_judged)],
        "wrong_silently": unspoken,
        "wrong_but_asked": spoken,
        "tools_beyond": sum(len(one.tools_beyond) for one in all_judged),
        "targets_beyond": sum(len(one.targets_beyond) for one in all_judged),
        "raised": sum(bool(one.raised) for one in all_judged),
        "cpu_ms_median": round(cpu[len(cpu) // 2] / 1e6, 2),
        "cpu_ms_max": round(cpu[-1] / 1e6, 2),
        "by_field": {name: [part.hits, part.of] for name, (part, _) in by_field(all_judged).items()},
    }


def report(groups: dict[str, Sequence[Judged]], *, reveal: bool, show: int) -> Iterator[str]:
    """Lines to read: one table over all groups, then what went wrong."""
    for name, group in groups.items():
        yield from _summary(name, figures(group))
    everything = [one for group in groups.values() for one in group]
    yield from _table(everything)
    if reveal:
        yield from _worst(everything)
        yield from _wrong(everything, show)


def as_json(groups: dict[str, Sequence[Judged]]) -> str:
    """All figures, without texts."""
    return json.dumps({name: figures(group) for name, group in groups.items()}, ensure_ascii=False, indent=2)


def _summary(name: str, found: dict[str, Any]) -> Iterator[str]:
    exact, of = found["fields"]
    whole, requests = found["requests_exact"]
    expected = _percent(*found["fields_expected"])
    yield f"{name}: {exact}/{of} fields exact = {_percent(exact, of)}; of those that are expected {expected}"
    yield f"    whole requests {whole}/{requests} = {_percent(whole, requests)}"
    yield f"    wrong fields: {found['wrong_silently']} silently, {found['wrong_but_asked']} but asked"
    yield f"    beyond the words: {found['tools_beyond']} tools, {found['targets_beyond']} targets"
    if found["raised"]:
        yield f"    raised or hung: {found['raised']} requests"
    yield f"    CPU: {found['cpu_ms_median']} ms median, {found['cpu_ms_max']} ms at most"


def _table(all_judged: Sequence[Judged]) -> Iterator[str]:
    yield ""
    yield f"{'field':<16} {'exact':>9} {'':>7} {'missing':>8} {'wrong':>6} {'added':>6}"
    for name, (part, verdicts) in by_field(all_judged).items():
        hits = f"{part.hits}/{part.of}"
        counts = f"{verdicts['missing']:>8} {verdicts['wrong']:>6} {verdicts['added']:>6}"
        yield f"{name:<16} {hits:>9} {part.percent:6.1f}% {counts}"


def _worst(all_judged: Sequence[Judged]) -> Iterator[str]:
    parts = sorted(by_field(all_judged).items(), key=lambda one: one[1][0].hits - one[1][0].of)
    for name, _ in parts[:WORST]:
        counted = confusions(all_judged, name).most_common(8)
        if counted:
            yield ""
            yield f"{name}: expected → found"
            yield from (f"    {times:>3} × {wanted[:50]} → {given[:50]}" for (wanted, given), times in counted)


def _wrong(all_judged: Sequence[Judged], show: int) -> Iterator[str]:
    for one in [one for one in all_judged if not one.exact or one.tools_beyond or one.targets_beyond][:show]:
        yield ""
        yield f"{one.request.id}: {one.request.text}"
        if one.raised:
            yield f"    raised {one.raised}"
        for field in one.fields:
            if field.verdict != "exact":
                yield f"    {field.name}: {field.verdict}{' (asked)' if field.asked else ''}"
                yield f"        expected {json.dumps(field.expected, ensure_ascii=False)}"
                yield f"        found    {json.dumps(field.found, ensure_ascii=False)}"
        if one.tools_beyond or one.targets_beyond:
            yield f"    beyond the words: {', '.join((*one.tools_beyond, *one.targets_beyond))}"


def _share(all_judged: Sequence[Judged], *, expected_only: bool = False) -> list[int]:
    part = share(all_judged, expected_only=expected_only)
    return [part.hits, part.of]


def _percent(hits: int, of: int) -> str:
    return f"{100 * hits / of:.1f} %" if of else "-"
