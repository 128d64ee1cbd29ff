"""Every container that MiniStack starts: labelled as the rehearsal's, and reached inside its network alone."""

from __future__ import annotations

import os
from typing import Any

from docker.models.containers import ContainerCollection

LABEL = "strata.rehearsal"
OWNER = os.environ.get("STRATA_REHEARSAL", "")
"""The rehearsal whose containers and volumes these are."""


def labels() -> dict[str, str]:
    """What everything of this rehearsal is found by."""
    return {LABEL: OWNER}


def label() -> None:
    """Label containers and publish no port of theirs: MiniStack would, on every address of the machine."""
    create = ContainerCollection.create

    def labelled(self: Any, image: Any, command: Any = None, **given: Any) -> Any:
        if given.get("network"):
            given.pop("ports", None)
        given["labels"] = {**(given.get("labels") or {}), **labels()}
        return create(self, image, command, **given)

    ContainerCollection.create = labelled


PATCHES = {"labels": label}
