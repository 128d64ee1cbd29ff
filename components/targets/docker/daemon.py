"""The labels of what a stack owns on Docker, and the daemon that holds it."""

from __future__ import annotations

from components.targets.local_daemon import client as client
from components.targets.local_daemon import host as host
from components.targets.local_daemon import is_local as is_local

STACK_LABEL = "strata.stack"
SERVICE_LABEL = "strata.service"
BACKUP_LABEL = "strata.backup"
BORN_LABEL = "strata.born"
"""On a data volume: a value that no other volume has, not even the next one of its name."""
FILES_LABEL = "strata.files"
"""On a container whose files are in a volume: their version."""
