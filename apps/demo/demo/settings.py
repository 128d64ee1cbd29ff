"""Everything the services read from their environment, in one place.

Every key `K` may also come as `K_FILE`, naming a file that holds the value (a mounted secret). A binding that is absent
means that the service it names is not there: the API then starts without it and says so.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from demo import __version__

DEFAULT_QUEUE = "jobs"
_BUCKET_PREFIX = "S3_BUCKET_"


class SettingsError(ValueError):
    """A binding cannot be read or contradicts another; the message names its key."""


def read_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with every `K_FILE` resolved to `K`; keys with an empty value count as absent.

    Raises `SettingsError` when both `K` and `K_FILE` are set, or the file cannot be read. Only keys that the services
    know are resolved, so an unrelated `FOO_FILE` of the platform is left alone.
    """
    values = {key: value for key, value in environ.items() if value and _is_known(key)}
    for key, path in environ.items():
        name = key.removesuffix("_FILE")
        if name == key or not path or not _is_known(name):
            continue
        if name in values:
            raise SettingsError(f"{name} and {key} are both set; set one of them")
        try:
            values[name] = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise SettingsError(f"{key} names {path}, which cannot be read: {error.strerror}") from error
    return values


def _is_known(key: str) -> bool:
    return key.lower() in Settings.model_fields or key.startswith(_BUCKET_PREFIX)


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part for part in (raw.strip() for raw in value.split(",")) if part)
    return value


CommaList = Annotated[tuple[str, ...], BeforeValidator(_split)]


class Settings(BaseModel):
    """The bindings and options of one process. Field names are the environment keys in lower case."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    service_name: str = "demo"
    log_level: str = "INFO"
    otel_exporter_otlp_endpoint: str | None = None

    database_url: str | None = Field(default=None, repr=False)
    database_host: str | None = None
    database_port: int = 5432
    database_user: str = ""
    database_password: str = Field(default="", repr=False)
    database_name: str = ""

    redis_url: str | None = Field(default=None, repr=False)
    redis_host: str | None = None
    redis_port: int = 6379
    redis_password: str = Field(default="", repr=False)

    amqp_url: str | None = Field(default=None, repr=False)
    amqp_queues: CommaList = ()

    s3_endpoint_url: str | None = None
    s3_force_path_style: bool = False
    s3_buckets: CommaList = ()
    s3_bucket_names: dict[str, str] = Field(default_factory=dict)
    aws_region: str | None = None
    aws_access_key_id: str | None = None
    aws_secret_access_key: str | None = Field(default=None, repr=False)

    job_queues: CommaList = ()
    job_bucket: str | None = None
    job_min_seconds: float = Field(default=0.0, ge=0)
    """Least time a job takes, in seconds: lets a demonstration show the states that are otherwise over at once."""
    requeue_after_seconds: float = Field(default=10.0, gt=0)
    """Age at which a row that was stored but never reached the queue is sent again."""
    worker_port: int = 9100
    emails_dir: str = "/tmp/emails"

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Settings of the given environment, by default the process's own.

        Raises `SettingsError` or pydantic's `ValidationError`, both of which name the key that is wrong.
        """
        values = read_environment(os.environ if environ is None else environ)
        names = {
            key.removeprefix(_BUCKET_PREFIX): value for key, value in values.items() if key.startswith(_BUCKET_PREFIX)
        }
        fields = {key.lower(): value for key, value in values.items() if not key.startswith(_BUCKET_PREFIX)}
        return cls.model_validate({**fields, "s3_bucket_names": names})

    @model_validator(mode="before")
    @classmethod
    def _urls_from_parts(cls, data: dict[str, object]) -> dict[str, object]:
        filled = dict(data)
        if not filled.get("database_url") and filled.get("database_host"):
            user = quote(str(filled.get("database_user", "")), safe="")
            password = quote(str(filled.get("database_password", "")), safe="")
            address = f"{filled['database_host']}:{filled.get('database_port', 5432)}"
            filled["database_url"] = f"postgresql://{user}:{password}@{address}/{filled.get('database_name', '')}"
        if not filled.get("redis_url") and filled.get("redis_host"):
            password = quote(str(filled.get("redis_password", "")), safe="")
            login = f":{password}@" if password else ""
            filled["redis_url"] = f"redis://{login}{filled['redis_host']}:{filled.get('redis_port', 6379)}/0"
        return filled

    @property
    def version(self) -> str:
        return __version__

    @property
    def queue_kind(self) -> Literal["rabbitmq", "redis"] | None:
        """Which broker carries jobs: RabbitMQ when it is bound, else Redis, else none."""
        if self.amqp_url:
            return "rabbitmq"
        return "redis" if self.redis_url else None

    @property
    def queues(self) -> tuple[str, ...]:
        """Names of the job queues, the most urgent first; never empty."""
        return self.job_queues or self.amqp_queues or (DEFAULT_QUEUE,)

    @property
    def bucket(self) -> str | None:
        """Physical name of the bucket for uploads, or None when no bucket is bound."""
        logical = self.job_bucket or next(iter(self.s3_buckets), None)
        if logical is None:
            return None
        return self.s3_bucket_names.get(logical.upper().replace("-", "_"), logical)
