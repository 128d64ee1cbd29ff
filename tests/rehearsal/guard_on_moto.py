"""Runs state machines on moto, by the interpreter of its own environment: a definition a line comes in, what became
of each goes out the same way.

moto interprets the language itself, but leaves the API's field names as they are written: the SDK's are in camelCase,
those of a state machine begin with a capital.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import boto3
from moto import mock_aws
from moto.moto_api import state_manager
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service as service

REGION = "eu-central-1"
CLUSTER = f"arn:aws:ecs:{REGION}:123456789012:cluster/c"


def shape_of(task: Any, kind: str) -> Any:
    model = boto3.client(task._get_boto_service_name(), region_name=REGION)._service_model
    action = "".join(part.title() for part in task._get_boto_service_action().split("_"))
    return getattr(model.operation_model(action), kind)


def name_as_the_service_does() -> None:
    """Change moto's interpreter."""

    def request(self: Any, parameters: dict[str, Any], *_: Any, **__: Any) -> None:
        self._to_boto_request(parameters, shape_of(self, "input_shape"))

    def answer(self: Any, response: Any, *_: Any, **__: Any) -> None:
        self._from_boto_response(response, shape_of(self, "output_shape"))

    service.StateTaskService._normalise_parameters = request
    service.StateTaskService._normalise_response = answer


def main() -> None:
    """Serve until the input ends."""
    name_as_the_service_does()
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        # A task goes on until somebody stops it.
        state_manager.set_transition("ecs::task", {"progression": "manual", "times": 1000})
        ecs, states, sqs, ec2 = (
            boto3.client(name, region_name=REGION) for name in ("ecs", "stepfunctions", "sqs", "ec2")
        )  # fmt: skip
        assert ecs.create_cluster(clusterName="c")["cluster"]["clusterArn"] == CLUSTER
        ecs.register_task_definition(
            family="f", cpu="256", memory="512", networkMode="awsvpc", requiresCompatibilities=["FARGATE"],
            containerDefinitions=[{"name": "job", "image": "a:1", "memory": 128, "cpu": 64}],
        )  # fmt: skip
        queue = sqs.create_queue(QueueName="q")["QueueUrl"]
        place = {
            "QUEUE": queue, "SUBNET": ec2.describe_subnets()["Subnets"][0]["SubnetId"],
            "GROUP": ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"],
        }  # fmt: skip
        for number, line in enumerate(sys.stdin):
            for word, value in place.items():
                line = line.replace(word, value)
            made = states.create_state_machine(
                name=f"m{number}", definition=line, roleArn="arn:aws:iam::123456789012:role/x"
            )
            begun = states.start_execution(stateMachineArn=made["stateMachineArn"], input="{}")["executionArn"]
            while states.describe_execution(executionArn=begun)["status"] == "RUNNING":
                time.sleep(0.1)
            messages = sqs.receive_message(QueueUrl=queue).get("Messages") or []
            running = ecs.list_tasks(cluster="c", family="f", desiredStatus="RUNNING")["taskArns"]
            passed = [
                event["stateEnteredEventDetails"]["name"]
                for event in states.get_execution_history(executionArn=begun, maxResults=1000)["events"]
                if "stateEnteredEventDetails" in event
            ]
            status = states.describe_execution(executionArn=begun)["status"]
            answer = {
                "status": status, "running": running, "passed": passed, "kept": [one["Body"] for one in messages],
            }  # fmt: skip
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
