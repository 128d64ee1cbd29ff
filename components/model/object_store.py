"""Object storage that speaks S3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY
from typing import Annotated, Any, ClassVar

from pydantic import Field

from components.model.binding import Bindable
from components.model.container import Contained
from components.model.described import Part, Seq, description
from components.model.image import ImageName
from components.model.secret import Secret, password_of
from components.model.text import matching
from components.model.units import Port
from components.model.volume import FileVolume, volume_of

BucketName = Annotated[
    str,
    matching(
        r"^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$",
        "a name of 3 to 40 lower-case letters, digits and '-' that neither begins nor ends with '-'",
    ),
]
AccessKey = Annotated[str, matching(r"^[A-Za-z0-9_-]{3,40}$", "3 to 40 letters, digits, '_' and '-'")]


def _password(data: dict[str, Any]) -> Secret:
    return password_of(data, "files")


def _volume(data: dict[str, Any]) -> FileVolume:
    return volume_of(data, "files", "critical")


@description
class Bucket(Part):
    """A bucket; `public` lets anyone read its objects (default: nobody without credentials)."""

    name: BucketName
    _: KW_ONLY
    public: bool = False


@description
class ObjectStore(Bindable, Contained):
    """An S3 object store with its buckets.

    On Docker an S3 server in a container: `access_key` and `password` are its root user; `console_port` where its web
    console listens inside the container. On AWS S3 itself; applications then get credentials from their role.

    Whoever needs it gets S3_ENDPOINT_URL, S3_FORCE_PATH_STYLE, AWS_REGION, S3_BUCKETS, S3_BUCKET_<NAME> for each
    bucket (the physical name) and, where the platform gives no role, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    """

    _: KW_ONLY
    buckets: Seq[Bucket] = ()
    access_key: AccessKey = "strata"
    password: Secret = Field(default_factory=_password)
    console_port: Port = 9001
    image: ImageName | None = None
    volume: FileVolume = Field(default_factory=_volume)

    TIER: ClassVar[str] = "data"
    PORT: ClassVar[int] = 9000

    def contradictions(self) -> Iterable[tuple[str, str]]:
        yield from Contained.contradictions(self)
        names = [bucket.name for bucket in self.buckets]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield "buckets", f"{name!r} is listed {names.count(name)} times; a bucket has one entry"
        if self.password.default is not None and len(self.password.default) < 8:
            yield "password", "its default is too short; S3 servers refuse a secret key under 8 characters"

    def binding(self) -> Mapping[str, str]:
        return {
            "S3_ENDPOINT_URL": "{scheme}://{host}:{port}",
            "S3_FORCE_PATH_STYLE": "{path_style}",
            "AWS_REGION": "{region}",
            "AWS_ACCESS_KEY_ID": "{access_key}",
            "AWS_SECRET_ACCESS_KEY": "{secret_key}",
            "S3_BUCKETS": ",".join(bucket.name for bucket in self.buckets),
            **{f"S3_BUCKET_{env_name(bucket.name)}": f"{{bucket_{bucket.name}}}" for bucket in self.buckets},
        }


def env_name(name: str) -> str:
    """A name as part of an environment key: `public-files` becomes PUBLIC_FILES."""
    return name.upper().replace("-", "_")
