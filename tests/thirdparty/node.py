"""Node programs as child processes, with the packages that `scripts/thirdparty` installs."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
THERE = HERE.parents[1] / "build" / "thirdparty"
SECONDS_MAX = 60  # a node that hangs ends the test

NODE = shutil.which("node")
INSTALLED = NODE is not None and (THERE / "installed.json").is_file()
needs_packages = pytest.mark.skipif(
    not INSTALLED, reason="node or the npm packages are not here: run scripts/thirdparty, which says what is missing"
)


async def run(script: str, given: Any = None) -> Any:
    """Run one of the scripts here with JSON on its stdin; return the JSON it prints."""
    assert NODE is not None
    process = await asyncio.create_subprocess_exec(
        NODE, HERE / script, cwd=THERE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip  # one stream a line would say no more
    try:
        said, errors = await asyncio.wait_for(process.communicate(json.dumps(given).encode()), SECONDS_MAX)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, errors.decode()
    return json.loads(said)
