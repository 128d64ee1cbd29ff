"""The one public import: `from strata import Postgres, Service, System`.

Each name is imported when it is first asked for: the commands need no description, and `strata check` and a
description on its own need neither the tiers nor the targets, which bring the Pulumi SDK. Those are not in `__all__`,
what `import *` brings, for the same reason.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from components.core.target import Target as Target
    from components.model.binding import Binding as Binding
    from components.model.binding import completed as completed
    from components.model.binding import healthy as healthy
    from components.model.binding import started as started
    from components.model.container import Logs as Logs
    from components.model.container import Publish as Publish
    from components.model.dev_tool import DevTool as DevTool
    from components.model.gateway import Gateway as Gateway
    from components.model.health import Command as Command
    from components.model.health import Http as Http
    from components.model.health import Tcp as Tcp
    from components.model.image import Build as Build
    from components.model.monitoring import Grafana as Grafana
    from components.model.monitoring import Monitoring as Monitoring
    from components.model.monitoring import Prometheus as Prometheus
    from components.model.network import Network as Network
    from components.model.object_store import Bucket as Bucket
    from components.model.object_store import ObjectStore as ObjectStore
    from components.model.postgres import Postgres as Postgres
    from components.model.problems import DescriptionError as DescriptionError
    from components.model.problems import Problem as Problem
    from components.model.rabbitmq import RabbitMQ as RabbitMQ
    from components.model.redis import Redis as Redis
    from components.model.schedule import Schedule as Schedule
    from components.model.secret import Secret as Secret
    from components.model.service import Scale as Scale
    from components.model.service import Service as Service
    from components.model.system import System as System
    from components.model.task import Task as Task
    from components.model.volume import FileVolume as FileVolume
    from components.model.volume import Mount as Mount
    from components.model.volume import Reload as Reload
    from components.targets.docker.target import DockerTarget as DockerTarget
    from components.tiers.app import AppTier as AppTier
    from components.tiers.data import DataTier as DataTier
    from components.tiers.monitoring import MonitoringTier as MonitoringTier

_PLACES = {
    "AppTier": "components.tiers.app",
    "Binding": "components.model.binding",
    "Bucket": "components.model.object_store",
    "Build": "components.model.image",
    "Command": "components.model.health",
    "DataTier": "components.tiers.data",
    "DescriptionError": "components.model.problems",
    "DevTool": "components.model.dev_tool",
    "DockerTarget": "components.targets.docker.target",
    "FileVolume": "components.model.volume",
    "Gateway": "components.model.gateway",
    "Grafana": "components.model.monitoring",
    "Http": "components.model.health",
    "Logs": "components.model.container",
    "Monitoring": "components.model.monitoring",
    "MonitoringTier": "components.tiers.monitoring",
    "Mount": "components.model.volume",
    "Network": "components.model.network",
    "ObjectStore": "components.model.object_store",
    "Postgres": "components.model.postgres",
    "Problem": "components.model.problems",
    "Prometheus": "components.model.monitoring",
    "Publish": "components.model.container",
    "RabbitMQ": "components.model.rabbitmq",
    "Redis": "components.model.redis",
    "Reload": "components.model.volume",
    "Scale": "components.model.service",
    "Schedule": "components.model.schedule",
    "Secret": "components.model.secret",
    "Service": "components.model.service",
    "System": "components.model.system",
    "Target": "components.core.target",
    "Task": "components.model.task",
    "Tcp": "components.model.health",
    "completed": "components.model.binding",
    "healthy": "components.model.binding",
    "started": "components.model.binding",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'strata' has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)


__all__ = [
    "Binding", "Bucket", "Build", "Command", "DescriptionError", "DevTool",
    "FileVolume", "Gateway", "Grafana", "Http", "Logs", "Monitoring", "Mount", "Network",
    "ObjectStore", "Postgres", "Problem", "Prometheus", "Publish", "RabbitMQ", "Redis", "Reload", "Scale", "Schedule",
    "Secret", "Service", "System", "Task", "Tcp", "completed", "healthy", "started",
]  # fmt: skip
