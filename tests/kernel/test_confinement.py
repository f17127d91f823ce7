"""What is asked of a sandbox is plain frozen data with bounds that are on unless somebody says otherwise."""

from __future__ import annotations

import msgspec
import pytest

from ergos.drivers.sandbox.sandboxes import HostSandboxes, NoSandboxes
from ergos.kernel.confinement import Bind, Bounds, Ended, Job, Sandboxes


def test_a_job_that_says_nothing_sees_nothing_and_ends() -> None:
    job = Job(command=("true",))
    assert (job.binds, job.env, job.files, job.door, job.door_port, job.pid) == ((), {}, {}, None, 0, None)
    bounds = job.bounds
    assert all(getattr(bounds, name) > 0 for name in Bounds.__struct_fields__)


def test_what_is_lent_is_lent_to_read_unless_it_says_otherwise() -> None:
    assert not Bind("/a", "/a").write


def test_a_job_crosses_a_pipe_unchanged_and_is_never_changed() -> None:
    job = Job(
        command=("sh", "-c", "cat"), files={"a": b"\0\xff"}, binds=(Bind("/a", "/b", write=True),), env={"A": "✓"}
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(job), type=Job) == job
    ended = Ended(status=137, why="killed", stdout=b"\xff", left_out={"x": "a link"})
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(ended), type=Ended) == ended
    with pytest.raises(AttributeError):
        job.command = ()  # type: ignore[misc]


@pytest.mark.parametrize("driver", [HostSandboxes, NoSandboxes])
def test_every_driver_has_what_the_port_asks_for(driver: type) -> None:
    for name in ("name", "run", "open", "kill"):
        assert hasattr(driver, name)
        assert hasattr(Sandboxes, name)
