"""A Bugsink of its own on loopback: a real server that speaks the envelope protocol, with its database in a directory."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

CREATE_PROJECT = """
import json
from projects.models import Project
project = Project.objects.create(name="jobs", slug="jobs")
print(json.dumps({"id": project.id, "key": project.sentry_key.hex}))
"""

READ_EVENTS = """
import json
from events.models import Event
print(json.dumps([
    {"title": event.title(), "level": event.level, "platform": event.platform, "release": event.release,
     "environment": event.environment, "server_name": event.server_name, "transaction": event.transaction,
     "issue": str(event.issue_id), "data": event.get_parsed_data(),
     "tags": {tag.value.key.key: tag.value.value for tag in event.tags.all().select_related("value__key")}}
    for event in Event.objects.all().order_by("timestamp")
]))
"""


class Bugsink:
    def __init__(self, directory):
        self.directory = Path(directory)
        self.commands = Path(sys.executable).parent
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.command("bugsink-create-conf", "--template=local", "--host=127.0.0.1", f"--port={self.port}")
        with open(self.directory / "bugsink_conf.py", "a") as configuration:
            configuration.write(f'\nBUGSINK["INGEST_STORE_BASE_DIR"] = "{self.directory / "ingestion"}"\n')
            configuration.write('BUGSINK["PHONEHOME"] = False\n')
        self.command("bugsink-manage", "migrate")
        self.command("bugsink-manage", "migrate", "snappea", "--database=snappea")
        project = self.ask(CREATE_PROJECT)
        self.dsn = f"http://{project['key']}@127.0.0.1:{self.port}/{project['id']}"
        self.log = open(self.directory / "server.log", "wb")
        self.server = subprocess.Popen(
            [self.commands / "gunicorn", "--bind", f"127.0.0.1:{self.port}", "--threads", "4", "--access-logfile", "-",
             "--pythonpath", str(self.directory), "bugsink.wsgi"],
            cwd=self.directory, env=self.environment, stdout=self.log, stderr=self.log,
        )
        self.wait_until_ready()

    @property
    def environment(self):
        kept = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR") if key in os.environ}
        return kept | {"HOME": str(self.directory), "DJANGO_SETTINGS_MODULE": "bugsink_conf", "NO_PROXY": "127.0.0.1"}

    def command(self, name, *arguments):
        result = subprocess.run(
            [self.commands / name, *arguments], cwd=self.directory, env=self.environment, capture_output=True, timeout=120
        )
        assert result.returncode == 0, f"{name} {arguments}: {result.stdout.decode()}{result.stderr.decode()}"
        return result.stdout.decode()

    def ask(self, script):
        """What the script prints as its last line, as JSON, run inside Bugsink with its models."""
        return json.loads(self.command("bugsink-manage", "shell", "-c", script).splitlines()[-1])

    def wait_until_ready(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.server.poll() is None, (self.directory / "server.log").read_text()
            try:
                # Not through urllib's proxies, whatever the environment says.
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                opener.open(f"http://127.0.0.1:{self.port}/health/ready", timeout=5)
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"Bugsink did not start: {(self.directory / 'server.log').read_text()}")

    def events(self, count=1, timeout=30):
        """The stored events, once there are at least `count`."""
        deadline = time.monotonic() + timeout
        while len(found := self.ask(READ_EVENTS)) < count and time.monotonic() < deadline:
            time.sleep(0.5)
        return found

    def requests(self):
        """The server's access log, and whatever else it said."""
        return (self.directory / "server.log").read_text()

    def close(self):
        self.server.terminate()
        try:
            self.server.wait(10)
        except subprocess.TimeoutExpired:
            self.server.kill()
        self.log.close()
