"""What is written before a service starts: its secrets as files, and a /tmp."""

from __future__ import annotations

from strata import ObjectStore, Postgres, Service
from tests.targets.aws.stage import PASSWORD, TOKEN, container, containers, environment, put, secrets


def test_secrets_as_files_are_written_by_a_container_that_ends_before_the_service_starts() -> None:
    db, files = Postgres("db", password=PASSWORD), ObjectStore("files")
    api = Service("api", image="a:1", needs=[db, files], secrets={"API_TOKEN": TOKEN}, secrets_as="files", user="app")
    ran = put(db, files, api)
    found = containers(ran["api-task"])
    assert list(found) == ["prepare", "api"]
    writer, main = found["prepare"], found["api"]
    assert (writer["essential"], writer["user"], writer["readonlyRootFilesystem"]) == (False, "0", True)
    assert writer["entryPoint"] == ["sh", "-c"] and writer["image"] == "a:1"
    names = ["API_TOKEN", "DATABASE_PASSWORD", "DATABASE_URL"]
    assert writer["command"] == [
        "umask 022; " + " && ".join(f'printf %s "${name}" > /run/secrets/{name}' for name in names)
    ]
    assert list(secrets(writer)) == names and secrets(main) == {}
    place = {"sourceVolume": "secrets", "containerPath": "/run/secrets"}
    assert writer["mountPoints"] == [{**place, "readOnly": False}]
    assert main["mountPoints"] == [{**place, "readOnly": True}]
    assert main["dependsOn"] == [{"containerName": "prepare", "condition": "SUCCESS"}]
    given = environment(main)
    assert {key: value for key, value in given.items() if key.endswith("_FILE")} == {
        f"{name}_FILE": f"/run/secrets/{name}" for name in names
    }
    assert main["user"] == "app" and ran["api-task"]["volumes"] == [{"name": "secrets"}]


def test_without_secrets_there_are_no_files_to_write() -> None:
    """The access keys of an object store are none here: the role gives them."""
    files = ObjectStore("files")
    ran = put(files, Service("api", image="a:1", needs=[files], secrets_as="files"))
    assert list(containers(ran["api-task"])) == ["api"] and ran["api-task"].get("volumes") is None
    assert not [key for key in environment(container(ran)) if key.endswith("_FILE")]


def test_a_read_only_service_has_a_tmp_to_write_to() -> None:
    ran = put(Service("api", image="a:1", read_only=True, user="1000:1000", stop_seconds=0))
    main = container(ran)
    assert main["readonlyRootFilesystem"] is True and main["user"] == "1000:1000"
    place = {"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}
    assert main["mountPoints"] == [place]
    assert ran["api-task"]["volumes"] == [{"name": "tmp"}] and main["stopTimeout"] == 2


def test_a_tmp_is_open_to_any_user_before_a_read_only_service_starts() -> None:
    """A task's volume is root's own, 0755: whoever is not root could not write to it."""
    ran = put(Service("api", image="a:1", read_only=True, user="1000:1000"))
    prepare = containers(ran["api-task"])["prepare"]
    prepare.pop("logConfiguration")
    assert prepare == {
        "name": "prepare", "image": "a:1", "essential": False, "user": "0", "entryPoint": ["sh", "-c"],
        "command": ["umask 022; chmod 1777 /tmp"], "readonlyRootFilesystem": True,
        "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}],
    }  # fmt: skip
    assert container(ran)["dependsOn"] == [{"containerName": "prepare", "condition": "SUCCESS"}]


def test_one_container_prepares_secrets_and_tmp() -> None:
    ran = put(Service("api", image="a:1", read_only=True, secrets={"API_TOKEN": TOKEN}, secrets_as="files"))
    found = containers(ran["api-task"])
    assert list(found) == ["prepare", "api"]
    assert found["prepare"]["command"] == [
        'umask 022; printf %s "$API_TOKEN" > /run/secrets/API_TOKEN && chmod 1777 /tmp'
    ]
    assert [one["containerPath"] for one in found["prepare"]["mountPoints"]] == ["/run/secrets", "/tmp"]
    assert [(one["containerPath"], one["readOnly"]) for one in found["api"]["mountPoints"]] == [
        ("/tmp", False), ("/run/secrets", True),
    ]  # fmt: skip
