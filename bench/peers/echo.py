"""A bare Flask app: the least that a request can cost on our kind of worker."""

import orjson
from flask import Flask, request

app = Flask(__name__)


@app.route("/", methods=["GET", "POST"])
def echo() -> tuple[str, int]:
    """Read the JSON, say that it was taken."""
    if request.data:
        orjson.loads(request.data)
    return '{"accepted":1}', 202
