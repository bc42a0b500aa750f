import json


class StartupError(Exception):
    pass


def load(text):
    return json.loads(text)["port"]


def boot():
    try:
        load("{}")
    except KeyError as error:
        raise StartupError("bad configuration") from error


def clean_up():
    raise OSError(28, "No space left on device", "/tmp/state")


try:
    boot()
except StartupError:
    clean_up()
