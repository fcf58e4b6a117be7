"""How often a fault test does what it does: few times in every run of the tests, many times in the slow one."""

import pytest


def few_and_many(name: str, few: int, many: int) -> pytest.MarkDecorator:
    """Few on SQLite, many on PostgreSQL: for what is about those who read and write, not about the storage."""
    slow = pytest.param("postgres", many, marks=pytest.mark.slow)
    return pytest.mark.parametrize(("database_url", name), [("sqlite", few), slow], indirect=["database_url"])
