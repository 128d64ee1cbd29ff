"""Images: what is found out about the machine - its registries, package sources, certificates, settings, old files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from offline.images import artefacts, daemon, debian, probe, table
from offline.images.catalogue import CATALOGUE
from offline.images.docker import BUILT, ORIGIN, Image


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (401, {"Docker-Distribution-Api-Version": "registry/2.0", "WWW-Authenticate": "Bearer"}, True),
        (200, {"Docker-Distribution-API-Version": "registry/2.0"}, True),
        (403, {"Content-Type": "text/plain"}, False),
        (200, {"Content-Type": "text/html"}, False),
        (502, {}, False),
    ],
)
def test_whether_an_answer_is_a_registrys(status: int, headers: dict[str, str], expected: bool) -> None:
    assert probe.is_registry(status, headers) is expected


def test_a_registry_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(host: str) -> bool:
        asked.append(host)
        return False

    monkeypatch.setattr(probe, "ask", ask)
    one = probe.Probe()
    assert not one.reachable("quay.io")
    assert not one.reachable("quay.io")
    assert one.reachable("localhost:5000")
    assert asked == ["quay.io"]


def test_table() -> None:
    assert table.size(1_234_000_000) == "1.2 GB"
    labels = {ORIGIN: BUILT, "strata.version": "8.0.2", "strata.contents": "Debian 13 redis-server 8.0.2"}
    images = [
        Image("a", ("redis:alpine",), 90_000_000, {**labels, "strata.asked": "redis:alpine"}),
        Image("b", ("app:dev",), 1_234_000_000, {**labels, "strata.asked": "redis:alpine"}),
        Image("c", ("nginx:alpine", "nginx@sha256:0"), 50_000_000),
        Image("d", ("strata-base:trixie",), 1, {ORIGIN: BUILT}),
    ]
    assert table.render([table.HEADINGS, *table.rows(images)]).splitlines() == [
        "IMAGE         ORIGIN               VERSION  SIZE   CONTENTS",
        "nginx:alpine  pulled               -        50 MB  -",
        "redis:alpine  built-from-packages  8.0.2    90 MB  Debian 13 redis-server 8.0.2",
    ]


def test_sources_of_this_machine_only_debians_own() -> None:
    files = {
        "debian.sources": "Types: deb\n# a note\nURIs: http://mirror/debian\nSuites: bookworm bookworm-updates\n"
        "Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n"
        "Types: deb\nEnabled: no\nURIs: http://off/debian\nSuites: bookworm\nComponents: main\n",
        "sources.list": "deb [arch=amd64] http://mirror/security bookworm-security main contrib\n"
        "deb http://mirror/debian bookworm-backports main\ndeb-src http://mirror/src bookworm main\n",
        "other.list": "deb [signed-by=/etc/apt/keyrings/other.gpg] http://other bookworm main\n"
        "deb http://x stable main\n",
    }
    assert debian.parse_sources(files, "bookworm") == [
        debian.Source("http://mirror/debian", ""),
        debian.Source("http://mirror/debian", "-updates"),
        debian.Source("http://mirror/security", "-security"),
    ]


def test_certificates_are_split_and_unique(tmp_path: Path) -> None:
    one = "-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n"
    two = one.replace("AAA", "BBB")
    (tmp_path / "a").write_text(one + two)
    (tmp_path / "b").write_text(one)
    assert debian.certificates([tmp_path / "a", tmp_path / "b", tmp_path / "c"]) == [one, two]


def test_settings_of_go_for_images() -> None:
    """Where modules come from, and nothing of this machine's folders."""
    listing = '{"GOPROXY": "http://modules,direct", "GOSUMDB": "sums", "GOPRIVATE": "", "GOPATH": "/home/me/go"}'
    assert artefacts.go_settings(listing) == "GOPROXY=http://modules,direct\nGOSUMDB=sums\n"
    assert artefacts.go_settings("") == ""


def test_a_go_module_of_this_machines_architecture(monkeypatch: pytest.MonkeyPatch) -> None:
    template = CATALOGUE["golang"].sources["toolchain"]
    for machine, architecture in (("x86_64", "amd64"), ("aarch64", "arm64")):
        monkeypatch.setattr(artefacts.platform, "machine", lambda machine=machine: machine)
        found = artefacts.go_name(template, {"VERSION": "1.26.8"})
        assert found == f"golang.org/toolchain@v0.0.1-go1.26.8.linux-{architecture}"


def test_settings_of_pip_and_npm_for_images() -> None:
    listing = ":env:.default-timeout='180'\n:env:.find-links='/somewhere'\nglobal.index-url='http://index/simple'\n"
    text = artefacts.pip_settings(listing)
    assert text.splitlines() == [
        "[global]",
        "cert = /etc/ssl/certs/ca-certificates.crt",
        "timeout = 180",
        "index-url = http://index/simple",
    ]
    npm = artefacts.npm_settings('{"registry": "http://npm/", "noproxy": [""], "proxy": null, "strict-ssl": true}')
    assert npm == "registry=http://npm/\nstrict-ssl=true\ncafile=/etc/ssl/certs/ca-certificates.crt\n"


def test_stale_pid_files(tmp_path: Path) -> None:
    pid_file = tmp_path / "docker.pid"
    assert not daemon.is_stale("dockerd", pid_file)
    pid_file.write_text("not a number")
    assert daemon.is_stale("dockerd", pid_file)
    pid_file.write_text(str(os.getpid()))
    assert daemon.is_stale("dockerd", pid_file, lambda _: "bash")
    assert daemon.is_stale("dockerd", pid_file, lambda _: "")
    assert not daemon.is_stale("dockerd", pid_file, lambda _: "dockerd")
