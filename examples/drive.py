"""Drives a live network from a program of one's own: has a User read a meter three times, and says what became of it.

    pip install eclipse-zenoh
    secnet run topology/demo.toml --speed 20 --interactive &
    python3 examples/drive.py runs/demo/1/launch.json OVO supplier-ovo 1274

The last two are the User's node, as `secnet status` names it, and the premises. Whatever speaks zenoh can do the same; docs/driving.md
says what is asked and answered.
"""

import json
import pathlib
import sys
import time

import zenoh


def connect(launch, identity):
    """A client of the run's control segment, with that identity's password."""
    config = zenoh.Config()
    config.insert_json5("mode", '"client"')
    config.insert_json5("connect/endpoints", json.dumps([launch["endpoints"]["control"]]))
    config.insert_json5("scouting/multicast/enabled", "false")
    if "credentials" in launch:
        password = pathlib.Path(launch["credentials"], identity, "control", "password").read_text(encoding="utf-8")
        config.insert_json5("transport/auth/usrpwd/user", json.dumps(identity))
        config.insert_json5("transport/auth/usrpwd/password", json.dumps(password))
    return zenoh.open(config)


def ask(session, key, request=None):
    """One question, one answer, both JSON."""
    payload = None if request is None else json.dumps(request)
    for reply in session.get(key, payload=payload, timeout=10.0):
        if reply.err is not None:
            raise SystemExit(f"refused: {reply.err.payload.to_string()}")
        return json.loads(reply.ok.payload.to_bytes())
    raise SystemExit(f"nobody answers {key}")


def main():
    launch_file, user, node, premises = sys.argv[1:]
    with open(launch_file, encoding="utf-8") as file:
        launch = json.load(file)
    key = f"secnet/{launch['run']}/control/requests/{node}"
    with connect(launch, f"user-{node}") as session:
        for _ in range(3):
            request = {"from": user, "srv": "4.1.1", "premises": int(premises)}
            sent = ask(session, key, request)
            while sent["ended"] is None:
                time.sleep(0.1)
                sent = next(known for known in ask(session, key) if known["number"] == sent["number"])
            ended = sent["ended"]
            print(f"{sent['id']}: sent at {sent['request']['at']}, {ended['outcome']} at {ended['at']}, {ended['code']}")


if __name__ == "__main__":
    main()
