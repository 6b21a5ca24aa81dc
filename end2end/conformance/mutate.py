"""Requests that are almost right: seeded, so that a number is enough to see a failure again."""

import copy
import gzip
import json
import random
import zlib

STRANGE = [
    None, True, False, 0, -1, 1.5, 1e308, 2**31, 2**53, 2**63, 2**64, -(2**63), "", "x", "\0", "ä\u2028😀", "null", "-1", "a" * 500,
    [], [[]], [[[]]], [None], [1, "x"], {}, {"x": 1}, {"": {}}, "__proto__", "../../etc/passwd", "%00", "1e400", "FP32", "BYTES",
]
# What JSON does not have, or has no type for; written into the text.
NOT_JSON = [b"NaN", b"Infinity", b"-", b"01", b"1e999", b"'x'", b"undefined", b'"\\ud800"', b'"\\x"', b"[" * 200, b"{" * 200, b"\xff", b"\x00"]
MARK = "\u2620mark\u2620"


def places(value, path=()):
    """Every place in a JSON value, as keys and indices."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value[:3]):
            yield from places(inner, (*path, i))


def put(value, path: tuple, new):
    """`value` with `new` at `path`."""
    if not path:
        return new
    changed = copy.deepcopy(value)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = new
    return changed


class Mutator:
    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def value(self, request: dict) -> tuple[dict, tuple]:
        """A request with one place made strange, and which."""
        path = self.random.choice([path for path in places(request) if path])
        return put(request, path, self.random.choice(STRANGE)), path

    def body(self, request: dict) -> bytes:
        """A request as bytes, wrong in any way or in none."""
        kind = self.random.randrange(10)
        if kind == 0:
            return json.dumps(request).encode()
        if kind == 1:
            return self.random.randbytes(self.random.choice([0, 1, 20, 500]))
        if kind == 2:
            path = self.random.choice(list(places(request)))
            text = json.dumps(put(request, path, MARK)).encode()
            return text.replace(json.dumps(MARK).encode(), self.random.choice(NOT_JSON), 1)
        for _ in range(self.random.choice([1, 1, 1, 2, 3])):
            request = self.structure(request)
            if not isinstance(request, dict):
                break
        text = json.dumps(request).encode()
        if kind == 3:
            return text[: self.random.randrange(len(text))]
        if kind == 4:
            flipped = bytearray(text)
            for _ in range(self.random.choice([1, 2, 8])):
                flipped[self.random.randrange(len(flipped))] ^= 1 << self.random.randrange(8)
            return bytes(flipped)
        if kind == 5:
            return text + self.random.randbytes(self.random.choice([1, 8, 300]))
        return text

    def structure(self, request):
        """One change of structure: a place made strange, left out, doubled or wrapped."""
        path = self.random.choice(list(places(request)))
        if not path:
            return self.random.choice(STRANGE)
        changed = copy.deepcopy(request)
        at = changed
        for key in path[:-1]:
            at = at[key]
        match self.random.randrange(4):
            case 0:
                at[path[-1]] = self.random.choice(STRANGE)
            case 1:
                del at[path[-1]]
            case 2 if isinstance(at, list):
                at.insert(path[-1], at[path[-1]])
            case 2:
                at[str(path[-1]) + self.random.choice(["", " ", "_", "x"])] = self.random.choice(STRANGE)
            case _:
                at[path[-1]] = [at[path[-1]]]
        return changed

    def binary(self, request: dict, tail: bytes) -> tuple[bytes, dict[str, str]]:
        """A request with tensors behind its JSON: either part, or the length between them, may be wrong; perhaps packed."""
        text = json.dumps(self.structure(request) if self.random.random() < 0.7 else request).encode()
        tail = self.random.choice([tail, tail, tail[:-1], tail + b"\0", self.random.randbytes(len(tail)), b""])
        length = self.random.choice([len(text)] * 6 + [0, 1, len(text) - 1, len(text) + 1, len(text) + len(tail)])
        body, headers = text + tail, {"Inference-Header-Content-Length": str(length)}
        if self.random.random() < 0.2:
            headers["Content-Encoding"] = self.random.choice(["gzip", "deflate"])
            body = gzip.compress(body) if self.random.random() < 0.6 else zlib.compress(body)
        return body, headers

    def headers(self, body: bytes) -> dict[str, str]:
        """Any headers that the protocol knows, right or wrong."""
        choose = self.random.choice
        headers = {}
        for name, values in {
            "Inference-Header-Content-Length": ["0", "-1", "x", "1", str(len(body)), str(len(body) + 1), str(2**64), str(len(body) // 2)],
            "Content-Encoding": ["gzip", "deflate", "br", "identity", "gzip, gzip", ""],
            "Accept-Encoding": ["gzip", "deflate", "br", "gzip;q=x", "*", ";;;"],
            "Content-Type": ["application/json", "application/octet-stream", "text/csv", "application/x-ndjson", "nonsense", "multipart/form-data"],
            "Authorization": ["Bearer", "Bearer x", "Basic eDp5", "Bearer slp_" + "0" * 64],
            "X-Slipway-Routing-Key": ["k", "", "é", "x" * 5_000],
            "Accept": ["text/html", "application/xml", "*/*"],
            "Expect": ["nothing"],
            "X-Request-Id": ["a b", "x" * 500],
            "Idempotency-Key": ["", "k", "x" * 300],
        }.items():
            if self.random.random() < 0.08:
                headers[name] = choose(values)
        return headers

    def path(self, paths: list[str]) -> str:
        """One of `paths`, as it is or mended a little for the worse."""
        path = self.random.choice(paths)
        parts = path.split("/")
        if len(parts) < 3 or self.random.random() < 0.8:
            return path
        at = self.random.randrange(2, len(parts))
        match self.random.randrange(5):
            case 0:
                parts[at] = self.random.choice(["%00", "%ff", "..", ".", "%2e%2e", "a%2Fb", "ä".encode().hex(), "x" * 3_000, "%", "-1", "99999999999999999999", "~", "{model}"])
            case 1:
                parts.insert(at, self.random.choice(["", "versions", "0", "models"]))
            case 2:
                del parts[at]
            case 3:
                parts.append("")
            case _:
                parts[-1] += self.random.choice(["?", "?x=%zz", "?a=1&a=2", ";x", "%20"])
        return "/".join(parts)
