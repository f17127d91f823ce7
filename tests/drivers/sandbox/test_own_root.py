from __future__ import annotations

import asyncio

from ergos.drivers.sandbox.sandboxes import HostSandboxes
from ergos.kernel.confinement import Job


def test_only_work_and_temporary_folders_can_be_written(apart: HostSandboxes) -> None:
    script = """
    for place in / /usr /etc /dev /run /proc /bin /lib /work /tmp /dev/shm; do
        (echo x > $place/.probe) 2>/dev/null && echo $place
    done
    for device in null zero full random urandom; do head -c1 /dev/$device >/dev/null || echo no $device; done
    cut -d' ' -f2,4 /proc/self/mounts | grep -v nosuid
    """
    ended = asyncio.run(apart.run(Job(command=("sh", "-c", script))))
    assert ended.stdout.decode().split() == ["/work", "/tmp", "/dev/shm"], ended


def test_the_first_process_inside_is_ours_and_the_last_to_go(apart: HostSandboxes) -> None:
    script = "kill -9 1; kill -TERM 1; (sleep 0.05; exit 3) & wait $!; echo $?; ls -d /proc/[0-9]* | wc -l"
    ended = asyncio.run(apart.run(Job(command=("sh", "-c", script))))
    assert ended.status == 0
    code, processes = ended.stdout.split()
    assert code == b"3"
    assert int(processes) <= 5
