import pytest

from store import Error, ErrorKind, RunID
from tests.support.doctor_checks import opened


async def test_the_service_has_no_way_to_write() -> None:
    async with opened("http://127.0.0.1:9") as service:
        with pytest.raises(Error) as failure:
            await service.db.create_run(RunID.new(), "amy")
        assert failure.value.kind is ErrorKind.NOT_ALLOWED
        assert service.repository is not None
        with pytest.raises(Error) as failure:
            await service.repository.put(b"x")
        assert failure.value.kind is ErrorKind.NOT_ALLOWED


async def test_a_profile_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(Error, match="nope"):
        async with opened("", profile="nope"):
            pytest.fail("it was opened")
