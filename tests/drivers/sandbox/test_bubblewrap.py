from __future__ import annotations

import pytest

from ergos.drivers.sandbox import bubblewrap
from ergos.drivers.sandbox.bubblewrap import Verdict, first_process, verdict
from ergos.drivers.sandbox.orders import Order
from ergos.drivers.sandbox.stage import Lent, Link, Stage
from ergos.kernel.confinement import Job


def made(version: tuple[int, ...]) -> list[str]:
    order = Order(job=Job(command=("x",), env={"A": "b"}), backend="bubblewrap", scratch="", bubblewrap_version=version)
    stage = Stage(
        place="/sys/job", work=-1, system=(Lent("/usr", "/usr"), Link("usr/bin", "/bin")), writable=(Lent("/sys/job/tmp", "/tmp", write=True),),
        lent=(Lent("/sys/job/lent1", "/a/b/c"), Lent("/sys/job/lent0", "/a", write=True)), door="", port=None, user=(1000, 1000),
    )  # fmt: skip
    return bubblewrap.options(order, stage)


def test_everything_is_unshared_dropped_and_read_only() -> None:
    words = made((0, 8, 0))
    for needed in (
        "--unshare-all",
        "--unshare-user",
        "--disable-userns",
        "--new-session",
        "--die-with-parent",
        "--clearenv",
    ):
        assert needed in words
    text = " ".join(words)
    for needed in (
        "--cap-drop ALL",
        "--uid 1000 --gid 1000",
        "--remount-ro /dev --remount-ro /",
        "--ro-bind /usr /usr",
        "--symlink usr/bin /bin",
        "--setenv A b",
    ):
        assert needed in text
    # What holds another comes first, and the root is closed when all stands.
    assert (
        text.index("--bind /sys/job/lent0 /a ")
        < text.index("--ro-bind /sys/job/lent1 /a/b/c")
        < text.index("--remount-ro /")
    )


def test_an_older_binary_is_not_asked_for_what_it_does_not_know() -> None:
    assert "--disable-userns" not in made((0, 6, 1))


@pytest.mark.parametrize(
    ("status", "code", "stderr", "expected"),
    [
        (b'{ "child-pid": 5 }\n{ "exit-code": 3 }\n', 3, b"", Verdict(3)),
        (b'{ "child-pid": 5 }\n{ "exit-code": 137 }\n', 137, b"", Verdict(137, signal=True)),
        (b'{ "child-pid": 5 }\n', -9, b"", Verdict(137, signal=True)),
        (b'{ "child-pid": 5 }\n', 1, b"bwrap: execvp foo: No such file or directory\n", Verdict(127)),
        (b'{ "child-pid": 5 }\n', 1, b"bwrap: execvp foo: Permission denied\n", Verdict(126)),
        (b"", 1, b"bwrap: Can't mount proc\n", Verdict(refused="bwrap: Can't mount proc")),
        # A job that writes what bubblewrap would is still one that ran.
        (b'{ "child-pid": 5 }\n{ "exit-code": 0 }\n', 0, b"bwrap: execvp x: No such file or directory\n", Verdict(0)),
    ],
)
def test_an_end_is_read_from_what_bubblewrap_says(status: bytes, code: int, stderr: bytes, expected: Verdict) -> None:
    assert verdict(status, code, stderr) == expected


def test_the_first_process_is_known_when_it_was_said() -> None:
    assert first_process(b"") == 0
    assert first_process(b'{ "child-') == 0
    assert first_process(b'{\n    "child-pid": 12\n}\n'.replace(b"\n    ", b" ").replace(b"\n}", b" }")) == 12
