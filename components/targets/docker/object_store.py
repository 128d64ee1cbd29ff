"""ObjectStore: an S3 server in a container; its buckets are made before anyone who needs it starts."""

from __future__ import annotations

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.object_store import ObjectStore
from components.model.volume import Mount
from components.targets.docker import s3_server
from components.targets.docker.container import Spec, docker_target, run
from components.targets.docker.files import File
from components.targets.docker.image_names import name_of

REGION = "us-east-1"
"""What S3 clients sign with when nobody chose a region; servers of one's own accept it."""


@realizes(ObjectStore)
def object_store(store: ObjectStore, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """The server's root user is the applications' access key: on Docker everyone is the developer."""
    target = docker_target(needs)
    password = target.secret(store.password)
    running = run(
        store, needs, opts,
        Spec(
            image=target.image(name_of(store)).image_id,
            environment=s3_server.environment(store),
            command=s3_server.command(store),
            files=[File(s3_server.PASSWORD, password)],
            mounts=[Mount(store.volume, s3_server.DATA)],
            health=s3_server.HEALTH,
            then=s3_server.make_buckets(store) if store.buckets else None,
            watched=[password],
        ),
    )  # fmt: skip
    facts: dict[str, pulumi.Input[str]] = {
        "scheme": "http", "host": store.name, "port": str(ObjectStore.PORT), "path_style": "true", "region": REGION,
        "access_key": store.access_key, "secret_key": password,
        **{f"bucket_{name}": physical for name, physical in s3_server.names(store.buckets).items()},
    }  # fmt: skip
    reached = {"": ObjectStore.PORT, "console": store.console_port}
    endpoints = {name: running.endpoint(port) for name, port in reached.items() if port in running.ports}
    return Bound(store, facts, running.containers, running.healthy, endpoints=endpoints)
