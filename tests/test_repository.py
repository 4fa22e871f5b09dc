import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from store.digest import Digest
from store.errors import Error, ErrorKind
from store.repository import LocalRepository
from store.taskdb import Repository

KINDS = ["local"]
MISSING = Digest.of(b"never stored")


@pytest.fixture
def local(tmp_path: Path) -> LocalRepository:
    return LocalRepository(tmp_path / "repository")


@pytest.fixture
def repository(local: LocalRepository) -> Repository:
    return local


async def read(repository: Repository, digest: Digest) -> bytes:
    return b"".join([chunk async for chunk in repository.get(digest)])


@pytest.mark.parametrize("data", [b"", b"hello\n", bytes(range(256)) * 5000], ids=["empty", "small", "large"])
async def test_what_is_put_can_be_got(data: bytes, repository: Repository) -> None:
    digest = await repository.put(data)
    assert digest == Digest.of(data)
    assert await repository.stat(digest) == len(data)
    assert await read(repository, digest) == data


async def test_putting_twice_is_as_good_as_once(repository: Repository) -> None:
    assert await repository.put(b"x") == await repository.put(b"x")
    assert await read(repository, Digest.of(b"x")) == b"x"


async def test_what_is_not_there_is_not_exist(repository: Repository) -> None:
    for attempt in (repository.stat(MISSING), read(repository, MISSING)):
        with pytest.raises(Error) as raised:
            await attempt
        assert raised.value.kind is ErrorKind.NOT_EXIST
        assert raised.value.args == (str(MISSING),)


async def test_chunks_are_neither_tiny_nor_the_whole(repository: Repository) -> None:
    digest = await repository.put(bytes(3_000_000))
    sizes = [len(chunk) async for chunk in repository.get(digest)]
    assert max(sizes) <= 1 << 20
    assert min(sizes[:-1]) >= 1 << 16


async def test_a_reader_may_stop_early(repository: Repository) -> None:
    digest = await repository.put(bytes(3_000_000))
    async for chunk in repository.get(digest):
        assert chunk
        break


# The local folder.


async def test_local_files_have_the_keys_of_s3(local: LocalRepository, tmp_path: Path) -> None:
    digest = await local.put(b"hello")
    assert (tmp_path / f"repository/objects/{digest}").read_bytes() == b"hello"


async def test_another_content_is_an_integrity_error_after_the_last_chunk(
    local: LocalRepository, tmp_path: Path
) -> None:
    digest = await local.put(b"hello")
    (tmp_path / f"repository/objects/{digest}").write_bytes(b"jello")
    chunks = local.get(digest)
    assert await anext(chunks) == b"jello"
    with pytest.raises(Error, match=f"integrity error: the content is that of {Digest.of(b'jello')}") as raised:
        await anext(chunks)
    assert raised.value.kind is ErrorKind.INTEGRITY


async def test_a_damaged_file_is_mended_by_putting_it_again(local: LocalRepository, tmp_path: Path) -> None:
    digest = await local.put(b"hello")
    (tmp_path / f"repository/objects/{digest}").write_bytes(b"hel")
    await local.put(b"hello")
    assert await read(local, digest) == b"hello"


async def test_a_failed_write_leaves_nothing(
    local: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, data: bytes) -> int:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(Error, match="No space left on device"):
        await local.put(b"hello")
    assert not list((tmp_path / "repository/objects").iterdir())


async def test_many_writers_of_one_object(local: LocalRepository, tmp_path: Path) -> None:
    await asyncio.gather(*(local.put(b"hello") for _ in range(10)))
    assert [path.name for path in (tmp_path / "repository/objects").iterdir()] == [str(Digest.of(b"hello"))]


@pytest.mark.parametrize("operation", [LocalRepository.stat, read])
async def test_what_may_not_be_read_is_not_allowed(
    operation: Callable[..., object], local: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(self: Path, *args: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "stat", deny)
    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(Error) as raised:
        await operation(local, MISSING)  # type: ignore[misc]
    assert raised.value.kind is ErrorKind.NOT_ALLOWED
