"""The one public import: `from strata import Postgres, Service, System`.

The tiers and targets, which need the Pulumi SDK, are imported when they are first asked for, so that `strata check`
and a description on its own do not pay for it; for the same reason `__all__`, what `import *` brings, has none of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from components.model.binding import Binding, completed, healthy, started
from components.model.container import Logs, Publish
from components.model.dev_tool import DevTool
from components.model.gateway import Gateway
from components.model.health import Command, Http, Tcp
from components.model.image import Build
from components.model.monitoring import Grafana, Monitoring, Prometheus
from components.model.network import Network
from components.model.object_store import Bucket, ObjectStore
from components.model.postgres import Postgres
from components.model.problems import DescriptionError, Problem
from components.model.rabbitmq import RabbitMQ
from components.model.redis import Redis
from components.model.secret import Secret
from components.model.service import Scale, Service
from components.model.system import System
from components.model.task import Task
from components.model.volume import FileVolume, Mount, Reload

if TYPE_CHECKING:
    from components.core.target import Target as Target
    from components.targets.docker.target import DockerTarget as DockerTarget
    from components.tiers.app import AppTier as AppTier
    from components.tiers.data import DataTier as DataTier
    from components.tiers.monitoring import MonitoringTier as MonitoringTier

_LATE = {
    "AppTier": "components.tiers.app",
    "DataTier": "components.tiers.data",
    "DockerTarget": "components.targets.docker.target",
    "MonitoringTier": "components.tiers.monitoring",
    "Target": "components.core.target",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module 'strata' has no attribute {name!r}")
    return getattr(importlib.import_module(_LATE[name]), name)


__all__ = [
    "Binding", "Bucket", "Build", "Command", "DescriptionError", "DevTool", 
    "FileVolume", "Gateway", "Grafana", "Http", "Logs", "Monitoring", "Mount", "Network",
    "ObjectStore", "Postgres", "Problem", "Prometheus", "Publish", "RabbitMQ", "Redis", "Reload", "Scale", "Secret",
    "Service", "System", "Task", "Tcp", "completed", "healthy", "started",
]  # fmt: skip
