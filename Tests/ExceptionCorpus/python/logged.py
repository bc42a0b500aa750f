import logging

logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
log = logging.getLogger("app.worker")


def job(number):
    return 10 // number


for number in (1, 0, 2):
    try:
        job(number)
    except ZeroDivisionError:
        log.exception("job %d failed", number)
log.warning("done")
