import threading


def work():
    raise LookupError("no work")


thread = threading.Thread(target=work, name="worker-1")
thread.start()
thread.join()
print("main goes on")
