"""`python -m ergos.sim.adversary --decisions 1000000 --seed 7`: an adversary without a model against the policy.

Prints what was decided and every decision the rules do not bear; `--planted` shows that planted mistakes are found,
`--stories` runs the attacks that are written down. Exits with 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor

from ergos.sim.adversary import planted
from ergos.sim.adversary.campaign import ATTEMPTS, Tally, run
from ergos.sim.adversary.stories import told, wrongs

PLANTED_DECISIONS: int = 60_000  # decisions within which each planted mistake has to be found


def main(arguments: list[str]) -> int:
    """Run what the arguments say; 0 if nothing is wrong."""
    parser = argparse.ArgumentParser(prog="python -m ergos.sim.adversary", description="attack the policy directly")
    parser.add_argument("--seed", type=int, default=1, help="of all chance")
    parser.add_argument("--decisions", type=int, default=0, help="random calls to decide")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first scene of them")
    parser.add_argument("--processes", type=int, default=1, help="share the calls among so many")
    parser.add_argument("--planted", action="store_true", help="find the planted mistakes")
    parser.add_argument("--stories", action="store_true", help="run the written attacks and their honest twins")
    asked = parser.parse_args(arguments)
    if not (asked.decisions or asked.planted or asked.stories):
        asked.stories, asked.decisions = True, 100_000
    wrong = _stories() if asked.stories else 0
    if asked.decisions:
        wrong += _decisions(asked.seed, asked.decisions, asked.first, max(asked.processes, 1))
    wrong += _planted(asked.seed) if asked.planted else 0
    print("no unauthorised effect" if not wrong else f"{wrong} wrong")
    return 1 if wrong else 0


def _decisions(seed: int, decisions: int, first: int, processes: int) -> int:
    tallies: list[Tally] = []
    if processes == 1:
        tallies.append(run(seed, decisions, first=first))
    else:
        share = -(-decisions // processes // ATTEMPTS) * ATTEMPTS
        with ProcessPoolExecutor(processes) as pool:
            waiting = [
                pool.submit(run, seed, min(share, decisions - share * at), first=first + at * (share // ATTEMPTS))
                for at in range(processes)
                if decisions > share * at
            ]
            tallies.extend(one.result() for one in waiting)
    faults = [fault for tally in tallies for fault in tally.faults]
    print(
        f"{sum(one.decisions for one in tallies):,} decisions: {sum(one.allowed for one in tallies):,} allowed, "
        f"{sum(one.asked for one in tallies):,} asked, {sum(one.denied for one in tallies):,} denied; "
        f"{sum(one.must for one in tallies):,} honest ones had to be allowed; "
        f"{sum(one.replays for one in tallies):,} uses of {sum(one.approvals for one in tallies):,} approvals; "
        f"{len(faults):,} wrong"
    )
    for fault in faults:
        print(f"{fault.what}: {fault.how}\n  {fault.moment and fault.moment.proposal}\n  {fault.decision}")
        print(f"  replay: python -m ergos.sim.adversary --seed {seed} --from {fault.scene} --decisions {ATTEMPTS}")
    return len(faults)


def _planted(seed: int) -> int:
    missed = 0
    for name in (*planted.DECISIONS, *planted.BINDERS):
        found = planted.found(name, seed, PLANTED_DECISIONS)
        print(f"{name}: {f'found within {found:,} decisions' if found else 'MISSED'}")
        missed += not found
    return missed


def _stories() -> int:
    stories = told()
    wrong = [(story, fault) for story in stories for fault in wrongs(story)]
    for story, fault in wrong:
        print(f"{story.family}: {story.name}: {fault}")
    honest = sum(story.honest for story in stories)
    print(f"{len(stories) - honest:,} attacks and {honest:,} honest twins, {len(wrong):,} wrong")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
