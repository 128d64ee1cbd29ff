"""Health checks as commands that run inside whatever image there is. Pure.

Images agree on no tool, so each check tries what it finds. bash comes first: it opens a socket itself, in 3 ms of
processor time where an interpreter needs 50 to 200, and a check runs every few seconds in every container.
"""

from __future__ import annotations

import math

from components.model.health import Command, Health, Http
from components.model.units import seconds

HTTP = (
    "if command -v bash >/dev/null; then bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port} && "
    'printf "GET %s HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n" "{path}" >&3 && '
    'read -r -t {timeout} _ code _ <&3 && echo "HTTP $code" && test "$code" -lt 400\'; '
    "elif command -v curl >/dev/null; then curl -fsS -m {timeout} -o /dev/null '{url}'; "
    "elif command -v wget >/dev/null; then wget -q -T {timeout} -O /dev/null '{url}'; "
    "elif command -v node >/dev/null; then "
    "node -e \"fetch('{url}').then(r=>process.exit(r.ok?0:1),e=>{{console.error(e.message);process.exit(1)}})\"; "
    "else $(command -v python3 || command -v python) -c "
    "\"import urllib.request as u;u.urlopen('{url}',timeout={timeout})\"; fi"
)
"""The URL is quoted: a query may hold an `&`, at which a shell would leave the check behind and call it a success."""

TCP = (
    "if command -v bash >/dev/null; then bash -c '</dev/tcp/127.0.0.1/{port}'; "
    "elif command -v nc >/dev/null; then nc -z 127.0.0.1 {port}; else $(command -v python3 || command -v python) -c "
    "\"import socket;socket.create_connection(('127.0.0.1',{port}),{timeout})\"; fi"
)


def check_command(health: Health, port: int | None) -> list[str]:
    """A health check as Docker's `test`; `port` is the service's own, for checks that name none."""
    if isinstance(health, Command):
        command = health.command
        return ["CMD-SHELL", command] if isinstance(command, str) else ["CMD", *command]
    timeout, asked = max(1, math.ceil(seconds(health.timeout))), health.port or port
    if isinstance(health, Http):
        url = f"http://127.0.0.1:{asked}{health.path}"
        return ["CMD-SHELL", HTTP.format(url=url, port=asked, path=health.path, timeout=timeout)]
    return ["CMD-SHELL", TCP.format(port=asked, timeout=timeout)]
