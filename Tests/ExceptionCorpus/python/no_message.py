class Outer:
    class Stop(Exception):
        pass


def wait():
    raise Outer.Stop


wait()
