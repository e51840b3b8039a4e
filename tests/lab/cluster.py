"""Serves a Proxmox API on loopback for the tests, and does to it what a test asks for.

The server is the package fakepve; nothing of it is here. The first line on standard output is its
address and the fingerprint of its certificate. Each line on standard input is a JSON object
{"do": NAME, "with": [...], "and": {...}}; each is answered by one line, {"is": ...} or {"error": ...}.
"""

import asyncio
import hashlib
import json
import os
import ssl
import sys
import tempfile

from aiohttp import web
from fakepve import FakePve
from fakepve.certs import make_cert

TOKEN = "11111111-2222-3333-4444-555555555555"


class Cluster(FakePve):
    """The server, with answers that get lost after what was asked for is done."""

    def __init__(self, **options):
        super().__init__(**options)
        self.losing = []
        self.holding = 0
        self.held = []
        self.inside = None

    def _build_app(self):
        app = super()._build_app()

        @web.middleware
        async def lose(request, handler):
            if self.holding > 0 and request.method == "POST" and request.path.endswith("/lxc"):
                self.holding -= 1
                await request.read()
                self.held.append(asyncio.Event())
                await self.held[-1].wait()
            answer = await handler(request)
            if request.method == "PUT" and "/qemu/" in request.path:
                await self.resized(request, answer)
            if request.method == "POST" and "/qemu/" in request.path:
                await self.moved(request, answer)
            if self.inside and "/lxc/" in request.path and answer.status == 200:
                await self.real(request)
            for it in self.losing:
                if it[2] > 0 and request.method == it[0] and request.path.endswith(it[1]):
                    it[2] -= 1
                    if it[3] == "reset":
                        request.transport.abort()
                    return web.json_response({"data": None}, status=596, reason="Connection timed out")
            return answer

        app.middlewares.insert(0, lose)
        return app

    async def real(self, request):
        """Starts and stops a real container for each of the server's that is started and stopped."""
        script, folder, *key = self.inside
        words = request.path.split("/lxc/")[1].split("/")
        vmid, verb = words[0], words[-1]
        there = os.path.exists(os.path.join(folder, vmid, "config"))

        async def run(*argv):
            done = await asyncio.create_subprocess_exec(
                *argv, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL
            )
            await done.wait()

        stop = ["lxc-stop", "-k", "-P", folder, "-n", vmid]
        if request.method == "DELETE" and len(words) == 1 and there:
            await run(*stop)
            await run("rm", "-rf", "--one-file-system", os.path.join(folder, vmid))
        elif request.method == "POST" and verb in ("stop", "shutdown", "reboot") and there:
            await run(*stop)
        if request.method == "POST" and verb in ("start", "reboot"):
            if there:
                await run("lxc-start", "-P", folder, "-n", vmid)
            else:
                net = self.guest(int(vmid)).config["net0"]
                address = [it[3:].split("/")[0] for it in net.split(",") if it.startswith("ip=")]
                await run(script, "make", folder, vmid, *(address + key if key else []))

    async def resized(self, request, answer):
        """Grows a disk of a virtual machine: the server only says that it did."""
        *_, vmid, word = request.path.split("/")
        if word == "resize" and answer.status == 200:
            asked = json.loads(await request.text())
            config = self.guest(int(vmid)).config
            parts = [it for it in config[asked["disk"]].split(",") if not it.startswith("size=")]
            config[asked["disk"]] = ",".join([*parts, "size=" + asked["size"]])


    async def moved(self, request, answer):
        """Moves a virtual machine to another node: the server has no such request for them."""
        *_, vmid, word = request.path.split("/")
        if word == "migrate" and answer.status == 200:
            self.guest(int(vmid)).node = json.loads(await request.text())["target"]


class Lab:
    """What a test may ask for beside what the server can do by itself."""

    def __init__(self, pve):
        self.pve = pve

    def guests(self):
        """Every guest as it is: number, node, state and configuration."""
        return [
            {
                "vmid": it.vmid,
                "node": it.node,
                "status": it.status,
                "lock": it.lock,
                "pool": it.pool,
                "config": dict(it.config),
                "pending": dict(it.pending),
                "snapshots": list(it.snapshots),
            }
            for it in sorted(self.pve.vms + self.pve.cts, key=lambda it: it.vmid)
        ]

    def requests(self):
        """What was asked since the last time: method and path."""
        seen = [[method, path] for method, path, _ in self.pve.requests]
        self.pve.requests.clear()
        return seen

    def add_ct(self, vmid, name, config):
        """A container that somebody else made."""
        self.pve.add_ct(vmid, name, status="running", config=config)

    def add_template(self, form, vmid, name, node, config):
        """A guest template that somebody else made."""
        config = {**config, "template": 1}
        if form == "lxc":
            self.pve.add_ct(vmid, name, node=node, config={**config, "hostname": name})
        else:
            config = {**config, "name": name}
            self.pve.add_vm(vmid, name, node=node, config=config, template=True)

    def storage(self, name, kind):
        """Makes a storage one of another kind: dir, lvmthin."""
        self.pve.storages[name]["type"] = kind

    def set(self, vmid, key, value):
        """Changes one line of a guest's configuration by hand; null removes it."""
        config = self.pve.guest(vmid).config
        if value is None:
            config.pop(key, None)
        else:
            config[key] = value

    def wait(self, vmid, key, value):
        """Changes one line by hand that a running guest takes up when it starts again."""
        self.pve.guest(vmid).pending[key] = value

    def place(self, vmid, node):
        """Moves a guest to another node, as high availability does."""
        self.pve.guest(vmid).node = node

    def remove(self, vmid):
        """Removes a guest by hand."""
        for guests in (self.pve.vms, self.pve.cts):
            guests[:] = [it for it in guests if it.vmid != vmid]

    def lose(self, method, suffix, times=1, how="timeout"):
        """Loses the next answers to such requests, after they were carried out."""
        self.pve.losing.append([method, suffix, times, how])

    def hold(self, times):
        """Keeps the next requests that make containers under way until they are delivered."""
        self.pve.holding = times

    def held(self):
        """How many are under way."""
        return len(self.pve.held)

    def deliver(self):
        """Lets them arrive, whoever sent them."""
        for event in self.pve.held:
            event.set()
        self.pve.held.clear()

    async def serve(self):
        """Listens again where it did before it was stopped."""
        await self.pve.start(*self.pve.pair)

    def secs(self, **kinds):
        """How long tasks of containers take from now on, in seconds: create=0.2."""
        self.pve.ct_secs.update(kinds)

    def attribute(self, name, value):
        """Sets something of the server: quorate, version, time_scale."""
        setattr(self.pve, name, value)


async def main():
    """Serves until standard input ends."""
    options = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    pve = Cluster(user="root@pam", password="secret", host="127.0.0.1", port=options.get("port", 0))
    pve.time_scale = options.get("time_scale", 1.0)
    pve.inside = options.get("inside")
    for node in options.get("nodes", []):
        if node not in pve.nodes:
            pve.add_node(node)
    pve.apitokens["root@pam!paas"] = TOKEN
    pve.apitokens["ci@pve!paas"] = TOKEN
    for name, kinds in options.get("storages", {}).items():
        pve.storages[name] = {"type": "dir", "active": 1, "content": kinds, "files": set()}
    for storage, name in options.get("images", []):
        kind = "vztmpl" if ".tar." in name else "import"
        pve.store_file(storage, name, 1 << 20, content=kind)
    with tempfile.TemporaryDirectory() as folder:
        certfile, keyfile, _ = make_cert(folder, hosts=("127.0.0.1", "localhost"))
        with open(certfile, encoding="ascii") as pem:
            der = ssl.PEM_cert_to_DER_cert(pem.read())
        pve.pair = (certfile, keyfile)
        await pve.start(*pve.pair)
        fingerprint = hashlib.sha256(der).hexdigest()
        print(json.dumps({"port": pve.port, "fingerprint": fingerprint}), flush=True)
        await obey(pve)


async def obey(pve):
    """Does what the lines on standard input say."""
    lab = Lab(pve)
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            return
        try:
            asked = json.loads(line)
            deed = getattr(lab, asked["do"], None) or getattr(pve, asked["do"])
            result = deed(*asked.get("with", []), **asked.get("and", {}))
            if asyncio.iscoroutine(result):
                result = await result
            answer = {"is": result if isinstance(result, (list, dict, str, int, bool)) else None}
        except Exception as error:  # a test has to see what it did wrong
            answer = {"error": repr(error)}
        print(json.dumps(answer), flush=True)


asyncio.run(main())
