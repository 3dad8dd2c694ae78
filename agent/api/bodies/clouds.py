"""What is asked of a cloud."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agent.api.bodies.fields import Body


class Pull(Body):
    """What is to be pulled; with no fields, what has changed."""

    all: Annotated[bool, Field(description="go through all of it, not what has changed alone")] = False
    let_go: Annotated[
        bool, Field(description="go through all of it, and take off what is gone, however much that is")
    ] = False
