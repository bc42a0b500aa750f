def fetch(name):
    raise ValueError(f"cannot fetch {name}")


def gather(names):
    errors = []
    for name in names:
        try:
            fetch(name)
        except ValueError as error:
            errors.append(error)
    raise ExceptionGroup("downloads failed", errors + [TypeError("never raised")])


def main():
    try:
        gather(["a", "b"])
    except ExceptionGroup as group:
        raise ExceptionGroup("batch failed", [group, KeyError("last")]) from group.exceptions[0]


main()
