"""The few things asked of the `docker` command."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from offline.steps import Step, StepFailed

ORIGIN = "strata.origin"
BUILT = "built-from-packages"


@dataclass(frozen=True)
class Image:
    """An image that is present."""

    id: str
    names: tuple[str, ...]
    size: int = 0
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


class Docker:
    """Runs `docker`; replaced by a fake in tests."""

    def output(self, words: Sequence[str]) -> tuple[int, str]:
        """Exit code and standard output of a docker command; 127 if there is no docker."""
        try:
            done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return 127, ""
        return done.returncode, done.stdout

    def answers(self) -> bool:
        """Whether the daemon answers."""
        return self.output(["version", "--format", "{{.Server.Version}}"])[0] == 0

    def inspect(self, names: Sequence[str]) -> list[Image]:
        """Those of the images that are present, by one call."""
        if not names:
            return []
        shape = '{"Id":{{json .Id}},"Tags":{{json .RepoTags}},"Digests":{{json .RepoDigests}},"Size":{{.Size}},'
        shape += '"Labels":{{json .Config.Labels}}}'
        _, text = self.output(["image", "inspect", "--format", shape, *names])
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
        return [
            Image(one["Id"], (*(one["Tags"] or ()), *(one["Digests"] or ())), one["Size"], one["Labels"] or {})
            for one in found
        ]

    def names(self) -> list[str]:
        """Every tagged image."""
        _, text = self.output(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"])
        return [line for line in text.splitlines() if line and "<none>" not in line]

    def has_way_around(self) -> bool:
        """Whether the daemon has a proxy or a mirror of its own, so that this process cannot tell what it reaches."""
        _, text = self.output(["info", "--format", "{{json .RegistryConfig.Mirrors}} {{.HTTPSProxy}}{{.HTTPProxy}}"])
        return text.strip() not in ("", "[]", "null")

    def pull(self, step: Step, name: str) -> None:
        step.run(["docker", "pull", name])

    def build(
        self,
        step: Step,
        context: Path,
        arguments: Mapping[str, str],
        *,
        tag: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> str:
        """Build a folder with a Dockerfile; returns the image's id."""
        words = ["docker", "build", "--force-rm"]
        for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
            if os.environ.get(name):
                words += ["--build-arg", name]
        for key, value in arguments.items():
            words += ["--build-arg", f"{key}={value}"]
        for key, value in (labels or {}).items():
            words += ["--label", f"{key}={value}"]
        with tempfile.TemporaryDirectory() as folder:
            written = Path(folder) / "id"
            words += ["--tag", tag] if tag else []
            # BuildKit is an add-on that may be missing, and it cannot start from an image without a name.
            step.run([*words, "--iidfile", str(written), str(context)], env={"DOCKER_BUILDKIT": "0"})
            return written.read_text().strip()

    def import_file(self, step: Step, archive: Path, tag: str) -> None:
        """Make an image of a root file system."""
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        step.run(["docker", "import", "-c", 'CMD ["bash"]', "-c", f"ENV PATH={path}", str(archive), tag])

    def printed(self, image: str, command: str) -> str:
        """What a shell line prints inside an image."""
        code, text = self.output(["run", "--rm", "--network", "none", "--entrypoint", "sh", image, "-c", command])
        if code != 0:
            raise StepFailed(f"`{command}` failed inside the new image")
        return text
