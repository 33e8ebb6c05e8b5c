#!/usr/bin/env python3
"""Writes tests/data/twilio_sharedkey_vectors.json with Twilio's official helper library.

    python3 -m venv v && v/bin/pip install twilio==9.13.0
    v/bin/python tests/plugins/twilio/make_sharedkey_vectors.py > tests/data/twilio_sharedkey_vectors.json

Every verdict is the helper's own: `get_signature_algorithm` on the settings header, then `RequestValidator.validate` with
the secret that the request was signed with, the auth token where no settings header is there.
"""
import hashlib
import json
from importlib.metadata import version
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator, get_signature_algorithm

AUTH = "0123456789abcdef0123456789abcdef"
SHARED = "sharedkey-secret-0123456789abcdefghij"
KEY = "webhooks_sharedkey_00000000000000000000000000"
BASE = "https://gateway.example.com"


class Many(dict):
    """Repeated fields, as Flask and Django hand them to the helper."""

    def __init__(self, pairs):
        super().__init__()
        self.pairs = pairs
        for name, value in pairs:
            self[name] = value

    def getall(self, name):
        return [v for n, v in self.pairs if n == name]


def vector(name, path, pairs, *, json_body=None, algorithm="HMAC_SHA256", settings=None, secret=None, base=BASE, signed=None):
    if settings is None:
        settings = "" if algorithm is None else f"key={KEY},algorithm={algorithm}"
    secret = secret or (SHARED if settings else AUTH)
    url = base + path
    if json_body is not None:
        url += ("&" if "?" in url else "?") + "bodySHA256=" + hashlib.sha256(json_body.encode()).hexdigest()
    said = get_signature_algorithm(settings)
    signature = RequestValidator(secret).compute_signature(signed or url, Many(pairs) if json_body is None else {}, said)
    accepts = RequestValidator(SHARED if settings else AUTH).validate(
        url, Many(pairs) if json_body is None else json_body, signature, said)
    return {"id": name, "base": base, "target": url[len(base):],
            "content_type": "application/json" if json_body is not None else "application/x-www-form-urlencoded",
            "body": json_body if json_body is not None else urlencode(pairs),
            "settings": settings, "signature": signature, "accepts": accepts}


FIELDS = [("CallSid", "CA0123456789abcdef0123456789abcdef"), ("AccountSid", "AC00000000000000000000000000000000"),
          ("From", "+15550100002"), ("To", "+15550100001"), ("CallStatus", "completed"), ("Direction", "inbound")]
STATUS = "/twilio/status?gw_call=7f3a"
VECTORS = [
    vector("sha256", STATUS, FIELDS),
    vector("sha256-lower-case", STATUS, FIELDS, settings=f"key={KEY},algorithm=hmac_sha256"),
    vector("sha256-blanks", STATUS, FIELDS, settings=f" key = {KEY} , algorithm = HMAC_SHA256 "),
    vector("sha256-order-of-parts", STATUS, FIELDS, settings=f"algorithm=HMAC_SHA256,key={KEY}"),
    vector("sha256-more-parts", STATUS, FIELDS, settings=f"key={KEY},algorithm=HMAC_SHA256,version=2"),
    vector("sha256-unicode", STATUS, FIELDS + [("CallerName", "Zo\u00eb \U0001f600 & +%=")]),
    vector("sha256-repeated-and-empty", STATUS, FIELDS + [("X", "b"), ("X", "a"), ("X", "b"), ("Y", ""), ("X", "")]),
    vector("sha256-port-dropped", STATUS, FIELDS, base=BASE + ":8443", signed=BASE + STATUS),
    vector("sha256-port-added", STATUS, FIELDS, signed=BASE + ":443" + STATUS),
    vector("sha256-json", "/twilio/status", [], json_body='{"CallSid":"CA1"}'),
    vector("sha1-sharedkey", STATUS, FIELDS, algorithm="HMAC_SHA1"),
    vector("sha1-auth-token", STATUS, FIELDS, algorithm=None),
    vector("sha256-signed-by-auth-token", STATUS, FIELDS, secret=AUTH),
    vector("sha1-signed-by-sharedkey-without-header", STATUS, FIELDS, algorithm=None, secret=SHARED),
]
print(json.dumps({"made_by": f"twilio {version('twilio')} (PyPI), make_sharedkey_vectors.py",
                  "auth_token": AUTH, "shared_key": SHARED, "shared_key_id": KEY, "vectors": VECTORS}, indent=1))
