import pytest

import shop


@pytest.fixture
def rows():
    return {1: 2}


@pytest.fixture
def broken():
    raise RuntimeError("no database")


def test_total(rows):
    assert shop.find(rows, 1) == 3, "the row is wrong"


def test_load(rows):
    shop.load(rows, 7)


def test_database(broken):
    pass
