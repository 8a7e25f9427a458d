"""Runs an emulator, and records every request before the emulator sees it, one JSON object a line.

    record.py FILE ministack            listens where ministack's own environment variables say
    record.py FILE moto -H HOST -p PORT

The record tells what was asked for even where the emulator forgets or does not know it.
"""

import io
import json
import re
import sys
from urllib.parse import parse_qs

READS = re.compile(r"(Get|List|Describe|Head|GenerateCredentialReport$)")


def main():
    path, emulator, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
    with open(path, "a", encoding="utf-8", buffering=1) as record:
        sys.argv[1:] = arguments
        {"ministack": ministack, "moto": moto}[emulator](record)


def ministack(record):
    import ministack.app as emulator

    served = emulator.app

    async def recorded(scope, receive, send):
        if scope["type"] != "http":
            return await served(scope, receive, send)
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = b"".join(message.get("body", b"") for message in messages)
        note(record, scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, body)

        async def again():
            return messages.pop(0) if messages else await receive()

        return await served(scope, again, send)

    emulator.app = recorded
    emulator.main()


def moto(record):
    import moto.server as emulator

    run = emulator.run_simple

    def run_recorded(host, port, served, **options):
        def recorded(environ, respond):
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            headers = {
                name[5:].replace("_", "-").lower(): value
                for name, value in environ.items()
                if name.startswith("HTTP_")
            }
            note(record, environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"], headers, body)
            return served(environ, respond)

        run(host, port, recorded, **options)

    emulator.run_simple = run_recorded
    emulator.main()


def note(record, method, path, query, headers, body):
    scope = re.search(r"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/", headers.get("authorization", ""))
    action = parse_qs(body.decode("latin-1")).get("Action", [""])[0] or headers.get("x-amz-target", "").split(".")[-1]
    asks = method in ("GET", "HEAD") or path.startswith(("/get", "/list"))
    reads = bool(READS.match(action)) if action else asks
    call = {
        "service": scope[1] if scope else None,
        # S3 has no names of operations in its requests: method, bucket and sub-resource tell.
        "operation": action or f"{method} {path}?{query}",
        "reads": reads,
        "by_dayone": "app/dayone" in headers.get("user-agent", "") + headers.get("x-amz-user-agent", ""),
    }
    record.write(json.dumps(call) + "\n")


if __name__ == "__main__":
    main()
