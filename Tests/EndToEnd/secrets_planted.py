"""Secrets to plant, and where to look for them afterwards: every byte that reached the server and every byte on disk."""

import base64
import json

#: A name, the line that a job prints, and the part of it that must not be found anywhere.
PLANTED = {
    "password": ("connecting with password=hunter2hunter2", "hunter2hunter2"),
    "json": ('{"level":"error","msg":"login","api_key":"jsonjsonkey1"}', "jsonjsonkey1"),
    "nested json": (r'{"msg":"sent {\"token\":\"nestednested1\"}"}', "nestednested1"),
    "logfmt": ('level=warn msg="x" client_secret=logfmtlogfmt1', "logfmtlogfmt1"),
    "query": ("GET /cb?access_token=queryquery11&x=1", "queryquery11"),
    "header": ("Authorization: Negotiate headerheader1 more", "headerheader1"),
    "cookie": ("Set-Cookie: sid=cookiecookie1; Path=/", "cookiecookie1"),
    "bearer": ("sent Bearer bearerBEARER1234", "bearerBEARER1234"),
    "url": ("clone https://bob:urlpasswurl1@git.example/x", "urlpasswurl1"),
    "mysql": ("+ mysql -uroot -pmysqlmysql1 db", "mysqlmysql1"),
    "option": ("+ tool --password optionoption1 --verbose", "optionoption1"),
    "aws": ("key id AKIAIOSFODNN7PLANTED", "AKIAIOSFODNN7PLANTED"),
    "github": ("ghp_plantedplantedplantedplanted012345", "ghp_plantedplanted"),
    "jwt": ("jwt eyJhbGciOiJIUzI1NiJ9.eyJwbGFudGVkIjoxfQ.plantedsignature0", "eyJwbGFudGVkIjoxfQ"),
    "card": ("card 4111 1111 1111 1111 charged", "4111 1111 1111 1111"),
    "email": ("mail to planted.person@example.com", "planted.person@example.com"),
    "address": ("from 203.0.113.77 port 9", "203.0.113.77"),
    "home": ("open /home/plantedperson/x", "plantedperson"),
}
PEM_BODY = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ0planted", "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8plantedagain0"]
PEM = ["-----BEGIN PRIVATE KEY-----", *PEM_BODY, "-----END PRIVATE KEY-----"]


def lines():
    return [line for line, _ in PLANTED.values()] + PEM


def secrets():
    return {name: secret for name, (_, secret) in PLANTED.items()} | {f"pem {n}": line for n, line in enumerate(PEM_BODY)}


def forms(secret):
    """The ways in which it could be written: as it is, quoted as JSON, in base64 at each of the three alignments."""
    raw = secret.encode()
    yield raw
    yield json.dumps(secret)[1:-1].encode()
    for lead in range(3):
        encoded = base64.b64encode(b"x" * lead + raw)
        yield encoded[4:-4]


def leaks(bytes_by_place, wanted=None):
    """`place: name` of every secret that is found."""
    wanted = secrets() if wanted is None else wanted
    return [
        f"{place}: {name}"
        for place, content in bytes_by_place.items()
        for name, secret in wanted.items()
        if any(form in content for form in forms(secret))
    ]


def bytes_at_rest(directory):
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def bytes_received(ingest):
    found = {}
    for number, envelope in enumerate(ingest.envelopes):
        content = json.dumps(envelope.headers).encode()
        for item in envelope.items:
            content += json.dumps(item.headers).encode() + item.payload
        found[f"envelope {number}"] = content
    return found
