"""Where the agent looks for its things."""

from pathlib import Path

from agent.places import Folders, find, service_folders, user_folders


def test_option_then_environment_then_service_then_user(tmp_path: Path) -> None:
    service = Folders(tmp_path / "etc", tmp_path / "var")
    user = Folders(tmp_path / "home", tmp_path / "home-state")
    environ: dict[str, str] = {}
    found = find(environ=environ, service=service, user=user)
    assert (found.config, found.state) == (tmp_path / "home" / "stillopen.toml", tmp_path / "home-state")
    assert found.looked == (tmp_path / "etc" / "stillopen.toml", tmp_path / "home" / "stillopen.toml")
    service.config.mkdir()
    (service.config / "stillopen.toml").touch()
    found = find(environ=environ, service=service, user=user)
    assert (found.config, found.state) == (tmp_path / "etc" / "stillopen.toml", tmp_path / "var")
    environ = {"STILLOPEN_CONFIG": "/e/c.toml", "STILLOPEN_STATE": "/e/s"}
    found = find(environ=environ, service=service, user=user)
    assert (found.config, found.state) == (Path("/e/c.toml").absolute(), Path("/e/s").absolute())
    found = find("c.toml", "s", environ=environ, service=service, user=user)
    assert (found.config, found.state) == (Path.cwd() / "c.toml", Path.cwd() / "s")
    assert found.looked == (Path.cwd() / "c.toml",)


def test_the_platforms_folders() -> None:
    assert service_folders("linux") == Folders(Path("/etc/stillopen"), Path("/var/lib/stillopen"))
    assert service_folders("win32").state.name == "state"
    assert user_folders().config.name == "stillopen"
