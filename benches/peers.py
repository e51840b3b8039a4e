#!/usr/bin/env python3
"""Times the program on a cluster and on a machine, beside the programs that people use for the same.

    cargo build --release
    benches/peers.py [PROGRAM] [FIGURE...]

FIGURE is one of observe, create, checks, upload; without one all are taken. It needs root, OpenSSH, and the
Python of the tests (`target/lab/python`, which `cargo test proxmox` makes); Ansible with
`community.general.proxmox` (Debian: ansible python3-proxmoxer) is timed where it is installed. Everything is on
loopback and in a folder of its own, and goes away with it.
"""

import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECRET = "11111111-2222-3333-4444-555555555555"
IMAGE = "debian-12-standard_12.7-1_amd64.tar.zst"


def ended(*argv, check=True, **options):
    """Runs a program to its end, and gives how long it took, in seconds, and what it said."""
    begin = time.monotonic()
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **options)
    took = time.monotonic() - begin
    if check and done.returncode:
        raise SystemExit(f"{argv} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return took, done.stdout


def median(times, run):
    """The middle of several timings, in seconds."""
    return statistics.median(run() for _ in range(times))


class Cluster:
    """A Proxmox API that nobody here wrote; see tests/lab/cluster.py."""

    def __init__(self, **options):
        options = {
            "nodes": ["pve1", "pve2"],
            "storages": {"local-lvm": "rootdir,images"},
            "images": [["local", IMAGE]],
            **options,
        }
        python = ROOT / "target/lab/python/bin/python3"
        if not python.exists():
            raise SystemExit(f"{python} is missing: `cargo test proxmox` makes it")
        script = ROOT / "tests/lab/cluster.py"
        self.process = subprocess.Popen(
            [python, script, json.dumps(options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        hello = json.loads(self.process.stdout.readline())
        self.port, self.fingerprint = hello["port"], hello["fingerprint"]

    def ask(self, deed, *given, **named):
        line = json.dumps({"do": deed, "with": given, "and": named})
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise SystemExit(f"{line}: {answer['error']}")
        return answer["is"]

    def manifest(self, rest, parallel=4):
        return f"""secret pve = env("PVE_TOKEN")
cluster home {{
  api = "https://127.0.0.1:{self.port}"
  token = secret.pve
  tls {{ fingerprint = "{self.fingerprint}" }}
  parallel = {parallel}
  node pve1 {{}}
  node pve2 {{}}
}}
network lan {{ cluster = cluster.home, cidr = 10.8.0.0/16 }}
{rest}"""

    def close(self):
        self.process.kill()
        self.process.wait()


class Paas:
    """The program in a folder of its own."""

    def __init__(self, program, folder, manifest):
        self.program, self.folder = program, pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        (self.folder / "main.paas").write_text(manifest)
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PVE_TOKEN": f"root@pam!paas={SECRET}",
        }

    def __call__(self, *argv, check=True, **options):
        return ended(self.program, *argv, check=check, cwd=self.folder, env=self.env, **options)


def containers(count, ids):
    return f"""container box for i in range(1, {count}) {{
  on = cluster.home
  id = {ids} + i
  template = "debian-12-standard"
  network = network.lan
  ip = nth(network.lan.cidr, 256 + i)
  start = false
}}
"""


def observe(program, folder):
    """A plan without changes of 1,000 guests."""
    cluster = Cluster(time_scale=0.0)
    paas = Paas(program, folder / "observe", cluster.manifest(containers(1000, 20_000), parallel=16))
    took, _ = paas("apply", "--yes")
    print(f"observe   1,000 containers made                     {took:8.2f} s")
    cluster.ask("requests")
    paas("plan", "--exit-code")
    print(f"          requests of a plan without changes        {len(cluster.ask('requests')):8d}")
    wall = median(5, lambda: paas("plan", "--exit-code")[0])
    print(f"          that plan as a whole process              {wall:8.2f} s")
    cluster.close()


PLAYBOOK = """- hosts: localhost
  gather_facts: false
  tasks:
    - community.general.proxmox:
        api_host: "127.0.0.1:{port}"
        api_user: root@pam
        api_token_id: paas
        api_token_secret: {secret}
        validate_certs: false
        node: pve1
        vmid: "{{{{ 30000 + item }}}}"
        hostname: "box-{{{{ item }}}}"
        ostemplate: "local:vztmpl/{image}"
        storage: local-lvm
        disk: "8"
        state: present
      loop: "{{{{ range(1, {count} + 1) | list }}}}"
"""


def create(program, folder):
    """100 containers whose making takes 200 ms each on the server, 8 at once."""
    count, secs, parallel = 100, 0.2, 8
    cluster = Cluster()
    cluster.ask("secs", create=secs)
    paas = Paas(program, folder / "create", cluster.manifest(containers(count, 20_000), parallel))
    planned, _ = paas("plan")
    took, _ = paas("apply", "--yes")
    ideal = -(-count // parallel) * secs
    print(f"create    {count} containers of 200 ms, {parallel} at once        {took:8.2f} s")
    print(f"          critical path                             {ideal:8.2f} s")
    print(f"          without the plan before it, of it         {(took - planned) / ideal:8.2f} times")
    if shutil.which("ansible-playbook"):
        few = 10
        book = folder / "create.yml"
        book.write_text(PLAYBOOK.format(port=cluster.port, secret=SECRET, image=IMAGE, count=few))
        env = {**os.environ, "ANSIBLE_DEPRECATION_WARNINGS": "false"}
        python = ["-e", "ansible_python_interpreter=/usr/bin/python3"]
        run = lambda: ended("ansible-playbook", "-i", "localhost,", "-c", "local", *python, book, env=env)
        made, _ = run()
        again, _ = run()
        print(f"          Ansible, a container                      {made / few:8.2f} s")
        print(f"          Ansible, a container without changes      {again / few:8.2f} s")
        print(f"          paas, a container                         {took / count:8.2f} s")
        print(f"          Ansible / paas                            {made / few / (took / count):8.1f} times")
    else:
        print("          Ansible is not installed: nothing to compare with")
    cluster.close()


class Machine:
    """An sshd of its own, whose files are in a folder in memory."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder, self.key = folder, folder / "id"
        for name in ["id", "host"]:
            ended("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name)
        shutil.copy(folder / "id.pub", folder / "authorized")
        self.port = 20_000 + os.getpid() % 20_000
        config = folder / "sshd_config"
        config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nUsePAM no\nStrictModes no\n"
            f"PidFile none\nPermitRootLogin yes\nAuthorizedKeysFile {folder}/authorized\nLogLevel ERROR\n"
            "Subsystem sftp internal-sftp\n"
        )
        os.makedirs("/run/sshd", exist_ok=True)
        # What is written there, and the manager of services, are of this machine alone.
        inside = (
            "mkdir -p /etc/dnsmasq.d /var/lib/paas && mount -t tmpfs none /etc/dnsmasq.d"
            " && mount -t tmpfs none /var/lib/paas && mount -t tmpfs none /usr/local/sbin"
            " && printf '#!/bin/sh\\nexit 0\\n' > /usr/local/sbin/systemctl"
            " && cp /usr/local/sbin/systemctl /usr/local/sbin/dnsmasq && chmod 755 /usr/local/sbin/*"
            f" && exec /usr/sbin/sshd -D -e -f {config}"
        )
        argv = ["unshare", "-m", "--propagation", "private", "sh", "-c", inside]
        self.process = subprocess.Popen(argv, start_new_session=True)
        for _ in range(100):
            if ended(*self.ssh(), "true", check=False)[1] == "" and self.answers():
                return
            time.sleep(0.05)
        raise SystemExit("sshd does not answer")

    def answers(self):
        return subprocess.run([*self.ssh(), "true"], check=False, capture_output=True).returncode == 0

    def options(self):
        known = f"UserKnownHostsFile={self.folder}/known"
        return ["-i", str(self.key), "-o", known, "-o", "StrictHostKeyChecking=accept-new", "-o", "LogLevel=ERROR"]

    def ssh(self):
        return ["ssh", "-p", str(self.port), *self.options(), "root@127.0.0.1"]

    def manifest(self, rest=""):
        return (
            f'host box {{\n  address = 127.0.0.1\n  ssh {{ port = {self.port}, key_file = "{self.key}" }}\n}}\n{rest}'
        )

    def trust(self, paas):
        key = " ".join((self.folder / "host.pub").read_text().split()[:2])
        state = paas.folder / "state"
        state.mkdir(exist_ok=True)
        (state / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {key}\n")

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


ZONES = """zone z for i in range(1, {count}) {{
  name = "z\\(i).example.com"
  engine = "dnsmasq"
  on = host.box
  record a {{ value = 192.0.2.1 }}
}}
"""


def checks(program, folder):
    """Files on one machine: what 49 more of them cost a plan without changes."""
    machine = Machine(folder / "machine")
    plans = {}
    for count in (1, 50):
        manifest = machine.manifest(ZONES.format(count=count))
        paas = Paas(program, folder / f"checks{count}", manifest)
        machine.trust(paas)
        paas("apply", "--yes")
        paas("plan", "--exit-code")
        plans[count] = median(9, lambda: paas("plan", "--exit-code")[0])
        paas("destroy", "--yes")
    shell = median(5, lambda: ended(*machine.ssh(), "true")[0])
    script = " && ".join(f"test -e /etc/dnsmasq.d/{i} || true" for i in range(50))
    fifty = median(3, lambda: sum(ended(*machine.ssh(), script)[0] for _ in range(50)))
    print(f"checks    plan with 1 file of a machine              {plans[1] * 1000:8.0f} ms")
    print(f"          plan with 50 files of it                   {plans[50] * 1000:8.0f} ms")
    print(f"          49 more checks                             {(plans[50] - plans[1]) * 1000:8.0f} ms")
    print(f"          `ssh HOST true`                            {shell * 1000:8.0f} ms")
    print(f"          50 checks by `ssh`, one after the other    {fifty * 1000:8.0f} ms")
    machine.close()


def upload(program, folder):
    """256 MiB to a machine."""
    machine = Machine(folder / "upload")
    size = 256 << 20
    source, target = folder / "source", folder / "target"
    source.write_bytes(os.urandom(1 << 20) * (size >> 20))
    paas = Paas(program, folder / "uploads", machine.manifest())
    machine.trust(paas)

    def by_paas():
        with source.open("rb") as text:
            return paas("exec", "host.box", "--", "sh", "-c", f"cat > {target}", stdin=text)[0]

    def by_scp():
        return ended("scp", "-q", "-P", str(machine.port), *machine.options(), source, f"root@127.0.0.1:{target}")[0]

    ours, theirs = median(5, by_paas), median(5, by_scp)
    if target.stat().st_size != size:
        raise SystemExit("not everything arrived")
    print(f"upload    256 MiB by `paas exec`                    {size / ours / 1e6:8.0f} MB/s")
    print(f"          256 MiB by `scp`                          {size / theirs / 1e6:8.0f} MB/s")
    print(f"          of it                                     {theirs / ours * 100:8.0f} %")
    machine.close()


def main():
    given = sys.argv[1:]
    program = ROOT / "target/release/paas"
    if given and given[0] not in FIGURES:
        program = pathlib.Path(given.pop(0)).resolve()
    with tempfile.TemporaryDirectory() as folder:
        for name in given or FIGURES:
            FIGURES[name](program, pathlib.Path(folder))


FIGURES = {"observe": observe, "create": create, "checks": checks, "upload": upload}

if __name__ == "__main__":
    main()
