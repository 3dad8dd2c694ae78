"""Where releases come from: a server, or a folder (a USB stick, a share, what the agent fetched for root).

Each is a fetcher of python-tuf's: it brings bytes by name and judges none of them. A name that is not there is a 404 in
either, which is how the client learns that there is no newer root.
"""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import tempfile
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tuf.api.exceptions import DownloadHTTPError, DownloadLengthMismatchError
from tuf.ngclient.fetcher import FetcherInterface

from agent.update.refusal import SourceGone
from outbox.session import open_client, url_fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from outbox.session import Network

PIECE_BYTES = 256 * 1024
FOLDER_URL = "folder:///"  # what a folder's names are called by inside this program
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Source(FetcherInterface):
    """A source. `url` is what a repository's names are put behind; `scratch` has room for one archive."""

    def __init__(self, url: str, scratch: Path) -> None:
        self.url = url if url.endswith("/") else f"{url}/"
        self._scratch = scratch

    @contextmanager
    def download_file(self, url: str, max_length: int) -> Iterator[IO[bytes]]:
        """Bring a file into the scratch folder, not the system's, which may be in memory and small."""
        with tempfile.TemporaryFile(dir=self._scratch) as to:
            count = 0
            for piece in self.fetch(url):
                count += len(piece)
                if count > max_length:
                    raise DownloadLengthMismatchError(f"{url} is longer than the {max_length} bytes it may have")
                to.write(piece)
            to.seek(0)
            yield to

    def close(self) -> None:
        """Let go of it."""


class Folder(Source):
    """A repository in a folder. It may be another user's: only plain files are read, and no link is followed."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        super().__init__(FOLDER_URL, scratch)
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = unquote(url.removeprefix(FOLDER_URL))
        file = self._folder.joinpath(*(part for part in name.split("/") if part not in {"", ".", ".."}))
        try:
            opened = os.open(file, os.O_RDONLY | _NO_FOLLOW)
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ENOTDIR}:
                if not self._folder.is_dir():
                    raise SourceGone(
                        f"{self._folder} is not there", "plug the stick in, or name the folder that holds `metadata`"
                    ) from error
                raise DownloadHTTPError(f"there is no {file}", HTTPStatus.NOT_FOUND) from error
            raise SourceGone(f"{file} cannot be read: {error.strerror}", "look at the stick; try again") from error
        return _pieces(opened, file)


def _pieces(opened: int, file: Path) -> Iterator[bytes]:
    with os.fdopen(opened, "rb") as source:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise SourceGone(f"{file} is no plain file", "name the folder that holds `metadata` and `targets`")
        try:
            while piece := source.read(PIECE_BYTES):
                yield piece
        except OSError as error:  # the stick was pulled
            raise SourceGone(f"{file} ended in mid-read: {error.strerror}", "plug it in and try again") from error


class Server(Source):
    """A repository behind a URL, reached as the clouds are: `[network]`, no redirects, the session's limits."""

    def __init__(self, url: str, scratch: Path, network: Network) -> None:
        fault = url_fault(url)
        if fault is not None:
            raise SourceGone(f"{url}: {fault}", "mend [update] source in stillopen.toml")
        super().__init__(url, scratch)
        self._network = network
        self._loop: asyncio.Runner | None = None
        self._client: httpx.AsyncClient | None = None

    def _fetch(self, url: str) -> Iterator[bytes]:
        import httpx

        if self._loop is None or self._client is None:
            self._loop, self._client = asyncio.Runner(), open_client(1, self._network)
        run, client = self._loop.run, self._client
        host = urlsplit(url).hostname
        try:
            answer = run(client.send(client.build_request("GET", url), stream=True))
            try:
                if answer.status_code != HTTPStatus.OK:
                    raise DownloadHTTPError(f"{host} answered {answer.status_code}", answer.status_code)
                pieces = answer.aiter_bytes(PIECE_BYTES).__aiter__()
                while (piece := run(_next(pieces))) is not None:
                    yield piece
            finally:
                run(answer.aclose())
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:  # the latter: proxy, certificates
            raise SourceGone(
                f"{host} could not be read: {str(error) or type(error).__name__}",
                "it is tried again; the store sells on",
            ) from error

    def close(self) -> None:
        """Close the connection."""
        if self._loop is not None and self._client is not None:
            self._loop.run(self._client.aclose())
            self._loop.close()
            self._loop = self._client = None


async def _next(pieces: object) -> bytes | None:
    try:
        return await anext(pieces)  # type: ignore[call-overload,no-any-return] # an async iterator of httpx'
    except StopAsyncIteration:
        return None


def source(where: str, scratch: Path, network: Network, *, relative_to: Path | None = None) -> Source:
    """Return the source that `where` names: a URL, or a folder's path. Raises `SourceGone`."""
    if where.startswith(("http://", "https://")):
        return Server(where, scratch, network)
    folder = Path(where) if relative_to is None else relative_to / where
    if not (folder / "metadata").is_dir():
        raise SourceGone(
            f"{folder} holds no releases: there is no folder `metadata` in it",
            "plug the stick in, or name the folder that holds `metadata` and `targets`",
        )
    return Folder(folder, scratch)
