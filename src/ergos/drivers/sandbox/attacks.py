# ruff: noqa: E501 - programs as text, one thought a line
"""Hostile attempts: what a program in a sandbox may try against the machine. Each is a few lines of Python, run inside.

Rules: an attempt says `breached(evidence)` if it got through; an exception or silence means that it was held. None does
harm where it succeeds: it reads a canary, opens without writing, sends a signal that is ignored. What can be seen from
outside is looked at from outside (`trial.py`), not believed.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Kind = Literal["break-out", "resource", "planting"]


class Attempt(msgspec.Struct, frozen=True):
    """One attempt."""

    name: str
    kind: Kind
    code: str


PRELUDE: Final = r"""
import ctypes, errno, json, os, signal, socket, stat, struct, sys, time
T = json.loads(sys.stdin.read())
N = T["numbers"]
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

class Over(Exception):
    pass

def breached(evidence):
    print("BREACHED", str(evidence)[:300], flush=True)
    raise Over

def measured(value):
    print("MEASURED", value, flush=True)

def syscall(name, *given):
    if N.get(name, -1) < 0:
        raise OSError(errno.ENOSYS, name)
    passed = [ctypes.c_long(x) if isinstance(x, int) else x for x in given]
    result = libc.syscall(ctypes.c_long(N[name]), *passed)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result

def tried(*calls):
    for call in calls:
        try:
            found = call()
        except OSError:
            continue
        breached(found)

def attempt():
%s

try:
    attempt()
    print("HELD", flush=True)
except Over:
    pass
except BaseException as error:
    print("HELD", repr(error)[:200], flush=True)
"""


def program(attempt: Attempt) -> str:
    """The text of the program that tries it."""
    body = "\n".join(f"    {line}" for line in attempt.code.strip().splitlines())
    return PRELUDE % body


def _out(name: str, code: str) -> Attempt:
    return Attempt(name, "break-out", code)


FILES: Final = (
    _out("read a file of the host", 'breached(open(T["canary"]).read())'),
    _out("list the home folder", 'breached(os.listdir(T["home"]))'),
    _out("read the password hashes", 'breached(open("/etc/shadow").read())'),
    _out(
        "read the host's users",
        """
text = open("/etc/passwd").read()
if "daemon:" in text or "root:" in text:
    breached(text)
""",
    ),
    _out(
        "find secrets in the environment",
        """
extra = set(os.environ) - {"PATH", "HOME", "LANG", "PWD", "LC_CTYPE", "TMPDIR", "GIT_CONFIG_NOSYSTEM", "OLDPWD", "SHLVL", "_"}
if extra:
    breached(extra)
""",
    ),
    _out(
        "find secrets in others' environment",
        """
for name in os.listdir("/proc"):
    if name.isdigit():
        try:
            text = open(f"/proc/{name}/environ", "rb").read()
        except OSError:
            continue
        if T["token"].encode() in text:
            breached(name)
""",
    ),
    _out(
        "see the host's processes",
        """
for name in os.listdir("/proc"):
    if name.isdigit():
        try:
            text = open(f"/proc/{name}/cmdline", "rb").read()
        except OSError:
            continue
        if T["token"].encode() in text:
            breached(text)
""",
    ),
    _out("write to /etc", 'name = f"/etc/{T[\'token\']}"\nopen(name, "w").write("x")\nos.unlink(name)\nbreached(name)'),
    _out("write to /usr", 'name = f"/usr/{T[\'token\']}"\nopen(name, "w").write("x")\nos.unlink(name)\nbreached(name)'),
    _out("write to a folder open to all", 'open(T["open_folder"] + "/planted", "w").write("x")\nbreached("written")'),
    _out("delete a file of the host", 'os.unlink(T["canary"])\nbreached("deleted")'),
    _out("rename a file of the host", 'os.rename(T["canary"], T["canary"] + ".moved")\nbreached("moved")'),
    _out(
        "cut a file of the host short",
        'tried(lambda: os.truncate(T["canary"], 0), lambda: os.open(T["canary"], os.O_TRUNC))',
    ),
    _out("change the mode of a file of the host", 'os.chmod(T["canary"], 0o777)'),
    _out("change the times of a file of the host", 'os.utime(T["canary"], (1, 1))'),
    _out("mark a file of the host", 'os.setxattr(T["canary"], "user.mark", b"x")'),
    _out("hard link to a file of the host", 'os.link(T["canary"], "linked")\nbreached(open("linked").read())'),
    _out("symbolic link to a file of the host", 'os.symlink(T["canary"], "linked")\nbreached(open("linked").read())'),
    _out(
        "through the roots of processes",
        """
for name in ["self", *os.listdir("/proc")]:
    for door in ("root", "cwd"):
        try:
            breached(open(f"/proc/{name}/{door}{T['canary']}").read())
        except OSError:
            pass
""",
    ),
    _out(
        "through descriptors of others",
        """
own = str(os.getpid())
for name in os.listdir("/proc"):
    if not name.isdigit() or name == own:
        continue
    try:
        numbers = os.listdir(f"/proc/{name}/fd")
    except OSError:
        continue
    for number in numbers:
        try:
            found = os.open(f"/proc/{name}/fd/{number}", os.O_RDONLY | os.O_NONBLOCK)
            if stat.S_ISREG(os.fstat(found).st_mode) and b"must not read" in os.read(found, 4096):
                breached(f"{name}/{number}")
        except OSError:
            pass
""",
    ),
    _out(
        "through descriptors left open",
        """
for number in range(3, 4096):
    try:
        kind = os.fstat(number).st_mode
    except OSError:
        continue
    breached(f"descriptor {number} of kind {stat.S_IFMT(kind):o}")
""",
    ),
    _out(
        "by a handle of a file",
        """
where = os.open("/usr", os.O_RDONLY)
for inode in (2, 128, 256):
    handle = ctypes.create_string_buffer(struct.pack("=IiII", 8, 1, inode, 0))
    tried(lambda: os.listdir(syscall("open_by_handle_at", where, handle, os.O_RDONLY)))
""",
    ),
    _out(
        "out of a second root",
        """
os.mkdir("cage")
os.chroot("cage")
for _ in range(64):
    os.chdir("..")
os.chroot(".")
breached("changed root")
""",
    ),
    _out(
        "swap the root",
        'os.makedirs("new/old")\nlibc.mount(b"new", b"new", None, 4096, None)\nsyscall("pivot_root", b"new", b"new/old")\nbreached("swapped")',
    ),
    _out("mount the root again, writable", 'syscall("mount", b"none", b"/", 0, 32 | 4096, 0)\nbreached("remounted")'),
    _out("mount a file system", 'os.mkdir("m")\nsyscall("mount", b"none", b"m", b"tmpfs", 0, 0)\nbreached("mounted")'),
    _out(
        "mount with the newer calls",
        'tried(lambda: syscall("fsopen", b"tmpfs", 0), lambda: syscall("open_tree", -100, b"/", 1))',
    ),
    _out(
        "take a mount away", 'tried(lambda: syscall("umount2", b"/work", 2), lambda: syscall("umount2", b"/proc", 2))'
    ),
    _out(
        "plant a program with its owner's rights",
        """
open("planted", "w").write("x")
for call in (lambda: os.chmod("planted", 0o4755), lambda: os.fchmod(os.open("planted", os.O_RDONLY), 0o2755),
             lambda: os.open("fresh", os.O_CREAT | os.O_WRONLY, 0o4755), lambda: syscall("fchmodat2", -100, b"planted", 0o6755, 0)):
    try:
        call()
    except OSError:
        pass
for name in ("planted", "fresh"):
    if os.path.exists(name) and os.stat(name).st_mode & 0o6000:
        breached(oct(os.stat(name).st_mode))
""",
    ),
    _out(
        "make a device",
        """
for place in ("/work", "/tmp", "/dev/shm", "/dev", "."):
    for kind, number in ((stat.S_IFBLK, os.makedev(254, 0)), (stat.S_IFCHR, os.makedev(1, 1))):
        try:
            os.mknod(f"{place}/device", kind | 0o600, number)
            breached(os.open(f"{place}/device", os.O_RDONLY))
        except OSError:
            pass
""",
    ),
    _out(
        "open devices of the machine",
        """
for name in ("mem", "kmem", "port", "kmsg", "kvm", "fuse", "net/tun", "vda", "sda", "nvme0n1", "loop0", "loop-control", "mapper/control",
             "uinput", "hwrng", "vsock", "vhost-vsock", "vhost-net", "snapshot", "userfaultfd", "tty0", "tty1", "console", "uhid", "dri/card0"):
    for flags in (os.O_RDONLY, os.O_WRONLY):
        try:
            breached(f"{name} {os.open('/dev/' + name, flags | os.O_NONBLOCK)}")
        except OSError:
            pass
""",
    ),
    _out(
        "set what the kernel runs",
        """
for name in ("kernel/core_pattern", "kernel/modprobe", "kernel/hotplug", "vm/overcommit_memory", "kernel/randomize_va_space", "fs/suid_dumpable",
             "kernel/yama/ptrace_scope", "kernel/sysrq", "net/ipv4/ip_forward", "kernel/unprivileged_bpf_disabled"):
    try:
        breached(f"{name} {os.open('/proc/sys/' + name, os.O_WRONLY)}")
    except OSError:
        pass
for name in ("/proc/sysrq-trigger", "/proc/irq/default_smp_affinity", "/sys/kernel/uevent_helper", "/sys/power/state"):
    try:
        breached(f"{name} {os.open(name, os.O_WRONLY)}")
    except OSError:
        pass
""",
    ),
    _out(
        "have a control group run a program",
        """
for place, folders, names in os.walk("/sys/fs/cgroup"):
    for name in names:
        if name in ("release_agent", "cgroup.procs", "notify_on_release"):
            try:
                breached(f"{place}/{name} {os.open(f'{place}/{name}', os.O_WRONLY)}")
            except OSError:
                pass
os.mkdir("g")
tried(lambda: syscall("mount", b"none", b"g", b"cgroup", 0, b"memory"), lambda: syscall("mount", b"none", b"g", b"cgroup2", 0, 0))
""",
    ),
    _out(
        "read the machine's memory map",
        """
for name in ("/proc/kcore", "/proc/kallsyms", "/proc/vmallocinfo", "/proc/iomem"):
    try:
        text = open(name, "rb").read(65536)
    except OSError:
        continue
    if name == "/proc/kcore" or any(int(line.split(b"-")[0].split()[0], 16) for line in text.splitlines()[:50] if line[:1] in b"0123456789abcdef" and line.split()):
        breached(name)
""",
    ),
)
