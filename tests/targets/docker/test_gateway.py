"""The gateway: nginx's configuration, and what it sends where."""

from __future__ import annotations

import re

import pytest

from components.targets.nginx import configuration
from strata import Gateway, Http, Service
from tests.targets.docker.stage import files, put

api = Service("api", image="a:1", port=8000, health=Http("/health"))
web = Service("web", image="a:1", port=3000)
WHOLE = """map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
resolver 127.0.0.11 valid=2s ipv6=off;
server {
  listen 80;
  client_max_body_size 16777216;
  location = /_gateway/health { access_log off; return 200 "ok\\n"; }
  location ~ ^/api(/|$) {
    set $upstream http://api:8000;
    proxy_pass $upstream;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_connect_timeout 2s;
    proxy_read_timeout 1h;
    proxy_buffering off;
    proxy_next_upstream error timeout;
  }
  location / {
    set $upstream http://web:3000;
    proxy_pass $upstream;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_connect_timeout 2s;
    proxy_read_timeout 1h;
    proxy_buffering off;
    proxy_next_upstream error timeout;
  }
}
"""


def test_the_whole_configuration() -> None:
    assert configuration(Gateway(routes={"/": web, "/api": api})) == WHOLE
    assert "client_max_body_size 104857600;" in configuration(Gateway(routes={"/": web}, body="100MB"))


def test_a_rate_is_answered_with_429_beyond_a_minutes_worth_at_once() -> None:
    limited = configuration(Gateway(routes={"/": web, "/api": api}, rate=60)).splitlines()
    added = [line for line in limited if line not in WHOLE.splitlines()]
    assert added == [
        "limit_req_zone $binary_remote_addr zone=clients:10m rate=60r/m;",
        "  limit_req zone=clients burst=60 nodelay;",
        "  limit_req_status 429;",
    ]
    assert [line for line in limited if line not in added] == WHOLE.splitlines()
    server = limited.index("server {")
    assert [limited.index(line) > server for line in added] == [False, True, True]


def test_the_container() -> None:
    ran = put(api, web, Gateway(routes={"/": web, "/api": api}, port=8090))
    container = ran["gateway-container"]
    assert files(container) == {"/etc/nginx/conf.d/default.conf": WHOLE}
    assert container["ports"] == [{"internal": 80, "external": 8090, "ip": "127.0.0.1", "protocol": "tcp"}]
    assert "http://127.0.0.1:80/_gateway/health" in container["healthcheck"]["tests"][1]
    assert ran.awaited("gateway-container") >= {"api-ready", "web-container"}
    assert [one["service"] for one in ran["ready"]["checks"]] == ["gateway"]
    assert ran.value["gateway"] == {
        "facts": {"host": "gateway", "port": "80"}, "endpoints": {"": "http://127.0.0.1:8090"},
    }  # fmt: skip


def chosen(routes: dict[str, Service], path: str) -> str | None:
    """Who gets a path, by nginx's rules: the first regular expression that matches, else the longest prefix."""
    text = configuration(Gateway(routes=routes))
    found = re.findall(r"^  location (~ )?(\S+) \{\n    set \$upstream http://([a-z]+):", text, re.MULTILINE)
    assert len(found) == len(routes), "every route has its location"
    for kind, pattern, service in found:
        if kind and re.search(pattern, path):
            return service
    prefixes = [(pattern, service) for kind, pattern, service in found if not kind and path.startswith(pattern)]
    return max(prefixes, key=lambda one: len(one[0]))[1] if prefixes else None


deep = Service("deep", image="a:1", port=1)
dot = Service("dot", image="a:1", port=1)


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/api", "api"), ("/api/", "api"), ("/api/users", "api"),
        ("/apiary", "web"), ("/apis/x", "web"), ("/x/api", "web"), ("/API", "web"),
        ("/api/v2", "deep"), ("/api/v2/users", "deep"), ("/api/v20", "api"),
        ("/files.d/x", "dot"), ("/filesXd/x", "web"), ("/", "web"), ("/anything", "web"),
    ],
)  # fmt: skip
def test_the_longest_path_wins_and_only_whole_segments_count(path: str, service: str) -> None:
    assert chosen({"/": web, "/api": api, "/files.d/": dot, "/api/v2": deep}, path) == service


def test_without_a_root_route_the_rest_is_nobodys() -> None:
    assert chosen({"/api": api}, "/other") is None and chosen({"/api": api}, "/api") == "api"
