"""The object store, by the S3 protocol: AWS, or any server that speaks it."""

# pyright: reportMissingTypeStubs=false
# boto3 carries no types; what is used of it is described by the protocols below.
import asyncio
import threading
from collections.abc import Callable
from typing import Protocol, TypeVar, cast

from demo.settings import Settings

T = TypeVar("T")


class StorageUnavailable(Exception):
    """The object store does not answer, or refuses us; trying later may help."""


class ObjectMissing(Exception):
    """There is no object with this key."""


class _Body(Protocol):
    def read(self) -> bytes: ...


class _Client(Protocol):
    """The part of boto3's S3 client that is used here ."""

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> object: ...
    def get_object(self, *, Bucket: str, Key: str) -> dict[str, _Body]: ...
    def delete_object(self, *, Bucket: str, Key: str) -> object: ...
    def head_bucket(self, *, Bucket: str) -> object: ...


class Storage:
    """One bucket. Blocking calls run in threads; each has bounded time and a few retries of its own."""

    def __init__(self, settings: Settings, bucket: str) -> None:
        self.bucket = bucket
        self._settings = settings
        self._client: _Client | None = None
        self._lock = threading.Lock()

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Store an object, replacing one with the same key."""
        await self._run(
            lambda client: client.put_object(Bucket=self.bucket, Key=key, Body=data, ContentType=content_type)
        )

    async def get(self, key: str) -> bytes:
        """An object's bytes. Raises `ObjectMissing` or `StorageUnavailable`."""
        return await self._run(lambda client: client.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    async def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        await self._run(lambda client: client.delete_object(Bucket=self.bucket, Key=key))

    async def check(self) -> None:
        """Raise `StorageUnavailable` unless the bucket can be reached."""
        await self._run(lambda client: client.head_bucket(Bucket=self.bucket))

    async def warm_up(self) -> None:
        """Load the client now (a few tenths of a second), so that the first request does not pay for it."""
        await asyncio.to_thread(self._connect)

    async def _run(self, call: Callable[[_Client], T]) -> T:
        return await asyncio.to_thread(self._call, call)

    def _call(self, call: Callable[[_Client], T]) -> T:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return call(self._connect())
        except ClientError as error:
            code = cast(dict[str, dict[str, str]], error.response).get("Error", {}).get("Code", "")  # pyright: ignore[reportUnknownMemberType]
            if code == "NoSuchKey":
                raise ObjectMissing(str(error)) from error
            raise StorageUnavailable(f"bucket {self.bucket}: {code or error}") from error
        except (BotoCoreError, Boto3Error, OSError) as error:
            raise StorageUnavailable(str(error)) from error

    def _connect(self) -> _Client:
        with self._lock:
            if self._client is None:
                self._client = _make_client(self._settings)
            return self._client


def _make_client(settings: Settings) -> _Client:
    # Imported here because it takes longer than everything else together, and only some processes need it.
    import boto3
    from botocore.config import Config

    config = Config(
        s3={"addressing_style": "path" if settings.s3_force_path_style else "auto"},
        connect_timeout=2,
        read_timeout=10,
        retries={"mode": "standard", "max_attempts": 3},
        # Servers that speak S3 but are not AWS need not know the newer checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    make = cast(Callable[..., _Client], boto3.client)  # pyright: ignore[reportUnknownMemberType]
    return make(
        "s3",
        endpoint_url=settings.s3_endpoint_url,
        region_name=settings.aws_region or "us-east-1",
        aws_access_key_id=settings.aws_access_key_id,
        aws_secret_access_key=settings.aws_secret_access_key,
        config=config,
    )
