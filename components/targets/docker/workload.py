"""What Service, Task and DevTool share on Docker: environment, secrets and mounts."""

from __future__ import annotations

import pulumi

from components.core.target import Needs
from components.model.service import Workload
from components.targets.docker.files import File

SECRETS = "/run/secrets"


def environment_and_files(service: Workload, needs: Needs) -> tuple[dict[str, pulumi.Input[str]], list[File]]:
    """The container's environment and its secret files.

    With `secrets_as="files"` a secret key K becomes the file /run/secrets/K and the environment only says K_FILE.
    """
    environment = dict(needs.environment)
    if service.secrets_as == "environment":
        return {**environment, **needs.secrets}, []
    files: list[File] = []
    for key, value in needs.secrets.items():
        files.append(File(f"{SECRETS}/{key}", value))
        environment[f"{key}_FILE"] = f"{SECRETS}/{key}"
    return environment, files
