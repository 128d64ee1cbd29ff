"""Images that are built: where they are pushed, and who may pull them."""

from __future__ import annotations

from strata import Build, Service, Task
from tests.targets.aws.stage import KEY, arn, container, inputs, put, statements


def test_a_build_is_pushed_under_its_content_and_pulled_by_whoever_runs_it() -> None:
    build, other = Build("apps/demo"), Build("apps/demo", target="dev")
    ran = put(Service("api", image=build), Task("t", image=build), Service("dev", image=other), Service(
        "b", image=Build("apps/demo", args={"PART": "b"})), protection=True)  # fmt: skip
    repositories = ran.of("ecr/repository:Repository")
    assert [made.name for made in repositories] == ["image-apps-demo-repository"]
    assert inputs(repositories[0]) == {
        "name": "shop-prod/apps-demo", "imageTagMutability": "IMMUTABLE", "forceDelete": False,
        "imageScanningConfiguration": {"scanOnPush": True},
        "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": KEY}],
    }  # fmt: skip
    push = ran["image-apps-demo-push"]
    reference = push["reference"]
    place = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/image-apps-demo-repository"
    assert reference.startswith(f"{place}:") and container(ran)["image"] == reference == container(ran, "t")["image"]
    assert len({made["reference"] for made in ran.made if made.name.startswith("image-apps-demo-push")}) == 3
    assert container(ran, "dev")["image"] == ran["image-apps-demo-push-dev"]["reference"] != reference
    assert {key: push[key] for key in ("context", "dockerfile", "args", "target", "platform", "ecr")} == {
        "context": "apps/demo", "dockerfile": "Dockerfile", "args": {}, "target": "", "platform": "linux/amd64",
        "ecr": True,
    }  # fmt: skip
    assert statements(ran["api-execution-policy"])[1:] == [
        {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": ["*"]},
        {
            "Effect": "Allow",
            "Action": ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
            "Resource": [arn("ecr", "repository/shop-prod/*")],
        },
    ]  # fmt: skip


def test_a_registry_of_ones_own() -> None:
    ran = put(Service("api", image=Build("apps/demo")), aws={"registry": "registry.example.com"})
    push = ran["image-apps-demo-push"]
    assert push["reference"].startswith("registry.example.com/shop-prod/apps-demo:") and push["ecr"] is False
    assert len(statements(ran["api-execution-policy"])) == 1
