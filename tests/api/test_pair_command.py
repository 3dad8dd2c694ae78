"""`stillopen pair`, as the installed command, against a running agent."""

import asyncio
import json
import sys
from pathlib import Path

from tests.api.shop import CONFIG, Shop


async def stillopen(tmp_path: Path, *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "agent",
        "pair",
        "--config",
        str(tmp_path / "stillopen.toml"),
        "--state",
        str(tmp_path / "state"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_a_code_lets_a_front_end_in_and_a_revocation_shuts_it_out(shop: Shop, tmp_path: Path) -> None:
    port = ["--port", str(shop.server.port)]
    assert await stillopen(tmp_path, *port, "--list") == (0, "nobody is paired yet\n", "")
    done, shown, _ = await stillopen(tmp_path, *port, "--name", "tablet")
    assert done == 0
    code, _, rest = shown.partition("\n")
    assert "within 10 minutes" in rest
    answer = await shop.stranger.post("/v1/pairings", json={"code": code})
    bearer = {"Authorization": f"Bearer {answer.json()['token']}"}

    _, listed, _ = await stillopen(tmp_path, *port, "--list", "--json")
    (pairing,) = json.loads(listed)["pairings"]
    assert pairing["name"] == "tablet"
    _, listed, _ = await stillopen(tmp_path, *port, "--list")
    assert pairing["id"] in listed
    assert await stillopen(tmp_path, *port, "--revoke", pairing["id"]) == (0, "tablet is shut out\n", "")
    assert (await shop.stranger.get("/v1/status", headers=bearer)).status_code == 401
    failed, _, said = await stillopen(tmp_path, *port, "--revoke", pairing["id"])
    assert failed == 1
    assert "--list" in said


async def test_a_code_for_programs_is_json(shop: Shop, tmp_path: Path) -> None:
    _, shown, _ = await stillopen(tmp_path, "--port", str(shop.server.port), "--json")
    assert json.loads(shown)["expires_in_s"] == 600


async def test_no_token_says_where_it_should_be(tmp_path: Path) -> None:
    written = await asyncio.to_thread((tmp_path / "stillopen.toml").write_text, CONFIG)
    assert written
    failed, _, said = await stillopen(tmp_path)
    assert failed == 1
    assert str(tmp_path / "state" / "api-token") in said
    assert "start the agent" in said


async def test_no_agent_says_how_to_start_it(shop: Shop, tmp_path: Path) -> None:
    await shop.server.stop()
    failed, _, said = await stillopen(tmp_path, "--port", str(shop.server.port))
    assert failed == 1
    assert "no agent answers" in said
    assert shop.token not in said


async def test_something_else_on_the_port_is_not_taken_for_the_agent(shop: Shop, tmp_path: Path) -> None:
    async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(hello, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        failed, _, said = await stillopen(tmp_path, "--port", str(port))
    assert failed == 1
    assert "does not know the token of this state folder" in said
