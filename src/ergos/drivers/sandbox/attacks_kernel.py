# ruff: noqa: E501 - programs as text, one thought a line
"""Hostile attempts against the kernel of the machine: rights, namespaces, other processes, dangerous calls, sockets."""

from __future__ import annotations

from typing import Final

from ergos.drivers.sandbox.attacks import Attempt


def _out(name: str, code: str) -> Attempt:
    return Attempt(name, "break-out", code)


RIGHTS: Final = (
    _out(
        "be root",
        'tried(lambda: os.setuid(0) or "uid 0", lambda: os.setgid(0) or "gid 0", lambda: os.setresuid(0, 0, 0) or "uid 0")\nif os.getuid() == 0:\n    breached("is root")',
    ),
    _out(
        "take another group",
        'tried(lambda: os.setgroups([0]) or "group 0")\nif set(os.getgroups()) - {os.getgid()}:\n    breached(os.getgroups())',
    ),
    _out(
        "have capabilities",
        """
head, body = ctypes.create_string_buffer(struct.pack("=Ii", 0x20080522, 0), 8), ctypes.create_string_buffer(24)
number = {"x86_64": 125, "aarch64": 90}[os.uname().machine]
if libc.syscall(ctypes.c_long(number), head, body) == 0 and any(struct.unpack("=6I", body.raw)):
    breached(struct.unpack("=6I", body.raw))
""",
    ),
    _out(
        "gain rights from a set-user-ID program",
        'if libc.prctl(39, 0, 0, 0, 0) != 1:\n    breached("programs may gain rights")',
    ),
    _out("a user namespace by unshare", 'syscall("unshare", 0x10000000)\nbreached("uid map open")'),
    _out(
        "other namespaces by unshare",
        'tried(*(lambda f=f: syscall("unshare", f) or hex(f) for f in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x20000000, 0x40000000, 0x80)))',
    ),
    _out(
        "a user namespace by clone",
        """
child = syscall("clone", 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)
if child == 0:
    os._exit(0)
breached(child)
""",
    ),
    _out(
        "a user namespace by clone3",
        """
wanted = ctypes.create_string_buffer(struct.pack("=11Q", 0x10000000, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, 0), 88)
child = syscall("clone3", wanted, 88)
if child == 0:
    os._exit(0)
breached(child)
""",
    ),
    _out(
        "enter others' namespaces",
        """
for name in (str(T["victim"]), "1", str(os.getppid())):
    for kind in ("mnt", "user", "net", "pid", "ipc", "uts"):
        try:
            syscall("setns", os.open(f"/proc/{name}/ns/{kind}", os.O_RDONLY), 0)
            breached(f"{name} {kind}")
        except OSError:
            pass
tried(lambda: syscall("setns", syscall("pidfd_open", T["victim"], 0), 0x20000))
""",
    ),
    _out(
        "raise one's limits",
        """
import resource
for which in (resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_AS, resource.RLIMIT_CORE):
    try:
        resource.setrlimit(which, (resource.RLIM_INFINITY, resource.RLIM_INFINITY) if which != resource.RLIMIT_NOFILE else (1 << 20, 1 << 20))
        breached(which)
    except (OSError, ValueError):
        pass
""",
    ),
)

PROCESSES: Final = (
    _out("signal a process of the host", 'os.kill(T["victim"], signal.SIGWINCH)'),
    _out("signal everything", "os.kill(-1, signal.SIGWINCH)"),
    _out("signal a process of the host by thread", 'syscall("tgkill", T["victim"], T["victim"], int(signal.SIGWINCH))'),
    _out(
        "signal a process of the host by queue",
        'info = ctypes.create_string_buffer(struct.pack("=iii", 28, 0, -1), 128)\nsyscall("rt_sigqueueinfo", T["victim"], 28, info)',
    ),
    _out(
        "signal a process of the host by descriptor",
        'import fcntl\na, b = socket.socketpair()\nfcntl.fcntl(a, fcntl.F_SETOWN, T["victim"])\nfcntl.fcntl(a, 10, int(signal.SIGWINCH))\nfcntl.fcntl(a, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)\nb.send(b"x")',
    ),
    _out(
        "trace a process of the host",
        'tried(lambda: syscall("ptrace", 16, T["victim"], 0, 0), lambda: syscall("ptrace", 0x4206, T["victim"], 0, 0), lambda: syscall("ptrace", 16, os.getppid(), 0, 0))',
    ),
    _out(
        "read the memory of a process of the host",
        """
room = ctypes.create_string_buffer(64)
mine = struct.pack("=QQ", ctypes.addressof(room), 64)
theirs = struct.pack("=QQ", T["address"], 64)
breached(syscall("process_vm_readv", T["victim"], ctypes.create_string_buffer(mine), 1, ctypes.create_string_buffer(theirs), 1, 0))
""",
    ),
    _out(
        "open the memory of processes",
        """
for name in [str(T["victim"]), *os.listdir("/proc")]:
    if name.isdigit() and name != str(os.getpid()):
        try:
            memory = os.open(f"/proc/{name}/mem", os.O_RDONLY)
            if T["token"].encode() in os.pread(memory, 64, T["address"]):
                breached(name)
        except OSError:
            pass
""",
    ),
    _out(
        "take a descriptor of a process of the host",
        'breached(syscall("pidfd_getfd", syscall("pidfd_open", T["victim"], 0), 0, 0))',
    ),
    _out(
        "limit a process of the host",
        'import resource\nresource.prlimit(T["victim"], resource.RLIMIT_NOFILE, (32, 32))',
    ),
    _out("slow a process of the host down", 'os.setpriority(os.PRIO_PROCESS, T["victim"], 19)'),
    _out("move a process of the host", 'os.sched_setaffinity(T["victim"], {0})'),
    _out("shared memory with the host", 'syscall("shmget", T["key"], 4096, 0o1666)'),
    _out(
        "leave a dump to the host",
        """
child = os.fork()
if child == 0:
    os.kill(os.getpid(), signal.SIGSEGV)
    os._exit(0)
found = os.waitpid(child, 0)[1]
if os.WCOREDUMP(found) or any(name.startswith("core") for name in os.listdir(".")):
    breached(found)
""",
    ),
)

CALLS: Final = (
    _out("io_uring", 'breached(syscall("io_uring_setup", 8, ctypes.create_string_buffer(120)))'),
    _out(
        "bpf",
        'wanted = ctypes.create_string_buffer(struct.pack("=IIIII", 1, 4, 4, 1, 0), 128)\nbreached(syscall("bpf", 0, wanted, 72))',
    ),
    _out("userfaultfd", 'tried(lambda: syscall("userfaultfd", 0), lambda: syscall("userfaultfd", 1))'),
    _out(
        "perf events",
        'wanted = ctypes.create_string_buffer(struct.pack("=IIQ", 1, 128, 0), 128)\nbreached(syscall("perf_event_open", wanted, 0, -1, -1, 0))',
    ),
    _out(
        "keys of the kernel",
        'tried(lambda: syscall("keyctl", 0, -3, 1), lambda: syscall("add_key", b"user", b"x", b"y", 1, -3), lambda: syscall("request_key", b"user", b"x", 0, 0))',
    ),
    _out(
        "load a module",
        """
for call in (lambda: syscall("init_module", b"", 0, b""), lambda: syscall("finit_module", 0, b"", 0), lambda: syscall("delete_module", b"x", 0)):
    try:
        call()
        breached("loaded")
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOSYS):
            breached(error)
""",
    ),
    _out(
        "load another kernel",
        """
for call in (lambda: syscall("kexec_load", 0, 0, 0, 0), lambda: syscall("kexec_file_load", -1, -1, 0, b"", 0)):
    try:
        call()
        breached("loaded")
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOSYS):
            breached(error)
""",
    ),
    _out(
        "read the kernel's log", 'room = ctypes.create_string_buffer(4096)\nbreached(syscall("syslog", 3, room, 4096))'
    ),
    _out(
        "set the clock",
        'time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_REALTIME))\nbreached("set")',
    ),
    _out("a memory area nobody else sees", 'breached(syscall("memfd_secret", 0))'),
    _out("an old personality", 'breached(syscall("personality", 0x0400000))'),
    _out(
        "words into a terminal",
        """
import fcntl, pty
master, slave = pty.openpty()
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(slave, 0x540E, 0)
    try:
        fcntl.ioctl(slave, 0x5412, b"x")
        os._exit(7)
    except OSError:
        os._exit(0)
if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7:
    breached("typed")
""",
    ),
    _out(
        "the 32-bit interface",
        """
if os.uname().machine != "x86_64":
    raise OSError("no such interface here")
import mmap
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(bytes.fromhex("b814000000cd80c3"))
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
found = call()
if found > 0:
    breached(f"getpid said {found}")
""",
    ),
    _out(
        "the x32 interface", "found = libc.syscall(ctypes.c_long(0x40000000 | 39))\nif found > 0:\n    breached(found)"
    ),
)

SOCKETS: Final = (
    _out("the host's loopback", 's = socket.create_connection(("127.0.0.1", T["tcp"]), 2)\nbreached(s.recv(100))'),
    _out(
        "a datagram to the host",
        'socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(T["token"].encode(), ("127.0.0.1", T["udp"]))',
    ),
    _out(
        "an abstract socket of the host",
        's = socket.socket(socket.AF_UNIX)\ns.settimeout(2)\ns.connect("\\0" + T["abstract"])\nbreached("connected")',
    ),
    _out(
        "a socket file of the host",
        's = socket.socket(socket.AF_UNIX)\ns.settimeout(2)\ns.connect(T["socket_file"])\nbreached("connected")',
    ),
    _out(
        "control sockets of the host",
        """
for name in ("/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock", "/run/dbus/system_bus_socket",
             "/run/systemd/private", "/run/systemd/notify", "/run/systemd/journal/socket", "/dev/log", "/tmp/.X11-unix/X0", "/run/snapd.socket",
             "/run/libvirt/libvirt-sock", T["control_socket"]):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(2)
    try:
        s.connect(name)
        breached(name)
    except OSError:
        pass
""",
    ),
    _out(
        "the metadata address",
        """
s = socket.socket()
s.settimeout(1)
try:
    s.connect(("169.254.169.254", 80))
    breached("connected")
except TimeoutError:
    breached("packets leave")
""",
    ),
    _out(
        "a way to the Internet",
        's = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.connect(("192.0.2.1", 53))\nbreached(s.getsockname())',
    ),
    _out(
        "a name server",
        """
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
lines = [line.split()[1] for line in open("/etc/resolv.conf") if line.startswith("nameserver")]
for address in lines:
    s.connect((address, 53))
    breached(address)
""",
    ),
    _out(
        "interfaces of the host",
        'names = [line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line]\nif set(names) - {"lo"}:\n    breached(names)',
    ),
    _out(
        "a raw socket",
        "tried(*(lambda f=f: socket.socket(f, socket.SOCK_RAW, 1) for f in (socket.AF_INET, socket.AF_INET6)))",
    ),
    _out(
        "a packet socket",
        'tried(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 768), lambda: socket.socket(socket.AF_INET, socket.SOCK_PACKET if hasattr(socket, "SOCK_PACKET") else 10, 768))',
    ),
    _out(
        "a netlink socket",
        "tried(*(lambda p=p: socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, p) for p in (0, 9, 15, 16)))",
    ),
    _out("a socket to the hypervisor", "breached(socket.socket(40, socket.SOCK_STREAM))"),
    _out(
        "sockets of any other family",
        "tried(*(lambda f=f, k=k: socket.socket(f, k) for f in range(3, 46) if f != 10 for k in (1, 2, 5)))",
    ),
)
