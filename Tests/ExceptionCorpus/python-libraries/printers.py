"""`printers.py LIBRARY`: an exception as the library shows it, uncaught or logged."""
import logging
import sys

import shop


def rich_uncaught():
    from rich.traceback import install
    install(width=100)
    shop.load({}, 7)


def rich_locals():
    from rich.traceback import install
    install(width=100, show_locals=True)
    shop.total({1: 2})


def rich_logged():
    from rich.console import Console
    from rich.logging import RichHandler
    logging.basicConfig(level="INFO", format="%(message)s", handlers=[RichHandler(console=Console(width=110), rich_tracebacks=True)])
    try:
        shop.load({}, 7)
    except shop.StockError:
        logging.exception("cannot load")
    logging.info("going on")


def typer_uncaught():
    import typer
    application = typer.Typer()
    application.command()(lambda: shop.load({}, 7))
    application([])


def better():
    import better_exceptions
    better_exceptions.hook()
    shop.load({}, 7)


def stack():
    import stackprinter
    stackprinter.set_excepthook(style="plaintext")
    shop.load({}, 7)


def pretty():
    import pretty_errors
    shop.load({}, 7)


def loguru_caught():
    from loguru import logger
    try:
        shop.load({}, 7)
    except shop.StockError:
        logger.exception("cannot load")
    logger.info("going on")


def loguru_plain():
    from loguru import logger
    logger.remove()
    logger.add(sys.stderr, diagnose=False, backtrace=False)
    try:
        shop.total({1: 2})
    except ZeroDivisionError:
        logger.opt(exception=True).error("no total")


def loguru_json():
    from loguru import logger
    logger.remove()
    logger.add(sys.stderr, serialize=True)
    try:
        shop.total({1: 2})
    except ZeroDivisionError:
        logger.exception("no total")


def structlog_console():
    import structlog
    structlog.configure(processors=[
        structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"),
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)])
    try:
        shop.load({}, 7)
    except shop.StockError:
        structlog.get_logger().exception("cannot load", row=7)
    structlog.get_logger().info("going on")


def structlog_json():
    import structlog
    structlog.configure(processors=[
        structlog.processors.add_log_level, structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()])
    try:
        shop.load({}, 7)
    except shop.StockError:
        structlog.get_logger().exception("cannot load", row=7)


def structlog_text():
    import structlog
    structlog.configure(processors=[
        structlog.processors.add_log_level, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()])
    try:
        shop.load({}, 7)
    except shop.StockError:
        structlog.get_logger().exception("cannot load", row=7)


def json_logger():
    from pythonjsonlogger.json import JsonFormatter
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(handlers=[handler])
    try:
        shop.load({}, 7)
    except shop.StockError:
        logging.exception("cannot load")


def click_usage():
    import click
    click.command()(click.argument("row", type=int)(lambda row: shop.load({}, row)))(["x"])


def click_error():
    import click

    @click.command()
    def command():
        raise click.ClickException("no such row: 7")
    command([])


def ipython():
    from IPython.core.interactiveshell import InteractiveShell
    shell = InteractiveShell.instance(colors="NoColor")
    shell.run_cell("import shop\nshop.load({}, 7)")


def ultratb():
    from IPython.core import ultratb
    sys.excepthook = ultratb.FormattedTB(theme_name="nocolor")
    shop.load({}, 7)


def tblib_reraised():
    import pickle
    from tblib import pickling_support
    pickling_support.install()
    try:
        shop.load({}, 7)
    except shop.StockError as error:
        kept = pickle.dumps(error)
    raise pickle.loads(kept)


def trio_group():
    import trio

    async def work(row):
        await trio.sleep(0)
        shop.load({}, row)

    async def main():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(work, 7)
    trio.run(main)


def futures():
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(1) as pool:
        pool.submit(shop.load, {}, 7).result()


def pool():
    import multiprocessing
    with multiprocessing.Pool(1) as workers:
        workers.apply(shop.total, ({1: 2},))


def process():
    import multiprocessing
    worker = multiprocessing.Process(target=shop.load, args=({}, 7), name="import-7")
    worker.start()
    worker.join()


def asyncio_task():
    import asyncio
    import gc

    async def work():
        shop.load({}, 7)

    async def main():
        asyncio.create_task(work(), name="import-7")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gc.collect()
        print("going on")
    asyncio.run(main())


def asyncio_callback():
    import asyncio

    async def main():
        asyncio.get_running_loop().call_soon(shop.load, {}, 7)
        await asyncio.sleep(0.01)
    asyncio.run(main())


def ignored():
    class Shelf:
        def __del__(self):
            shop.total({1: 2})
    Shelf()
    print("going on")


def logging_error():
    logging.warning("%d rows", "no number")
    print("going on")


def celery_task():
    from celery import Celery
    from celery.app.log import Logging
    application = Celery("shop", broker="memory://", backend="cache+memory://")
    Logging(application).setup(loglevel="INFO")

    @application.task(name="shop.load")
    def task(row):
        shop.load({}, row)
    from celery.app.trace import trace_task
    from celery.app.task import Context
    trace_task(task, "7ae1", (7,), {}, request={"id": "7ae1", "is_eager": False, "hostname": "h"}, app=application)


def flask_view():
    from flask import Flask
    application = Flask("shop")
    application.route("/total")(lambda: shop.load({}, 7))
    application.test_client().get("/total")


def django_view():
    import django
    from django.conf import settings
    from django.test import Client
    from django.urls import path
    settings.configure(DEBUG=False, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], LOGGING_CONFIG=None)
    logging.basicConfig(format="%(levelname)s %(asctime)s %(name)s %(message)s")
    django.setup()
    globals()["urlpatterns"] = [path("total", lambda request: shop.load({}, 7))]
    Client(raise_request_exception=False).get("/total")


def uvicorn_view():
    import threading
    import urllib.request
    import uvicorn

    async def application(scope, receive, send):
        if scope["type"] == "http":
            shop.load({}, 7)
    server = uvicorn.Server(uvicorn.Config(application, port=0, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        pass
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/total")
    except OSError:
        pass
    server.should_exit = True
    thread.join()


def friendly():
    import friendly_traceback
    friendly_traceback.install(lang="en")
    friendly_traceback.set_include("friendly_tb")
    shop.load({}, 7)


globals()[sys.argv[1]]()
