"""Files fetched from the first mirror that works, resumed, and checked."""

import hashlib
import http.client
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tqdm import tqdm

from imgcls.errors import InputError


def download(mirrors: Sequence[str], path: Path, md5: str) -> None:
    """Fetch a file unless a whole copy lies there.

    What arrives is saved in ``<name>.part`` until it is whole and its sum is right, and a later
    call, or the next mirror, resumes from there.

    Args:
        mirrors: Addresses of folders that hold the file under its name.
        path: Where it goes.
        md5: Published sum of the file.

    Raises:
        InputError: No mirror gave it, or the file that lies there has another sum.
    """
    if path.is_file():
        found = md5_of(path)
        if found != md5:
            raise InputError(
                f"{path} has MD5 {found}, but {md5} is published: "
                "delete it, so that it is downloaded again, or put a whole copy there"
            )
        return
    part = path.with_name(f"{path.name}.part")
    tried = []
    for mirror in mirrors:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fetch(mirror + path.name, part)
        except (OSError, http.client.HTTPException) as error:
            tried.append(f"{mirror} ({reason(error)})")
            continue
        found = md5_of(part)
        if found == md5:
            part.replace(path)
            return
        part.unlink()
        tried.append(f"{mirror} (its file has MD5 {found} and was deleted)")
    note = f"; {part.stat().st_size} bytes are saved, run again to resume" if part.is_file() else ""
    raise InputError(
        f"cannot download {path.name} (MD5 {md5}); tried {', '.join(tried)}{note}; "
        f"or put the file in {path.parent} yourself"
    )


def fetch(url: str, part: Path) -> None:
    """Append to ``part`` what it lacks of the file at ``url``.

    Raises:
        OSError: The server refuses, or ends before the file does.
    """
    start = part.stat().st_size if part.is_file() else 0
    request = Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        response = urlopen(request, timeout=30)
    except HTTPError as error:
        if start and error.code == 416:  # nothing is left to send: its sum will show
            return
        raise
    with response:
        if response.status != 206:  # the server sends all of it again
            start = 0
        length = response.headers.get("Content-Length")
        total = None if length is None else start + int(length)
        with (
            part.open("ab" if start else "wb") as file,
            tqdm(
                desc=part.stem, initial=start, total=total, unit="B", unit_scale=True, mininterval=1
            ) as progress,
        ):
            while piece := response.read(1 << 16):
                file.write(piece)
                progress.update(len(piece))
        size = part.stat().st_size
    if total is not None and size < total:
        raise ConnectionError(f"it ended after {size} of {total} bytes")


def reason(error: Exception) -> str:
    """Return why a mirror failed, in a few words."""
    if isinstance(error, HTTPError):
        return f"HTTP {error.code}"
    return str(getattr(error, "reason", error)) or type(error).__name__


def md5_of(path: Path) -> str:
    """Return the MD5 sum of a file; it guards against accidents, not against attackers."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def unpack(archive: Path) -> None:
    """Unpack a tar archive next to itself; each of its files appears there whole or not at all.

    Raises:
        InputError: The archive would write outside its folder, or is broken.
    """
    with tempfile.TemporaryDirectory(prefix=".", dir=archive.parent) as folder:
        try:
            with tarfile.open(archive) as tar:
                tar.extractall(folder, filter="data")
        except (tarfile.TarError, EOFError, OSError) as error:
            raise InputError(f"{archive} cannot be unpacked ({error})") from error
        for file in sorted(path for path in Path(folder).rglob("*") if path.is_file()):
            target = archive.parent / file.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)
