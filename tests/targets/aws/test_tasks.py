"""What a Task becomes: one run, and who waits for it."""

from __future__ import annotations

from strata import Postgres, Service, Task, completed
from tests.targets.aws.stage import PASSWORD, arn, container, put


def test_a_task() -> None:
    db = Postgres("db", password=PASSWORD)
    ran = put(db, Task("migrate", image="a:1", command="run it", needs=[db], timeout="2m"))
    run = ran["migrate-run"]
    url = "postgresql://app:hunter22-hunter22%21@db-instance.abc.eu-central-1.rds.amazonaws.com:5432/app"
    assert run.inputs.value == {
        "task": "migrate", "definition": arn("ecs", "task-definition/migrate-task:1"),
        "cluster": arn("ecs", "Cluster/cluster"), "subnets": ["vpc-private-0-id", "vpc-private-1-id"],
        "provider": "",
        "groups": ["migrate-group-id"], "public": False, "logs": "/shop/prod/migrate", "timeout": 120, "image": "a:1",
        "command": ["run", "it"], "region": "eu-central-1", "endpoint": "", "data": ["db-db-instance"],
        "environment": {
            "DATABASE_HOST": "db-instance.abc.eu-central-1.rds.amazonaws.com", "DATABASE_PORT": "5432",
            "DATABASE_USER": "app", "DATABASE_NAME": "app",
        },
        "secrets": {"DATABASE_URL": url, "DATABASE_PASSWORD": "hunter22-hunter22!"},
        "masked": [url, "hunter22-hunter22!"],
    }  # fmt: skip
    assert all(run.inputs.is_secret(key) for key in ("environment", "secrets", "masked"))
    assert {"migrate-to-db", "migrate-into-db", "db-instance"} <= ran.awaited("migrate-run")
    assert container(ran, "migrate")["command"] == ["run", "it"] and "portMappings" not in container(ran, "migrate")


def test_who_waits_for_a_task_waits_for_its_run() -> None:
    task = Task("migrate", image="a:1")
    ran = put(task, Service("api", image="a:1", after=[completed(task)]))
    assert "migrate-run" in ran.awaited("api-service")
