"""What fails, for the programs beside it."""


class StockError(Exception):
    pass


def find(rows, row):
    return rows[row]


def load(rows, row):
    try:
        return find(rows, row)
    except KeyError as error:
        raise StockError(f"no such row: {row}") from error


def total(rows):
    return sum(rows[row] / 0 for row in rows)
