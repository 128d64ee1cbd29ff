"""Polar's stack for the tests, and what its document names."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import httpx

from tests.integration.harness import Stack
from tests.integration.jobs import Jobs
from tests.integration.watch import Watch

SERVICES = {"db", "redis", "minio", "api", "worker", "web"}
TASKS = ("sync-dependencies", "email-templates", "migrate", "seed")
QUEUES = ["high_priority", "medium_priority", "low_priority"]
VOLUMES = {
    "db": {"postgres_data"},
    "redis": set[str](),
    "minio": {"minio_data"},
    "api": {"server_uv_cache", "api_venv"},
    "worker": {"server_uv_cache", "worker_venv"},
    "web": {"pnpm_store", "web_node_modules", "web_next_cache"},
}
PORTS = {
    "db": {5432: ""},
    "redis": {6379: ""},
    "minio": {9000: "", 9001: "console"},
    "api": {8000: ""},
    "worker": dict[int, str](),
    "web": {3000: ""},
}
"""The published ports of each service, and what the stack's outputs call them."""


class Polar(Stack):
    """Polar's stack; `watch` saw its first update."""

    watch: Watch

    @property
    def jobs(self) -> Jobs:
        return Jobs(self.endpoint("api"))

    def inside(self, service: str, *command: str) -> str:
        """What a command, which must succeed, prints inside a service's container."""
        code, output = self.containers()[service].exec_run(list(command))
        assert code == 0, output.decode()
        return output.decode()

    def address(self, service: str, port: int) -> tuple[str, int]:
        """Where a published port is reached from this machine."""
        (binding,) = self.containers()[service].attrs["NetworkSettings"]["Ports"][f"{port}/tcp"]
        return binding["HostIp"], int(binding["HostPort"])

    def mc(self, *command: str) -> str:
        """What MinIO's client prints, logged in with the documented credentials."""
        login = "export MC_CONFIG_DIR=/tmp/.mc-test; mc -q alias set polar http://127.0.0.1:9000 polar polarpolar >&2"
        script = f"{login} && {' '.join(command)}"
        code, (output, wrong) = self.containers()["minio"].exec_run(["sh", "-c", script], demux=True)
        assert code == 0, wrong
        return (output or b"").decode()

    def buckets(self) -> dict[str, float]:
        """When each bucket was made, in seconds."""
        listed = [json.loads(line) for line in self.mc("mc ls --json polar").splitlines()]
        return {one["key"].rstrip("/"): datetime.fromisoformat(one["lastModified"]).timestamp() for one in listed}

    def measured(self, query: str) -> list[str]:
        """The values that Prometheus has for a query."""
        url = f"{self.endpoint('prometheus')}/api/v1/query"
        result: list[dict[str, Any]] = (
            httpx.get(url, params={"query": query}).raise_for_status().json()["data"]["result"]
        )
        return [one["value"][1] for one in result]
