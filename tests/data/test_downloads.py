import hashlib
import io
import re
import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from made_files import made_pixels, write_tree

from imgcls.data.sources.downloads import download, unpack
from imgcls.data.sources.find import DatasetFiles, find_source, prepare
from imgcls.data.sources.idx_files import find_idx_files
from imgcls.errors import InputError

CONTENT = made_pixels(100).tobytes()
MD5 = hashlib.md5(CONTENT).hexdigest()
CLOSED = "http://127.0.0.1:9/"


class Mirror(ThreadingHTTPServer):
    """Serves CONTENT at /whole/, half of it at /half/, other bytes at /wrong/, and no ranges at
    /plain/; keeps what was asked for."""

    asked: list[tuple[str, str | None]]
    content: bytes

    def folder(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}/"


class Handler(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        span = self.headers.get("Range")
        self.server.asked.append((self.path, span))
        folder = self.path.split("/")[1]
        if folder not in ("whole", "half", "wrong", "plain"):
            self.send_error(404)
            return
        content = b"other" if folder == "wrong" else self.server.content
        start = int(span.split("=")[1].rstrip("-")) if span and folder != "plain" else 0
        if start and start >= len(content):
            self.send_error(416)
            return
        rest = content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: len(rest) // 2] if folder == "half" else rest)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with Mirror(("127.0.0.1", 0), Handler) as server:
        server.asked, server.content = [], CONTENT
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_mirrors_are_tried_until_one_has_the_file(mirror: Mirror, tmp_path: Path) -> None:
    mirrors = [CLOSED, mirror.folder("absent"), mirror.folder("wrong"), mirror.folder("whole")]

    download(mirrors, tmp_path / "new/file.bin", MD5)

    assert (tmp_path / "new/file.bin").read_bytes() == CONTENT
    assert [path for path, _ in mirror.asked] == [
        "/absent/file.bin",
        "/wrong/file.bin",
        "/whole/file.bin",
    ]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file.bin"]


def test_partial_file_is_continued_with_the_rest_alone(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:1000])

    download([mirror.folder("whole")], tmp_path / "file.bin", MD5)

    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert mirror.asked == [("/whole/file.bin", "bytes=1000-")]


def test_next_mirror_resumes_where_one_broke_off(mirror: Mirror, tmp_path: Path) -> None:
    download([mirror.folder("half"), mirror.folder("whole")], tmp_path / "file.bin", MD5)

    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert mirror.asked[1] == ("/whole/file.bin", f"bytes={len(CONTENT) // 2}-")


def test_server_without_ranges_sends_all_again(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").write_bytes(b"x" * 1000)

    download([mirror.folder("plain")], tmp_path / "file.bin", MD5)

    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_complete_partial_file_needs_only_its_sum(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").write_bytes(CONTENT)

    download([mirror.folder("whole")], tmp_path / "file.bin", MD5)

    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_file_that_lies_there_is_not_fetched(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(CONTENT)

    download([mirror.folder("whole")], tmp_path / "file.bin", MD5)

    assert mirror.asked == []


def refused(mirrors: list[str], path: Path) -> str:
    with pytest.raises(InputError) as raised:
        download(mirrors, path, MD5)
    return str(raised.value)


def test_no_network_names_file_sum_folder_and_what_was_tried(tmp_path: Path) -> None:
    text = refused([CLOSED], tmp_path / "file.bin")

    assert text == (
        f"cannot download file.bin (MD5 {MD5}); tried {CLOSED} ([Errno 111] Connection refused); "
        f"or put the file in {tmp_path} yourself"
    )


def test_wrong_sum_tells_both_and_is_deleted(mirror: Mirror, tmp_path: Path) -> None:
    text = refused([mirror.folder("wrong"), mirror.folder("absent")], tmp_path / "file.bin")

    other = hashlib.md5(b"other").hexdigest()
    assert text == (
        f"cannot download file.bin (MD5 {MD5}); tried {mirror.folder('wrong')} (its file has MD5 "
        f"{other} and was deleted), {mirror.folder('absent')} (HTTP 404); "
        f"or put the file in {tmp_path} yourself"
    )
    assert list(tmp_path.iterdir()) == []


def test_half_a_download_is_saved_and_reported(mirror: Mirror, tmp_path: Path) -> None:
    half = len(CONTENT) // 2
    text = refused([mirror.folder("half")], tmp_path / "file.bin")

    assert text == (
        f"cannot download file.bin (MD5 {MD5}); tried {mirror.folder('half')} (it ended after "
        f"{half} of {len(CONTENT)} bytes); {half} bytes are saved, run again to resume; "
        f"or put the file in {tmp_path} yourself"
    )
    assert (tmp_path / "file.bin.part").read_bytes() == CONTENT[:half]


def test_wrong_file_put_there_by_hand_is_left_to_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(b"other")

    assert refused([CLOSED], path) == (
        f"{path} has MD5 {hashlib.md5(b'other').hexdigest()}, but {MD5} is published: "
        "delete it, so that it is downloaded again, or put a whole copy there"
    )
    assert path.exists()


def packed(folder: Path) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        tar.add(folder, folder.name)
    return content.getvalue()


def test_prepare_unpacks_an_archive_and_asks_only_once(mirror: Mirror, tmp_path: Path) -> None:
    write_tree(tmp_path / "made" / "Tiny", {"cat": 1, "dog": 1})
    mirror.content = packed(tmp_path / "made" / "Tiny")
    files = DatasetFiles(
        "Tiny",
        downloads={"tiny.tar.gz": hashlib.md5(mirror.content).hexdigest()},
        mirrors=[mirror.folder("whole")],
    )
    root = tmp_path / "root"

    prepare(files, root)
    prepare(files, root)

    source = find_source(files, root)
    assert source is not None
    assert source.folder == root / "Tiny"
    assert len(mirror.asked) == 1
    assert sorted(path.name for path in root.iterdir()) == ["Tiny", "tiny.tar.gz"]


def test_looking_for_pixels_downloads_nothing(mirror: Mirror, tmp_path: Path) -> None:
    files = DatasetFiles(
        "Tiny", find_idx_files, {"tiny.tar.gz": MD5}, mirrors=[mirror.folder("whole")]
    )

    assert find_source(files, tmp_path) is None
    assert mirror.asked == []


def test_archive_that_would_write_elsewhere_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "in" / "evil.tar.gz"
    archive.parent.mkdir()
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo("../escaped.txt")
        tar.addfile(member, io.BytesIO())

    text = f"{archive} cannot be unpacked ('../escaped.txt' would be extracted to "
    with pytest.raises(InputError, match=f"^{re.escape(text)}.*outside the destination"):
        unpack(archive)

    assert not (tmp_path / "escaped.txt").exists()
    assert [path.name for path in archive.parent.iterdir()] == ["evil.tar.gz"]
