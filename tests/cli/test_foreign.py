"""exec, serve and token, as a person types them, in front of a loopback model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import pytest

from .conftest import ROOT, Shell

ASK = """
import json, os, sys, urllib.request
status = int(sys.argv.pop()) if sys.argv[-1].isdigit() else 0
words = sys.argv[1:] or ["hello"]
for word in words:
    body = {"model": "auto", "max_tokens": 4, "messages": [{"role": "user", "content": word}]}
    request = urllib.request.Request(
        os.environ["OPENAI_BASE_URL"] + "/chat/completions",
        json.dumps(body).encode(),
        {"authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as reply:
        print(json.load(reply)["choices"][0]["message"]["content"], flush=True)
sys.exit(status)
"""


@pytest.fixture
def house(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A home whose only model is a loopback server; the person stands in a project of theirs."""
    log = shell.folder / "calls.jsonl"
    command = [sys.executable, "-m", "ergos.sim.loopback", "--port", "0", "--print-port", "--log", str(log)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=shell.env, cwd=ROOT)
    assert server.stdout is not None
    port = int(server.stdout.readline())
    shell.home.mkdir()
    (shell.folder / "project").mkdir()
    (shell.home / "settings.toml").write_text(
        f'[models]\ndiscover = false\n[models.endpoints.loop]\nbase_url = "http://127.0.0.1:{port}/v1"\n'
        'model = "loop"\nprice = {input = 1.0, output = 2.0}\noutput_tokens_max = 100\n'
    )
    (shell.folder / "project" / "ask.py").write_text(ASK)
    monkeypatch.chdir(shell.folder / "project")
    try:
        yield shell
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def sent(house: Shell) -> int:
    """Calls that reached the model."""
    log = house.folder / "calls.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    return len({line["number"] for line in lines})


def test_a_command_is_run_as_a_process_billed_and_done(house: Shell) -> None:
    done = house.outside("exec", "--name", "prog", "--budget", "1usd", "--", sys.executable, "../ask.py", code=None)
    assert done.returncode != 0  # the file is not there
    done = house.outside("exec", "--name", "prog", "--budget", "1usd", "--", sys.executable, "ask.py", "a", "b")
    assert len(done.stdout.splitlines()) == 2
    assert "done: process 2" in done.stderr
    assert sent(house) == 2
    accounts = house.json("ledger")
    assert "prog" in json.dumps(accounts)
    assert house("verify").strip().endswith("sound")


def test_a_command_that_fails_is_kept_and_resumed_without_asking_again(house: Shell) -> None:
    command = [sys.executable, "ask.py", "a", "b", "3"]
    failed = house.outside("exec", "--name", "prog", "--budget", "1usd", "--", *command, code=3)
    assert "ergos exec --resume 1" in failed.stderr
    again = house.outside("exec", "--resume", "1", code=3)
    assert again.stdout == failed.stdout
    assert sent(house) == 2
    assert "waits for program" in house("ps")
    house("wait", "1", code=3)
    assert "ergos exec --resume 1" in house.err
    house("replay", "1", code=2)
    assert "runs elsewhere" in house.err


def test_a_budget_that_is_used_up_ends_the_calls_and_not_the_books(house: Shell) -> None:
    poor = house.outside("exec", "--budget", "0.00001usd", "--", sys.executable, "ask.py", code=None)
    assert poor.returncode == 1
    assert "402" in poor.stderr
    assert sent(house) == 0


@pytest.mark.parametrize("how", [(), ("--no-sandbox",)])
def test_killing_the_process_ends_the_command(house: Shell, how: tuple[str, ...]) -> None:
    house("up")
    command = [sys.executable, "-m", "ergos.cli.main", "exec", "--name", "slow", *how, "--", "sleep", "60"]
    running = subprocess.Popen(command, env=house.env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for _ in range(200):
        if "slow" in house("ps", code=0):
            break
        time.sleep(0.1)
    house("signal", "kill", "1")
    _, err = running.communicate(timeout=30)
    assert running.returncode == 128 + (signal.SIGTERM if how else signal.SIGKILL)  # a sandbox ends at once
    assert "was ended" in err


def test_a_command_that_cannot_be_started_leaves_nothing_behind(house: Shell) -> None:
    failed = house.outside("exec", "--", "no-such-command", code=2)
    assert "cannot be started" in failed.stderr
    assert house("ps").count("no-such-command") == 0


def test_a_resumed_command_that_cannot_be_started_loses_nothing(house: Shell) -> None:
    command = house.folder / "project" / "command"
    command.write_text(f"#!{sys.executable}\n{ASK}")
    command.chmod(0o755)
    failed = house.outside("exec", "--name", "prog", "--budget", "1usd", "--", "./command", "a", "3", code=3)
    command.rename(house.folder / "away")
    house.outside("exec", "--resume", "1", code=2)
    (house.folder / "away").rename(command)
    assert house.outside("exec", "--resume", "1", code=3).stdout == failed.stdout
    assert sent(house) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "no command"),
        (("--name", "a b", "--", "true"), "not a name"),
        (("--budget", "much", "--", "true"), "US dollars"),
        (("--resume", "99"), "no process 99"),
        (("--resume", "1", "--budget", "1usd"), "keeps its name"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(house: Shell, arguments: tuple[str, ...], says: str) -> None:
    failed = house.outside("exec", *arguments, code=None)
    assert failed.returncode == 2
    assert says in failed.stderr
    assert "Traceback" not in failed.stderr


def test_a_token_opens_the_door_of_the_running_kernel(house: Shell) -> None:
    house("up", "--port", "0")
    first = house.json("token", "guest", "--budget", "1usd")
    again = house.json("token", "guest", "--budget", "1usd")
    assert first == again
    assert isinstance(first, dict)
    assert house.json("status")["status"]["door"] == first["url"]  # type: ignore[index,call-overload]
    environ = {**os.environ, "OPENAI_BASE_URL": f"{first['url']}/v1", "OPENAI_API_KEY": str(first["token"])}
    said = subprocess.run(
        [sys.executable, "ask.py"],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert said.stdout.strip()
    shown = house("token", "guest", "--budget", "1usd")
    assert f"OPENAI_API_KEY={first['token']}" in shown


def test_serve_opens_the_door_and_says_how_to_come_in(house: Shell) -> None:
    command = [sys.executable, "-u", "-m", "ergos.cli.main", "serve", "--port", "0", "--budget", "1usd"]
    serving = subprocess.Popen(
        command, env=house.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert serving.stdout is not None
    lines = [serving.stdout.readline() for _ in range(3)]
    url, key = (part.partition("=")[2] for part in lines[1].split()[1:])
    request = urllib.request.Request(f"{url}/models", headers={"authorization": f"Bearer {key.strip()}"})
    with urllib.request.urlopen(request, timeout=20) as reply:
        assert "loop" in reply.read().decode()
    serving.send_signal(signal.SIGINT)
    _, err = serving.communicate(timeout=30)
    assert "Traceback" not in err
    assert serving.returncode == 0


def test_without_a_kernel_a_token_is_refused_with_a_remedy(house: Shell) -> None:
    failed = house.outside("token", "guest", code=2)
    assert "ergos up" in failed.stderr
