"""The recipes, one entry per upstream repository."""

from __future__ import annotations

from offline.images.recipes import Recipe, Release

_PLUGINS = "rabbitmq_prometheus"
_MINIO = "RELEASE.2025-09-07T16-13-09Z"
_MC = "DEVELOPMENT.2025-03-13T08-02-18Z"
_RELEASE_PATTERN = r"(?:RELEASE|DEVELOPMENT)\.[\dTZ-]+Z"


def _postgres(major: str, suite: str) -> Release:
    # From 18 on upstream keeps the data one level deeper, in a folder that an upgrade can hard-link beside.
    deeper = int(major) >= 18
    data = f"/var/lib/postgresql/{major}/docker" if deeper else "/var/lib/postgresql/data"
    volume = "/var/lib/postgresql" if deeper else data
    return Release(major, suite, f"postgresql-{major}", {"MAJOR": major, "DATA": data, "VOLUME": volume})


def _python(version: str, suite: str, extra: str = "") -> Release:
    return Release(version, suite, f"python{version}", {"VERSION": version, "EXTRA": extra})


def _node(version: str, npm: str) -> Release:
    return Release(version, "bookworm", "node from npm", {"VERSION": version, "NPM": npm})


_ALL = (
    Recipe(
        "debian",
        "Debian",
        (
            Release("13", "trixie", "minbase", names=frozenset({"trixie"})),
            Release("12", "bookworm", "minbase", names=frozenset({"bookworm"})),
        ),
        "cat /etc/debian_version",
        significant=1,
        flavours=frozenset({"slim"}),
    ),
    Recipe(
        "postgres",
        "PostgreSQL",
        (_postgres("18", "forky"), _postgres("17", "trixie"), _postgres("15", "bookworm")),
        "postgres --version",
        significant=1,
        # Alpine's image has other numbers for its user; files in a volume keep them.
        variants={"": {"IDENTITY": "999"}, "alpine": {"IDENTITY": "70"}},
    ),
    Recipe(
        "redis",
        "Redis",
        (Release("8.0", "trixie", "redis-server"), Release("7.0", "bookworm", "redis-server")),
        "redis-server --version",
        variants={"": {"GROUP": "999"}, "alpine": {"GROUP": "1000"}},
    ),
    Recipe(
        "rabbitmq",
        "RabbitMQ",
        (
            Release("4.0", "trixie", "rabbitmq-server"),
            Release("4.3", "forky", "rabbitmq-server"),
            Release("3.10", "bookworm", "rabbitmq-server"),
        ),
        "dpkg-query -W -f '${Version}' rabbitmq-server",
        flavours=frozenset({"alpine", "management"}),
        variants={
            "": {"USER_ID": "999", "GROUP_ID": "999", "PLUGINS": _PLUGINS},
            "alpine": {"USER_ID": "100", "GROUP_ID": "101"},
            "management": {"PLUGINS": f"rabbitmq_management,{_PLUGINS}"},
        },
    ),
    Recipe(
        "nginx",
        "nginx",
        (
            Release("1.26", "trixie", "nginx", names=frozenset({"stable"})),
            Release("1.30", "forky", "nginx", names=frozenset({"mainline"})),
            Release("1.22", "bookworm", "nginx"),
        ),
        "nginx -v 2>&1",
        flavours=frozenset({"alpine", "bookworm", "trixie", "slim"}),
    ),
    Recipe(
        "python",
        "Python",
        (
            _python("3.14", "forky"),
            _python("3.13", "trixie"),
            _python("3.11", "bookworm", "python3-distutils python3-lib2to3 python3-setuptools-whl"),
        ),
        "python --version",
        one_of=frozenset({"slim", "alpine"}),
        settings=("pip.conf",),
    ),
    Recipe(
        "node",
        "Node.js",
        (_node("24.21.0", "11.21.2"), _node("22.23.3", "10.9.9"), _node("20.20.2", "10.9.9")),
        "node --version",
        one_of=frozenset({"slim", "alpine"}),
        packages={
            "node.tgz": "node-linux-{arch}@{VERSION}",
            "npm.tgz": "npm@{NPM}",
            "yarn.tgz": "yarn@1.22.22",
            "corepack.tgz": "corepack@0.36.0",
        },
        settings=("npmrc",),
    ),
    Recipe(
        "golang",
        "Go",
        (Release("1.26", "bookworm", "Go from its toolchain module", {"VERSION": "1.26.8"}),),
        "go version",
        sources={"toolchain": "golang.org/toolchain@v0.0.1-go{VERSION}.linux-{arch}"},
        settings=("go.env",),
    ),
    Recipe(
        "minio/minio",
        "MinIO",
        (Release(_MINIO, "bookworm", "minio from its Go module"),),
        "minio --version",
        flavours=frozenset({"cpuv1"}),
        modules=("minio", "mc"),
        version_pattern=_RELEASE_PATTERN,
    ),
    Recipe(
        "minio/mc",
        "MinIO Client",
        (Release(_MC, "bookworm", "mc from its Go module"),),
        "mc --version",
        flavours=frozenset({"cpuv1"}),
        modules=("mc",),
        version_pattern=_RELEASE_PATTERN,
    ),
    Recipe(
        "prom/prometheus",
        "Prometheus",
        (Release("3.5", "forky", "prometheus"), Release("2.53", "trixie", "prometheus")),
        "prometheus --version 2>&1",
    ),
    Recipe("registry", "Distribution", (Release("2.8", "bookworm", "docker-registry"),), "registry --version 2>&1"),
)

CATALOGUE: dict[str, Recipe] = {recipe.repository: recipe for recipe in _ALL}
