"""moto as a process of ours on loopback: an AWS control plane without anything behind it."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.environments import interpreter
from rehearsal.lacking import parts

HERE = Path(__file__).resolve().parent
REGION = "eu-central-1"


@dataclass(frozen=True)
class Emulator:
    """An emulated AWS that answers at `endpoint`; `name` is its rows' in rehearsal/drift.py."""

    name: str
    endpoint: str

    def settings(self, **aws: Any) -> dict[str, Any]:
        """The settings of a stack in front of it; `aws` are more of `strata:aws`."""
        own = {"region": REGION, "endpoint": self.endpoint, "parts": parts(self.name), **aws}
        return {"target": "aws", "transforms": [f"rehearsal.drift:{self.name}"], "aws": own}


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def moto(log: Path) -> Generator[Emulator]:
    """moto, new and empty, until the block ends; what it says goes to `log`. Raises RuntimeError when it ends early."""
    port = free_port()
    environment = {
        "PATH": "/usr/bin:/bin", "MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "AWS_DEFAULT_REGION": REGION,
    }  # fmt: skip
    with log.open("w") as stream:
        process = subprocess.Popen(
            [interpreter("moto", HERE / "moto.lock"), "-m", "rehearsal.moto_server", str(port)], cwd=HERE.parent,
            env=environment, stdout=subprocess.PIPE, stderr=stream, text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line.startswith("ready"):
                raise RuntimeError(f"moto did not start; the end of {log}:\n{log.read_text()[-2000:]}")
            yield Emulator("moto", f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait(30)
