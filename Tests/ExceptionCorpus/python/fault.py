import ctypes
import faulthandler
import threading
import time

faulthandler.enable()


def sleep():
    time.sleep(60)


def crash():
    ctypes.string_at(0)


threading.Thread(target=sleep, daemon=True).start()
time.sleep(0.2)
crash()
