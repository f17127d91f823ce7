from __future__ import annotations

import asyncio

from ergos.drivers.sandbox.sandboxes import HostSandboxes
from ergos.kernel.confinement import Job


def test_the_etc_of_a_job_tells_nothing_about_the_host(apart: HostSandboxes) -> None:
    script = "cat /etc/passwd /etc/group /etc/resolv.conf; ls /etc; ls -d /home /root /sys /mnt /var /boot /etc/shadow /etc/ssh 2>/dev/null"
    ended = asyncio.run(apart.run(Job(command=("sh", "-c", script))))
    lines = set(ended.stdout.decode().split())
    assert not {line for line in lines if line.startswith(("root:", "daemon:"))}
    assert not lines & {
        "shadow",
        "hostname",
        "machine-id",
        "ssh",
        "/home",
        "/root",
        "/sys",
        "/mnt",
        "/var",
        "/boot",
        "/etc/shadow",
        "/etc/ssh",
    }


def test_a_user_has_a_name_and_this_machine_is_localhost(apart: HostSandboxes) -> None:
    text = "import getpass, os, pwd, socket; print(pwd.getpwuid(os.getuid()).pw_name, socket.gethostbyname('localhost'), os.path.expanduser('~'))"
    ended = asyncio.run(apart.run(Job(command=("/usr/bin/python3", "-c", text))))
    assert ended.stdout == b"user 127.0.0.1 /work\n", ended.stderr
