"""Small worlds for policies: wants by hand, ends by hand."""

from ergos.base.ids import Pid
from ergos.kernel.models import EndpointSpec, Limits, Usage
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.wants import Ended, Want

NAMES = ("a", "b", "c")


def specs(slots=2, kv_tokens=10_000, names=NAMES):
    limits = Limits(slots=slots, kv_tokens=kv_tokens)
    return tuple(
        EndpointSpec(name=n, model="m", dialect="neutral", local=True, limits=limits, replica_of="m") for n in names
    )


def want(number, *, owner="ann", program=0, tokens=100, kind="k", parent=0, left=None, call="1"):
    pid = Pid(program or number)
    return Want(
        ticket=Ticket(pid, f"{number}.{call}", "models"), owner=owner, program=pid, kind=kind, endpoints=NAMES,
        input_tokens=tokens, output_tokens=1_000, parent=Pid(parent), remaining_tokens=left,
    )  # fmt: skip


def sent(plan):
    return [(int(start.ticket.key.split(".")[0]), start.endpoint) for start in plan.starts]


def numbers(plan):
    return [number for number, _ in sent(plan)]


def done(start, *, read=100, output=50, kind="done", final=True, retry_after_ns=0):
    usage = Usage(read, output) if kind == "done" else Usage(known=False)
    return Ended(
        ticket=start.ticket, endpoint=start.endpoint, kind=kind, usage=usage, final=final, retry_after_ns=retry_after_ns
    )  # fmt: skip
