"""Who may talk to a sweep: nobody to one on this computer, members with the cluster's certificate to one on a cluster."""

import asyncio
import json
import os
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import pytest

distributed = pytest.importorskip("distributed", reason="needs python3-distributed")

import psutil

from test_sweep_run import TINY, calls, command, counting_program, error_of, sweep, table
from tls_cluster import SCRIPTS, Cluster


def certificates(folder, *words):
    return subprocess.run(["bash", SCRIPTS / "certificates.sh", folder, *words], capture_output=True, text=True)


def credentials(authority, own=None):
    """How a client connects that trusts the cluster of the folder `authority` and shows the certificate of `own`."""
    context = ssl.create_default_context(cafile=authority / "cluster.pem")
    context.check_hostname = False
    if own:
        context.load_cert_chain(own / "cluster.pem", own / "cluster.key")
    return {"ssl_context": context, "require_encryption": True}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    cluster.add_worker()
    yield cluster
    cluster.close()


@pytest.fixture(scope="module")
def addresses(cluster):
    """Of the scheduler and of its worker, which is there when the client has asked it something."""
    files = {"tls_ca_file": "pem", "tls_client_cert": "pem", "tls_client_key": "key"}
    security = distributed.Security(**{name: f"{cluster.folder}/cluster.{end}" for name, end in files.items()})
    with distributed.Client(cluster.address, security=security, timeout=10) as client:
        assert client.submit(os.getpid).result(30) != os.getpid()
        return [cluster.address, *client.scheduler_info()["workers"]]


def is_turned_away(address, arguments):
    """Dask's own handshake, by which clients, workers and schedulers greet each other."""

    async def greet():
        comm = await distributed.comm.connect(address, timeout=2, **arguments)
        try:
            await comm.write({"op": "identity", "reply": True})
            return await comm.read()
        finally:
            comm.abort()

    try:
        asyncio.run(greet())
        return False
    except (OSError, asyncio.TimeoutError):
        return True


def test_member_with_the_certificate_is_served(cluster, addresses):
    assert len(addresses) == 2 and all(address.startswith("tls://") for address in addresses)
    own = credentials(cluster.folder, cluster.folder)
    assert not any(is_turned_away(address, own) for address in addresses)


def test_client_without_encryption_is_turned_away(addresses):
    assert all(is_turned_away(address.replace("tls://", "tcp://"), {}) for address in addresses)


def test_client_without_a_certificate_is_turned_away(cluster, addresses):
    assert all(is_turned_away(address, credentials(cluster.folder)) for address in addresses)


def test_client_of_another_cluster_is_turned_away(cluster, addresses, tmp_path):
    """Even when it trusts this one."""
    assert certificates(tmp_path / "other").returncode == 0
    assert all(is_turned_away(address, credentials(cluster.folder, tmp_path / "other")) for address in addresses)


def test_sweep_runs_with_the_certificate_only(cluster, addresses, tmp_path, monkeypatch):
    sweep(tmp_path, TINY, "--scheduler", cluster.address, "--tls", cluster.folder)
    assert [row["status"] for row in table(tmp_path)] == ["ok"]
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "2s")
    certificates(tmp_path / "other")
    text = TINY + "grid: {clock_mhz: [111]}\n"
    message = error_of(tmp_path, text, "--scheduler", cluster.address, "--tls", tmp_path / "other", code=2)
    assert message.startswith(f"scheduler {cluster.address}: cannot be reached")
    assert "needs --tls DIR" in error_of(tmp_path, text, "--scheduler", cluster.address, code=2)


def listening(pid):
    """(host, port) of a process and those it started."""
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    found = [c.laddr for process in processes for c in process.connections("inet") if c.status == psutil.CONN_LISTEN]
    return [(place.ip, place.port) for place in found]


def answers(port, path):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).status
    except urllib.error.HTTPError as error:
        return error.code


def test_members_listen_on_one_port_beside_a_loopback_that_serves_nothing(cluster, addresses):
    for process, address in zip([cluster.scheduler, *cluster.workers], addresses):
        host, port = address.removeprefix("tls://").split(":")
        found = listening(process.pid)
        assert (host, int(port)) in found and len(found) == 2
        ((other, port),) = [place for place in found if place[1] != int(port)]
        assert other == "127.0.0.1"
        assert {answers(port, path) for path in ("/", "/health", "/status", "/api/v1/retire_workers")} == {404}


def test_local_sweep_listens_nowhere(tmp_path):
    program = counting_program(tmp_path, 'sleep 1; exec "$PROGRAM" "$@"')
    running = subprocess.Popen(command(tmp_path, TINY, "--lockstep", str(program)), stderr=subprocess.DEVNULL)
    while not calls(tmp_path):
        assert running.poll() is None
        time.sleep(0.02)
    assert psutil.Process(running.pid).children() and listening(running.pid) == []
    assert running.wait(timeout=60) == 0


def test_key_is_the_owner_s_alone(tmp_path):
    assert certificates(tmp_path / "new/folder").returncode == 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "new/folder").iterdir()}
    assert modes == {"cluster.pem": 0o600, "cluster.key": 0o600}
    before = (tmp_path / "new/folder/cluster.key").read_bytes()
    again = certificates(tmp_path / "new/folder")
    assert again.returncode == 2 and "holds certificates already" in again.stderr and again.stderr.count("\n") == 1
    assert (tmp_path / "new/folder/cluster.key").read_bytes() == before


@pytest.mark.parametrize(
    "words, code, message",
    [
        (["tcp://10.0.0.1:8786"], 2, "not encrypted, so whoever reaches it can run commands"),
        (["tcp://127.0.0.1:8786"], 2, "or --trust-network where nobody else is"),
        (["ws://10.0.0.1:8786", "--tls", "{folder}"], 2, "not encrypted"),
        (["inproc://10.0.0.1/1/1"], 2, "not encrypted"),
        (["10.0.0.1:8786"], 3, "10.0.0.1:8786: there is no such file"),
        (["{folder}"], 3, "scheduler.json: there is no such file; a scheduler writes it when it has started"),
        (["{folder}/tcp.json"], 2, "scheduler tcp://10.0.0.1:1: not encrypted"),
        (["{folder}/damaged.json"], 2, "damaged.json: is not the file that a scheduler writes"),
        (["{folder}/list.json"], 2, "list.json: is not the file that a scheduler writes"),
        (["tls://10.0.0.1:8786"], 2, "needs --tls DIR, the folder with its cluster.pem and cluster.key"),
        (["tls://10.0.0.1:8786", "--tls", "{folder}/nothing"], 3, "nothing/cluster.key: cannot be read: No such file"),
        (["tls://10.0.0.1:8786", "--tls", "{folder}/open"], 2, "open/cluster.key: others can use this key"),
        (["tls://10.0.0.1:8786", "--tls", "{folder}/broken"], 3, "cluster.key: no certificate and its key"),
    ],
)
def test_way_to_a_cluster_that_is_not_safe_or_not_there_is_refused(tmp_path, words, code, message):
    (tmp_path / "tcp.json").write_text(json.dumps({"address": "tcp://10.0.0.1:1"}))
    (tmp_path / "damaged.json").write_bytes(b"{\xff")
    (tmp_path / "list.json").write_text("[]")
    for name in ("open", "broken"):
        assert certificates(tmp_path / name).returncode == 0
    (tmp_path / "open/cluster.key").chmod(0o640)
    (tmp_path / "broken/cluster.pem").write_text("no certificate")
    words = [word.format(folder=tmp_path) for word in words]
    assert message in error_of(tmp_path, TINY, "--scheduler", *words, code=code)
