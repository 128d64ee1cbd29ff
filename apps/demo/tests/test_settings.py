"""Bindings from the environment."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from demo.settings import Settings, SettingsError


def test_nothing_bound_is_fine() -> None:
    settings = Settings.load({})
    assert (settings.database_url, settings.queue_kind, settings.bucket) == (None, None, None)
    assert settings.queues == ("jobs",)


def test_a_key_may_name_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://shop:s3cret@db:5432/shop\n")
    assert Settings.load({"DATABASE_URL_FILE": str(secret)}).database_url == "postgresql://shop:s3cret@db:5432/shop"


def test_a_bucket_key_may_name_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "bucket"
    secret.write_text("shop-uploads-1a2b")
    settings = Settings.load({"S3_BUCKETS": "my-uploads", "S3_BUCKET_MY_UPLOADS_FILE": str(secret)})
    assert settings.bucket == "shop-uploads-1a2b"


def test_key_and_file_together_are_an_error() -> None:
    with pytest.raises(SettingsError, match="REDIS_URL and REDIS_URL_FILE are both set"):
        Settings.load({"REDIS_URL": "redis://cache", "REDIS_URL_FILE": "/run/secrets/url"})


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsError, match="AMQP_URL_FILE names /nowhere/url"):
        Settings.load({"AMQP_URL_FILE": "/nowhere/url"})


def test_files_of_others_are_left_alone() -> None:
    assert Settings.load({"SSL_CERT_FILE": "/nowhere/bundle.pem"}).queue_kind is None


def test_urls_are_made_of_their_parts() -> None:
    parts = {"DATABASE_HOST": "db", "DATABASE_USER": "shop", "DATABASE_PASSWORD": "p@ss/word", "DATABASE_NAME": "shop"}
    settings = Settings.load({**parts, "REDIS_HOST": "cache", "REDIS_PASSWORD": "a b"})
    assert settings.database_url == "postgresql://shop:p%40ss%2Fword@db:5432/shop"
    assert settings.redis_url == "redis://:a%20b@cache:6379/0"


def test_rabbitmq_goes_before_redis() -> None:
    bound = {"AMQP_URL": "amqp://broker", "AMQP_QUEUES": "thumbnails, texts", "REDIS_URL": "redis://cache"}
    assert Settings.load(bound).queue_kind == "rabbitmq"
    assert Settings.load(bound).queues == ("thumbnails", "texts")
    assert Settings.load({**bound, "JOB_QUEUES": "texts"}).queues == ("texts",)


def test_the_bucket_for_jobs_can_be_chosen() -> None:
    bound = {"S3_BUCKETS": "uploads,polar-s3", "S3_BUCKET_UPLOADS": "x-uploads", "S3_BUCKET_POLAR_S3": "x-polar"}
    assert Settings.load(bound).bucket == "x-uploads"
    assert Settings.load({**bound, "JOB_BUCKET": "polar-s3"}).bucket == "x-polar"


def test_an_empty_value_is_no_binding() -> None:
    assert Settings.load({"REDIS_URL": "", "AMQP_URL": ""}).queue_kind is None


def test_a_wrong_value_names_its_key() -> None:
    with pytest.raises(ValidationError, match="worker_port"):
        Settings.load({"WORKER_PORT": "many"})


def test_secrets_are_not_shown() -> None:
    settings = Settings.load({"DATABASE_URL": "postgresql://u:hush@db/d", "REDIS_URL": "redis://:hush@cache"})
    assert "hush" not in repr(settings)
