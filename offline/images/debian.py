"""Debian's root file systems as base images, from the package sources of this very machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from offline.images.docker import BUILT, ORIGIN, Docker
from offline.steps import Step, StepFailed, step

SUITES = {"bookworm": "Debian 12", "trixie": "Debian 13", "forky": "Debian testing (forky)"}
BASE = "strata-base"
_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
_TRUSTED = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE")
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)
_FORWARDED = re.compile(r'Acquire::(?:Check-Valid-Until|Retries|https?::(?:Proxy|Timeout)\S*) "[^"]+";')
# What upstream's image sets as well: no archives kept, no translations, compressed indexes.
_SETTINGS = """\
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
APT::AutoRemove::SuggestsImportant "false";
"""
_TIDY = (
    'rm -rf "$1"/var/cache/apt/*.bin "$1"/var/lib/apt/lists/* "$1"/var/log/apt "$1"/var/log/*.log'
    ' "$1"/var/cache/debconf/*-old "$1"/var/cache/ldconfig/*; mkdir -p "$1"/var/lib/apt/lists/partial'
    ' "$1"/usr/share/man/man1 "$1"/usr/share/man/man7'
)


@dataclass(frozen=True)
class Source:
    """An entry of apt's sources for this machine's own release: `suffix` is "-updates", "-security" or nothing."""

    uri: str
    suffix: str


def codename() -> str:
    """This machine's Debian release, or nothing where it is no Debian."""
    try:
        text = Path("/etc/os-release").read_text()
    except OSError:
        return ""
    fields = dict(re.findall(r'^(\w+)="?([^"\n]*)', text, re.MULTILINE))
    return fields.get("VERSION_CODENAME", "") if fields.get("ID") == "debian" else ""


def _entries(text: str, deb822: bool) -> Iterator[tuple[list[str], list[str], list[str], str]]:
    """URIs, suites, components and keyring of each entry for binary packages."""
    if not deb822:
        for options, uri, suite, parts in re.findall(
            r"^deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)\s+(.+)$", text, re.MULTILINE
        ):
            signed = re.search(r"signed-by=(\S+)", options)
            yield [uri], [suite], parts.split(), signed[1] if signed else ""
        return
    for stanza in re.split(r"\n\s*\n", "\n".join(line for line in text.splitlines() if not line.startswith("#"))):
        found = re.findall(r"^([\w-]+):[ \t]*(.*(?:\n[ \t]+.*)*)", stanza, re.MULTILINE)
        fields = {key.lower(): value for key, value in found}
        if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes").strip().lower() != "no":
            yield (
                fields.get("uris", "").split(),
                fields.get("suites", "").split(),
                fields.get("components", "").split(),
                fields.get("signed-by", "").strip(),
            )


def parse_sources(files: Mapping[str, str], release: str) -> list[Source]:
    """Debian's own entries among apt's files (name -> text); those of other publishers are signed by other keys."""
    found: dict[Source, None] = {}
    for name, text in files.items():
        for uris, suites, parts, keyring in _entries(text, name.endswith(".sources")):
            if "main" not in parts or (keyring and "debian-archive" not in keyring):
                continue
            for suite in suites:
                suffix = suite.removeprefix(release)
                if suite.startswith(release) and suffix in ("", "-updates", "-security"):
                    found.update({Source(uri, suffix): None for uri in uris})
    return list(found)


def sources_for(suite: str) -> list[str]:
    """apt's lines for a suite: this machine's sources with the suite's name exchanged."""
    folder = Path("/etc/apt")
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    texts = {path.name: path.read_text() for path in files if path.suffix in (".list", ".sources") and path.is_file()}
    own = parse_sources(texts, codename())
    if not own:
        raise StepFailed("this machine's package sources name no Debian archive, from which the images could be built")
    return [f"deb {source.uri} {suite}{source.suffix} main" for source in own]


def apt_settings() -> list[str]:
    """What this machine's apt needs to reach its sources (proxies and the like)."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False).stdout
    return [line for line in dump.splitlines() if _FORWARDED.fullmatch(line)]


def certificates(files: Iterable[Path] | None = None) -> list[str]:
    """The certificates that were added to this machine, each once."""
    if files is None:
        named = (os.environ.get(name, "") for name in _TRUSTED)
        chosen = [Path(name) for name in named if name and name != _BUNDLE]
        files = [*sorted(Path("/usr/local/share/ca-certificates").rglob("*.crt")), *chosen]
    texts = [path.read_text(errors="replace") for path in files if path.is_file()]
    return list(dict.fromkeys(found for text in texts for found in _CERTIFICATE.findall(text)))


def need_mmdebstrap() -> None:
    """Install the bootstrapper if it is missing."""
    if shutil.which("mmdebstrap"):
        return
    if not codename():
        raise SystemExit("[set-up] images can be built only on Debian; elsewhere Docker has to reach a registry")
    if os.geteuid() != 0:
        raise SystemExit("[set-up] building images needs mmdebstrap: `sudo apt-get install mmdebstrap`, then again")
    with step("install mmdebstrap") as running:
        running.run(["apt-get", "update"])
        install = ["apt-get", "install", "-y", "--no-install-recommends", "mmdebstrap"]
        running.run(install, env={"DEBIAN_FRONTEND": "noninteractive"})


def base(docker: Docker, suite: str) -> str:
    """The local base image of a suite, made if missing; returns its name."""
    tag = f"{BASE}:{suite}"
    if docker.inspect([tag]):
        return tag
    need_mmdebstrap()
    with step(f"base image {SUITES[suite]}", "30 s") as running, tempfile.TemporaryDirectory() as folder:
        archive = _bootstrap(running, suite, Path(folder))
        docker.import_file(running, archive, f"{tag}-plain")
        (Path(folder) / "context").mkdir()
        (Path(folder) / "context" / "Dockerfile").write_text(f"FROM {tag}-plain\n")
        docker.build(running, Path(folder) / "context", {}, tag=tag, labels={ORIGIN: BUILT})
        running.run(["docker", "rmi", f"{tag}-plain"])
    return tag


def _bootstrap(running: Step, suite: str, folder: Path) -> Path:
    folder.chmod(0o755)
    settings = folder / "docker-clean"
    settings.write_text(_SETTINGS)
    policy = folder / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    trusted = folder / "certificates"
    trusted.mkdir()
    for number, text in enumerate(certificates()):
        (trusted / f"machine-{number}.crt").write_text(text)
    words = ["mmdebstrap", "--variant=minbase", "--include=ca-certificates"]
    # Merged /usr is expected by today's packages; bookworm's bootstrapper makes it only when told.
    merged = "/usr/share/mmdebstrap/hooks/merged-usr"
    words += [f"--hook-dir={merged}"] if Path(merged).is_dir() else []
    words += [f"--aptopt={line}" for line in apt_settings()]
    words += [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("doc", "man", "locale", "info")]
    words += ["--dpkgopt=path-include=/usr/share/doc/*/copyright", "--dpkgopt=force-unsafe-io"]
    words += [
        f"--customize-hook=copy-in {settings} /etc/apt/apt.conf.d",
        f"--customize-hook=copy-in {policy} /usr/sbin",
    ]
    for path in sorted(trusted.iterdir()):
        words.append(f"--customize-hook=copy-in {path} /usr/local/share/ca-certificates")
    words += ['--customize-hook=chroot "$1" update-ca-certificates', f"--customize-hook={_TIDY}"]
    archive = folder / f"{suite}.tar"
    running.run([*words, suite, archive, *sources_for(suite)])
    return archive


def download(running: Step, package: str, suite: str, folder: Path) -> Path:
    """Fetch one package of another suite without touching this machine's apt; returns the unpacked folder."""
    state = folder / "apt"
    for part in ("lists/partial", "cache/archives/partial"):
        (state / part).mkdir(parents=True)
    listed = state / "sources.list"
    listed.write_text("\n".join(sources_for(suite)) + "\n")
    options = [f"Dir::Etc::SourceList={listed}", "Dir::Etc::SourceParts=/dev/null", "APT::Sandbox::User=root"]
    options += [f"Dir::State::Lists={state / 'lists'}", f"Dir::Cache={state / 'cache'}"]
    apt = ["apt-get", *(word for option in options for word in ("-o", option))]
    running.run([*apt, "update"])
    running.run([*apt, "download", package], cwd=folder)
    unpacked = folder / "unpacked"
    running.run(["dpkg-deb", "-x", next(folder.glob("*.deb")), unpacked])
    return unpacked
