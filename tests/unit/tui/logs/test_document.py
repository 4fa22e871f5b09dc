"""Reading of a log to either side."""

from pathlib import Path

import pytest

from store import Error, LocalRepository
from store.logs import object_log as objects
from store.logs.log import END, HEAD, Cursor, Page
from store.logs.open import Logs
from tests.support.full_disk import fill_disk
from tests.support.stored_lines import stored_lines
from tui.logs.document import Document, save


@pytest.fixture
async def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Document:
    """A hundred lines in pages of 64 bytes."""
    monkeypatch.setattr(objects, "PAGE", 64)
    repository = LocalRepository(tmp_path)
    content = b"".join(b"line %d\n" % n for n in range(100))
    return Document(await Logs(lambda: repository).open(await repository.put(content)))


async def test_a_document_is_read_to_either_side(document: Document) -> None:
    await document.open(END)
    assert (document.has_head, document.has_end) == (False, True)
    assert document.blocks.line(-1).text == b"line 99"
    assert not await document.read_later()
    while await document.read_earlier():
        pass
    assert document.has_head
    assert [line.text for line in stored_lines(document.blocks)] == [b"line %d" % n for n in range(100)]
    await document.open(HEAD)
    assert document.has_head
    assert document.blocks.line(0).text == b"line 0"
    while await document.read_later():
        pass
    assert (document.blocks.first, document.blocks.end) == (0, 100)
    document.close()


async def test_a_document_from_the_middle(document: Document) -> None:
    await document.open(Cursor(forward=False, offset=400))
    assert not document.has_end
    document.close()


async def test_saving(document: Document, tmp_path: Path) -> None:
    path = tmp_path / "saved"
    assert await save(document.log, path) == path.stat().st_size == document.log.size
    with pytest.raises(FileExistsError):
        await save(document.log, path)


async def test_a_log_that_cannot_be_saved_leaves_no_file(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "saved"
    with monkeypatch.context() as full:
        fill_disk(full)
        with pytest.raises(OSError, match="No space left") as raised:
            await save(document.log, path)
    assert raised.value.filename == str(path)
    assert await save(document.log, path) == document.log.size


async def test_a_failed_read_keeps_what_was_read(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    await document.open(END)

    async def fail(cursor: Cursor) -> Page:
        raise Error

    monkeypatch.setattr(document.log, "read", fail)
    first = document.blocks.first
    for attempt in (document.read_earlier, lambda: document.open(HEAD)):
        with pytest.raises(Error):
            await attempt()
    assert document.blocks.first == first
    document.close()
