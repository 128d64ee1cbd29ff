"""Random systems, built bottom up so that each is a right one."""

from hypothesis import strategies as st

from strata import (
    Bucket,
    Build,
    Command,
    Gateway,
    Grafana,
    Http,
    Monitoring,
    Mount,
    ObjectStore,
    Postgres,
    Prometheus,
    Publish,
    RabbitMQ,
    Redis,
    Reload,
    Scale,
    Schedule,
    Secret,
    Service,
    System,
    Task,
    completed,
    healthy,
    started,
)

memory = st.integers(6, 4096).map(lambda size: f"{size}MB")
images = st.sampled_from(
    ["nginx:alpine", "registry.example/me/app:1.2", Build("apps/demo", args={"part": "a", "ref": "b"})]
)
data_services = st.one_of(
    st.builds(
        lambda number, version, size: Postgres(f"db-{number}", version=version, memory=size, parameters={"ref": "x"}),
        st.integers(0, 99), st.sampled_from(["15", "16.2", "17-alpine"]), st.none() | memory,
    ),
    st.builds(
        lambda number, kept, password: Redis(
            f"cache-{number}", persistence=kept, password=Secret(f"cache-{number}-password") if password else None
        ),
        st.integers(0, 99), st.sampled_from(["none", "rdb", "aof"]), st.booleans(),
    ),
    st.builds(
        lambda number, names: RabbitMQ(f"jobs-{number}", queues=names),
        st.integers(0, 99), st.lists(st.sampled_from(["mail", "thumbnails", "high"]), unique=True),
    ),
    st.builds(
        lambda number, names: ObjectStore(f"files-{number}", buckets=[Bucket(name, public=True) for name in names]),
        st.integers(0, 99), st.lists(st.sampled_from(["uploads", "pages", "logs"]), unique=True),
    ),
)  # fmt: skip
health_checks = st.sampled_from([None, Http("/health", interval="2s"), Command("true", retries=5)])
crons = st.sampled_from(["30 2 * * MON-FRI", "*/15 * * * *", "@daily"])


@st.composite
def applications(draw: st.DrawFn, data: list) -> list:
    """Tasks and services in a random graph; each needs only what came before it."""
    made: list = []
    for number in range(draw(st.integers(1, 5))):
        before = [*data, *(one for one in made if isinstance(one, Service))]
        chosen = draw(st.lists(st.sampled_from(before), unique=True, max_size=3)) if before else []
        needs = [
            need.bind(prefix=f"NEED{position}") if not isinstance(need, Service) else need
            for position, need in enumerate(chosen)
        ]
        after = [completed(task) for task in made if isinstance(task, Task)][:2]
        if draw(st.booleans()) and number:
            made.append(Task(f"task-{number}", image=draw(images), needs=needs, after=after))
            continue
        if draw(st.booleans()) and number:
            made.append(Schedule(
                f"nightly-{number}", image=draw(images), needs=needs, after=after, cron=draw(crons),
                overlap=draw(st.sampled_from(["forbid", "allow", "replace"])),
            ))  # fmt: skip
            continue
        after += [draw(st.sampled_from([started, healthy]))(need) for need in chosen if getattr(need, "health", None)]
        brokers = [one for one in chosen if isinstance(one, RabbitMQ) and one.queues]
        scale = Scale(max=3, queue=brokers[0].queue(brokers[0].queues[0]), length=10) if brokers else None
        made.append(Service(
            f"app-{number}", image=draw(images), port=8000 + number, needs=needs, after=after, scale=scale,
            health=draw(health_checks), metrics=draw(st.sampled_from([None, "/metrics"])),
            environment={"MODE": "test"}, secrets={"API_TOKEN": Secret(f"token-{number}")},
            reload=Reload([Mount("apps/demo", "/app")]),
            publish=draw(st.sampled_from([[], [Publish(9000 + number, 80)]])),
        ))  # fmt: skip
    return made


@st.composite
def systems(draw: st.DrawFn) -> System:
    """A random system that is right."""
    data = draw(st.lists(data_services, unique_by=lambda service: service.name, max_size=4))
    app = draw(applications(data))
    routed = [one for one in app if isinstance(one, Service)]
    gateway = Gateway(routes={"/": routed[0]}) if draw(st.booleans()) else None
    prometheus = Prometheus(publish=draw(st.sampled_from([[], [9090]])))
    grafana = Grafana(prometheus=prometheus) if draw(st.booleans()) else None
    monitoring = Monitoring(enabled=draw(st.booleans()), prometheus=prometheus, grafana=grafana)
    return System("random", data=data, app=app, gateway=gateway, monitoring=draw(st.sampled_from([None, monitoring])))
