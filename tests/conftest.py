"""What every test may rely on: no network, no chance, no silence.

Rules: sockets reach this machine only (pyproject.toml), warnings are errors, a test ends within two minutes, and
Hypothesis draws the same examples on every machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

from tests.warm import Warm

# No model of whoever runs the tests is found: neither a key of theirs nor a server on this machine.
for _name in [name for name in os.environ if name.endswith(("_API_KEY", "_BASE_URL", "_AUTH_TOKEN"))]:
    del os.environ[_name]
for _server in ("OLLAMA_HOST", "LLAMACPP_HOST", "VLLM_HOST", "LMSTUDIO_HOST"):
    os.environ[_server] = "127.0.0.1:9"  # the port of `discard`, where nothing listens

ROOT: Final = Path(__file__).resolve().parent.parent

settings.register_profile("ci", derandomize=True, database=None, deadline=None, print_blob=True)
settings.load_profile("ci")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded material beside the checkout; where there is none, the test is skipped."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no folder `shared` beside this checkout: it holds recorded material too large for it")
    return folder


@pytest.fixture(scope="session")
def ergos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The program `ergos`, each command of which is a process of its own that a warm interpreter forks."""
    warm = Warm(tmp_path_factory.mktemp("warm"))
    yield warm.program
    warm.close()
