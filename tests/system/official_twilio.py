"""Twilio's official helper library between the gateway and its stand-in. Prints one JSON object: what was seen.

arguments: gateway URL, control URL of the stand-ins. In the environment: ACCOUNT_SID, AUTH_TOKEN, SHARED_KEY,
SHARED_KEY_ID, TWILIO_API (the stand-in's REST address), CALL (an answered call that the gateway placed),
REJECTED (a number of its own that it does not answer).
"""
import json
import os
import random
import sys
import threading
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode

from twilio.request_validator import RequestValidator, SIGNATURE_HEADER, SIGNATURE_SETTINGS_HEADER, get_signature_algorithm
from twilio.rest import Client
from twilio.twiml.voice_response import Connect, Stream, VoiceResponse

gateway, control = sys.argv[1:3]
env = os.environ
SETTINGS = f"key={env['SHARED_KEY_ID']},algorithm=HMAC_SHA256"
seen = {"wrong": [], "asked": 0}


def note(good, what):
    seen["asked"] += 1
    if not good:
        seen["wrong"].append(what)


def post(url, body, headers=None):
    request = urllib.request.Request(url, body.encode(), headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.loads(answer.read())


def fields(chance):
    """Fields as they may come: repeated, empty, in any script, in any order."""
    pieces = ["a", "Z", "0", " ", "&", "=", "+", "%", "\u00e9", "\U0001f600", "\r\n", "~", "'", "\u4e2d"]
    out = [("CallSid", "CA%032x" % chance.getrandbits(128)), ("AccountSid", env["ACCOUNT_SID"]), ("CallStatus", "ringing")]
    for _ in range(chance.randrange(12)):
        name = chance.choice(["X", "x", "Name", "Zz", "From\u00e9", "A.b"])
        out.append((name, "".join(chance.choice(pieces) for _ in range(chance.randrange(8)))))
    chance.shuffle(out)
    return out


def many(pairs):
    class Many(dict):
        def getall(self, name):
            return [v for n, v in pairs if n == name]
    return Many(pairs)


def gatewayAgrees():
    """What the helper signs is let in, and what was changed afterwards is not."""
    chance = random.Random(20260901)
    for turn in range(150):
        shared = turn % 2 == 0
        url = gateway + "/twilio/status" + chance.choice(["", "?a=1", "?gw_call=none&b=%7e%20x"])
        pairs = fields(chance)
        key = env["SHARED_KEY"] if shared else env["AUTH_TOKEN"]
        algorithm = "HMAC_SHA256" if shared else "HMAC_SHA1"
        headers = {"Content-Type": "application/x-www-form-urlencoded",
                   SIGNATURE_HEADER: RequestValidator(key).compute_signature(url, many(pairs), algorithm)}
        if shared:
            headers[SIGNATURE_SETTINGS_HEADER] = SETTINGS
        note(post(url, urlencode(pairs), headers)[0] == 204, f"turn {turn}: refused {pairs}")
        note(post(url, urlencode(pairs + [("Q", "1")]), headers)[0] == 403, f"turn {turn}: let in with a field more")
        other = dict(headers)
        if shared:
            del other[SIGNATURE_SETTINGS_HEADER]
        else:
            other[SIGNATURE_SETTINGS_HEADER] = SETTINGS
        note(post(url, urlencode(pairs), other)[0] == 403, f"turn {turn}: let in with the other scheme")


class Receiver(BaseHTTPRequestHandler):
    """Where the stand-in sends its webhooks: the official validator looks at each of them."""
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        pairs = parse_qsl(body, keep_blank_values=True)
        settings = self.headers.get(SIGNATURE_SETTINGS_HEADER, "")
        url = f"http://127.0.0.1:{self.server.server_port}{self.path}"
        good = RequestValidator(env["SHARED_KEY"] if settings else env["AUTH_TOKEN"]).validate(
            url, many(pairs), self.headers.get(SIGNATURE_HEADER, ""), get_signature_algorithm(settings))
        note(good, f"the stand-in's signature of {self.path}")
        self.server.got.append(dict(pairs)["CallStatus"])
        answer = b"<Response><Hangup/></Response>" if self.path.startswith("/voice") else b""
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        if dict(pairs)["CallStatus"] == "completed":
            self.server.over.set()

    def log_message(self, *_):
        pass


def standInAgrees(client):
    """The stand-in's REST answers and its webhooks are as the official library takes them."""
    for signing in ("good", "shared"):
        post(control + "/twilio/plan", json.dumps({"webhook_signing": signing, "callback_signing": signing}))
        server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        server.got, server.over = [], threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        made = client.calls.create(to="+15550100002", from_="+15550100001", url=base + "/voice?x=%7e", status_callback=base + "/status",
                                   status_callback_event=["initiated", "ringing", "answered", "completed"])
        note(server.over.wait(30), "no callback says that the call is over")
        call = client.calls(made.sid).fetch()
        note(call.status == "completed" and call.duration.isdigit(), f"status {call.status}, duration {call.duration}")
        note(call.start_time is not None and call.end_time >= call.start_time, f"times {call.start_time} {call.end_time}")
        server.shutdown()
    post(control + "/twilio/plan", json.dumps({"webhook_signing": "good", "callback_signing": "good"}))


def documentAgrees():
    """The gateway's TwiML is what the official library writes."""
    call = get(control + "/twilio/calls/" + env["CALL"])
    document = next(w["body"] for w in call["webhooks"] if w["kind"] == "voice")
    url = call["streams"][0]["url"]
    stream = Stream(url=url, status_callback=f"{gateway}/twilio/stream-status?gw_call={env['CALL']}", status_callback_method="POST")
    stream.parameter(name="gw_call", value=env["CALL"])
    connect = Connect()
    connect.append(stream)
    response = VoiceResponse()
    response.append(connect)
    response.hangup()
    canonical = ElementTree.canonicalize
    note(canonical(document) == canonical(str(response)), f"{document} is not {response}")


def rejectionAgrees():
    """So is the one for a number that is not answered."""
    _, made = post(control + "/twilio/incoming", json.dumps({"from": "+15550100777", "to": env["REJECTED"]}))
    sid, document, patience = json.loads(made)["sid"], "", time.monotonic() + 60
    while not document and time.monotonic() < patience:
        webhooks = get(control + "/twilio/calls/" + sid)["webhooks"]
        document = next((w["body"] for w in webhooks if w["kind"] == "voice" and w.get("body")), "")
    response = VoiceResponse()
    response.reject(reason="rejected")
    canonical = ElementTree.canonicalize
    note(document and canonical(document) == canonical(str(response)), f"{document} is not {response}")


client = Client(env["ACCOUNT_SID"], env["AUTH_TOKEN"])
client.api.base_url = env["TWILIO_API"]
gatewayAgrees()
documentAgrees()
rejectionAgrees()
standInAgrees(client)
print(json.dumps(seen))
