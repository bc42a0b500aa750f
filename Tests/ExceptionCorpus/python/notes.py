class Validation(Exception):
    pass


def check(row):
    raise Validation("2 problems\n  name: too short\n  port: not a number")


try:
    check({})
except Validation as error:
    raise RuntimeError("row 17") from error
