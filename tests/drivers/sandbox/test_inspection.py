from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.sandbox.inspection import BINDS_MAX, objection
from ergos.drivers.sandbox.room import WORK
from ergos.kernel.confinement import Bind, Job


def test_a_plain_job_meets_no_objection() -> None:
    job = Job(
        command=("sh", "-c", "true"), files={"a/b.txt": b""}, binds=(Bind("/srv/x", "/data"), Bind("/srv/y", f"{WORK}/in")),
        env={"A": "é\n"}, door="/run/x.sock", door_port=8080, collect=("out/", "."),
    )  # fmt: skip
    assert objection(job) == ""


def test_nothing_is_lent_over_what_is_ours() -> None:
    for target in ("/", "/usr", "/usr/x", "/etc/passwd", "/proc/1", "/dev/shm", "/lib64", "/sys", "/run/door"):
        assert objection(Job(command=("x",), binds=(Bind("/a", target),), door="/run/d.sock")), target
    assert objection(Job(command=("x",), binds=tuple(Bind("/a", f"/b{n}") for n in range(BINDS_MAX + 1))))
    assert "neither put" in objection(Job(command=("x",), binds=(Bind("/a", "/work"),), files={"a": b""}))


@given(st.text(max_size=40))
def test_a_path_that_passes_stays_below_the_work_folder(path: str) -> None:
    if objection(Job(command=("x",), files={path: b""})) == "":
        parts = path.split("/")
        assert not path.startswith("/")
        assert "\0" not in path
        assert not {"", ".", ".."} & set(parts)


@given(st.text(max_size=40))
def test_a_path_of_a_bind_that_passes_is_absolute_and_plain(path: str) -> None:
    if objection(Job(command=("x",), binds=(Bind(path, "/data"),))) == "":
        assert path.startswith("/")
        assert not {".", ".."} & set(path.split("/"))
        assert "\0" not in path
