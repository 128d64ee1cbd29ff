"""DevTool: nothing on AWS, by declaration."""

from __future__ import annotations

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.dev_tool import DevTool
from components.targets.aws.bound import AwsBound


@realizes(DevTool)
def dev_tool(tool: DevTool, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """A tool for development has no place in a cloud stack."""
    return AwsBound(tool, {"host": ""})
