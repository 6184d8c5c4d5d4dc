"""Every limit has a reason, and stands in docs/reliability.md as it is."""

import pytest

from rasp.limits import Limit
from tests.project.write_limits import PAGE, TABLES, page_text


def test_the_page_tells_the_limits() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_text(page), "make docs"


@pytest.mark.parametrize("name", TABLES)
def test_every_limit_has_a_unit_and_a_reason(name: str) -> None:
    limits = [value for value in vars(TABLES[name]).values() if isinstance(value, Limit)]
    assert len(limits) > 10
    assert all(limit.most > 0 and limit.what and limit.reason for limit in limits)
