"""Python's interpreter dies in code called through ctypes."""

import ctypes


def read_nowhere():
    return ctypes.string_at(16)


read_nowhere()
