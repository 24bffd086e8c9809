import gzip
import hashlib
import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import ndimage
from sklearn.datasets import load_digits
from torchvision import datasets, transforms

from course import mini_data
from helpers import data, training
from helpers.data import (
    Batches,
    arrays,
    batches,
    describe,
    edition,
    prepare,
    read_idx,
    split,
    to_float,
    to_pictures,
)
from helpers.errors import DataError, LabelError, RangeError, ShapeError, UnknownNameError
from helpers.internal import editions, sources
from helpers.internal.idx import encode_idx

NAMES = ("MNIST", "FashionMNIST")
MINI_SIZES = {"MNIST": (5_000, 500), "FashionMNIST": (4_000, 1_000)}
TRAIN_IMAGES = "train-images-idx3-ubyte"


@pytest.fixture
def auto(monkeypatch, tmp_path):
    """A first start: empty cache, nothing but the embedded sets, and a network that refuses."""
    monkeypatch.setenv("COURSE_DATA", "auto")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sources, "MIRRORS", dict.fromkeys(NAMES, "http://127.0.0.1:9/"))
    monkeypatch.setattr(sources, "SYSTEM_FOLDERS", {name: [] for name in NAMES})
    monkeypatch.setattr(sources, "_failed_mirrors", {})
    monkeypatch.setattr(editions, "_announced", set())
    return tmp_path / "cache" / "cnn-gasshuku"


@pytest.fixture
def full_files(monkeypatch):
    """The files of a "full" MNIST of 30 + 20 images, small enough for every test."""
    rng = np.random.default_rng(0)
    files = {}
    for part, size in (("train", 30), ("t10k", 20)):
        images = rng.integers(0, 256, (size, 28, 28))
        files[f"{part}-images-idx3-ubyte"] = encode_idx(images)
        files[f"{part}-labels-idx1-ubyte"] = encode_idx(np.arange(size) % 10)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    monkeypatch.setitem(sources.FULL_SHA256, "MNIST", sums)
    return files


def put(folder, files, *, zipped=True):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / (f"{name}.gz" if zipped else name)
        path.write_bytes(gzip.compress(content) if zipped else content)
    return folder


def files_below(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def assert_holds(root, files):
    raw = root / "MNIST" / "raw"
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == files


class Server:
    """A web server on this machine that serves a folder and notes what was asked for."""

    def __init__(self, folder):
        self.asked = asked = []

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args):
                super().__init__(*args, directory=str(folder))

            def log_request(self, *args):
                asked.append(self.path.strip("/"))

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def mirror(auto, tmp_path, monkeypatch):
    """A real mirror of MNIST, empty at first; ``mirror.folder`` is what it serves."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    server = Server(folder)
    server.folder = folder
    monkeypatch.setitem(sources.MIRRORS, "MNIST", server.url)
    yield server
    server.close()


def start_python(code, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {name: str(value) for name, value in environment.items()},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_python(code, **environment):
    process = start_python(code, **environment)
    try:
        output, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    return output


# --- the mini sets -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("train", [True, False])
def test_torchvision_reads_the_mini_sets_unchanged(name, train):
    dataset = getattr(datasets, name)(prepare(name), train=train, download=False)
    images, labels = arrays(name, train)
    assert len(dataset) == MINI_SIZES[name][0 if train else 1]
    assert np.array_equal(dataset.data.numpy(), images)
    assert np.array_equal(dataset.targets.numpy(), labels)
    assert dataset[0][0].size == (28, 28)


@pytest.mark.parametrize("train", [True, False])
def test_mini_fashion_mnist_has_as_many_images_of_every_class(train):
    labels = arrays("FashionMNIST", train)[1]
    assert np.bincount(labels).tolist() == [400 if train else 100] * 10


def test_mini_mnist_has_nearly_as_many_images_of_every_class():
    assert np.bincount(arrays("MNIST", train=False)[1]).tolist() == [
        50, 51, 49, 51, 50, 51, 50, 50, 48, 50,
    ]  # fmt: skip
    counts = np.bincount(arrays("MNIST")[1])
    assert counts.min() >= 480
    assert counts.max() <= 520


def test_mini_mnist_is_drawn_in_the_manner_of_mnist():
    images = arrays("MNIST", train=False)[0]
    for image in images:
        rows, columns = np.nonzero(image)
        assert np.ptp(rows) < 20
        assert np.ptp(columns) < 20
        assert np.abs(np.array(ndimage.center_of_mass(image)) - 13.5).max() < 0.5
    assert images.max() == 255
    assert 0.1 < images.mean() / 255 < 0.2


def test_no_digit_of_the_mini_test_part_was_used_for_training():
    train, test = mini_data.split_digits()
    assert sorted([*train, *test]) == list(range(1797))
    images, labels = arrays("MNIST", train=False)
    digits = load_digits()
    assert labels.tolist() == digits.target[test].tolist()
    for image, source in zip(images, test, strict=True):
        drawn = mini_data.draw_digit(digits.images[source], np.eye(2), np.zeros(2))
        assert np.abs(drawn.astype(int) - image).max() <= mini_data.GREY_STEP


def test_mini_files_are_small_and_carry_no_time():
    files = sorted(mini_data.MINI.glob("*.gz"))
    assert len(files) == 8
    assert sum(path.stat().st_size for path in files) < 3_000_000
    assert all(path.read_bytes()[4:8] == bytes(4) for path in files)


@pytest.mark.parametrize("train", [True, False])
def test_mini_fashion_mnist_is_a_sample_of_the_same_part_of_the_real_set(
    train, real_data_dir, monkeypatch
):
    mini = zip(*arrays("FashionMNIST", train), strict=True)
    monkeypatch.setenv("COURSE_DATA", "full")
    monkeypatch.setenv("COURSE_DATA_DIR", str(real_data_dir))
    images, labels = arrays("FashionMNIST", train)
    real = {(image.tobytes(), label) for image, label in zip(images, labels, strict=True)}
    assert all((image.tobytes(), label) in real for image, label in mini)


# --- where prepare looks -------------------------------------------------------------------------


def test_first_start_without_network_unpacks_the_mini_set_into_the_cache(auto):
    assert prepare("MNIST") == auto / "mini"
    assert edition("MNIST") == "mini"
    assert [path.parent for path in files_below(auto)] == [auto / "mini" / "MNIST" / "raw"] * 4


def test_uncompressed_files_of_the_user_are_used_where_they_lie(
    auto, full_files, tmp_path, monkeypatch
):
    put(tmp_path / "mine" / "MNIST" / "raw", full_files, zipped=False)
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "mine"))
    assert prepare("MNIST") == tmp_path / "mine"
    assert edition("MNIST") == "full"
    assert not auto.exists()


@pytest.mark.parametrize("layout", ["MNIST/raw", "MNIST", "."])
@pytest.mark.parametrize("zipped", [True, False])
def test_files_of_the_user_are_found_in_every_layout(
    auto, full_files, tmp_path, monkeypatch, layout, zipped
):
    mine = put(tmp_path / "mine" / layout, full_files, zipped=zipped)
    before = files_below(mine)
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "mine"))
    assert edition("MNIST") == "full"
    assert_holds(prepare("MNIST"), full_files)
    assert files_below(mine) == before


def test_gzipped_files_in_the_cache_are_used(auto, full_files):
    put(auto / "full" / "MNIST" / "raw", full_files)
    assert prepare("MNIST") == auto / "full"
    assert len(datasets.MNIST(auto / "full")) == 30


def test_copy_of_the_operating_system_comes_before_a_download(
    mirror, full_files, tmp_path, monkeypatch
):
    system = put(tmp_path / "system", full_files)
    monkeypatch.setitem(sources.SYSTEM_FOLDERS, "MNIST", [system])
    assert_holds(prepare("MNIST"), full_files)
    assert mirror.asked == []


def test_files_are_downloaded_once(mirror, auto, full_files):
    put(mirror.folder, full_files)
    assert prepare("MNIST") == auto / "full"
    assert_holds(prepare("MNIST"), full_files)
    assert sorted(mirror.asked) == sorted(f"{name}.gz" for name in full_files)


def test_mirrors_are_those_of_torchvision():
    for name in NAMES:
        assert sources.MIRRORS[name] in getattr(datasets, name).mirrors
        resources = [filename for filename, _ in getattr(datasets, name).resources]
        assert resources == [f"{filename}.gz" for filename in sources.FULL_SHA256[name]]


def test_mini_setting_is_obeyed_even_with_the_full_set_at_hand(auto, full_files, monkeypatch):
    put(auto / "full" / "MNIST" / "raw", full_files, zipped=False)
    monkeypatch.setenv("COURSE_DATA", "mini")
    assert prepare("MNIST") == auto / "mini"


def test_root_is_used_in_place_of_the_cache(auto, full_files, tmp_path):
    root = tmp_path / "root"
    assert prepare("MNIST", root) == root / "mini"
    put(root, full_files)
    assert prepare("MNIST", str(root)) == root / "full"
    put(root / "MNIST" / "raw", full_files, zipped=False)
    assert prepare("MNIST", root) == root
    assert not auto.exists()


def test_full_setting_without_data_fails_with_all_that_was_tried(auto, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "full")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    monkeypatch.setitem(sources.SYSTEM_FOLDERS, "MNIST", [tmp_path / "system"])
    with pytest.raises(DataError) as caught:
        prepare("MNIST")
    message = str(caught.value)
    for part in (
        tmp_path,
        auto / "full",
        tmp_path / "system",
        "http://127.0.0.1:9/",
        "COURSE_DATA=mini",
        "対処",
    ):
        assert str(part) in message


def test_unknown_data_set_is_refused_with_the_known_names():
    with pytest.raises(UnknownNameError, match=r"CIFAR10.*MNIST、FashionMNIST"):
        prepare("CIFAR10")


def test_unknown_setting_is_refused_with_the_known_ones(monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "big")
    with pytest.raises(UnknownNameError, match=r"COURSE_DATA=big.*auto、mini、full"):
        prepare("MNIST")


def test_misspelt_data_folder_is_reported(auto, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "nowhere"))
    with pytest.warns(UserWarning, match="nowhere"):
        assert edition("MNIST") == "mini"


def test_folder_of_an_unknown_user_is_reported(auto, monkeypatch):
    monkeypatch.setenv("COURSE_DATA_DIR", "~nobody-of-this-name/data")
    with pytest.warns(UserWarning, match="nobody-of-this-name"):
        assert edition("MNIST") == "mini"


def test_a_user_without_a_home_gets_the_temporary_folder(auto, tmp_path, monkeypatch):
    monkeypatch.setattr(sources.os.path, "expanduser", lambda path: path)
    monkeypatch.setattr(sources.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert prepare("MNIST").is_relative_to(tmp_path)


# --- damage --------------------------------------------------------------------------------------


def truncated(content):
    return gzip.compress(content, mtime=0)[:-20]


def altered(content):
    return gzip.compress(content[:-1] + b"!", mtime=0)


@pytest.mark.parametrize("damage", [truncated, altered, lambda content: b"<html>login</html>"])
def test_damaged_file_of_the_user_is_refused_by_name_and_left_alone(
    auto, full_files, tmp_path, monkeypatch, damage
):
    mine = put(tmp_path / "mine", full_files)
    bad = mine / f"{TRAIN_IMAGES}.gz"
    bad.write_bytes(damage(full_files[TRAIN_IMAGES]))
    monkeypatch.setenv("COURSE_DATA_DIR", str(mine))
    with pytest.warns(UserWarning, match=TRAIN_IMAGES):
        assert prepare("MNIST") == auto / "mini"
    assert bad.read_bytes() == damage(full_files[TRAIN_IMAGES])
    assert TRAIN_IMAGES not in [path.name for path in files_below(auto / "full")]


@pytest.mark.parametrize("damage", [truncated, altered, lambda content: b"<html>login</html>"])
def test_wrong_download_is_never_used_nor_asked_for_again(mirror, auto, full_files, damage):
    put(mirror.folder, full_files)
    bad = mirror.folder / f"{TRAIN_IMAGES}.gz"
    bad.write_bytes(damage(full_files[TRAIN_IMAGES]))
    assert prepare("MNIST") == auto / "mini"
    assert prepare("MNIST") == auto / "mini"
    assert mirror.asked == [bad.name]
    assert files_below(auto / "full") == []


class Broken(http.server.BaseHTTPRequestHandler):
    """Gives the server's one broken answer to every request."""

    def do_GET(self):
        self.wfile.write(self.server.answer)

    def log_message(self, *args):
        pass


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n<html>login</html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\nx",
        b"HTTP/1.1 many OK\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[login/\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:port/\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://" + b"x" * 64 + b".example/\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
        b"220 FTP server ready\r\n",
        b"",
    ],
    ids=[
        "length in words", "negative length", "cut off", "chunks in words", "status in words",
        "address that is none", "port in words", "long name", "local file", "no web", "nothing",
    ],
)  # fmt: skip
def test_a_broken_answer_of_the_mirror_leads_to_the_mini_set(auto, monkeypatch, answer):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Broken) as server:
        server.answer = answer
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setitem(sources.MIRRORS, "MNIST", url)
        try:
            assert prepare("MNIST") == auto / "mini"
        finally:
            server.shutdown()


def test_a_download_needs_no_length_in_numbers(mirror, auto, full_files, monkeypatch):
    put(mirror.folder, full_files)
    original = http.server.SimpleHTTPRequestHandler.send_header

    def without_length(self, name, value):
        original(self, name, "unknown" if name == "Content-Length" else value)

    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "send_header", without_length)
    assert_holds(prepare("MNIST"), full_files)


@pytest.mark.filterwarnings("error")
def test_damaged_file_of_ours_is_replaced(mirror, auto, full_files):
    put(mirror.folder, full_files)
    put(auto / "full" / "MNIST" / "raw", full_files | {TRAIN_IMAGES: b"cut off"}, zipped=False)
    assert_holds(prepare("MNIST"), full_files)
    assert mirror.asked == [f"{TRAIN_IMAGES}.gz"]


def test_damaged_file_of_ours_is_removed_where_it_cannot_be_replaced(auto, full_files):
    raw = put(
        auto / "full" / "MNIST" / "raw", full_files | {TRAIN_IMAGES: b"cut off"}, zipped=False
    )
    assert prepare("MNIST") == auto / "mini"
    assert sorted(path.name for path in raw.iterdir()) == sorted(set(full_files) - {TRAIN_IMAGES})


@pytest.mark.parametrize("content", [b"", b"cut off"])
def test_damaged_mini_file_is_written_again(auto, content):
    path = prepare("MNIST") / "MNIST" / "raw" / TRAIN_IMAGES
    good = path.read_bytes()
    path.write_bytes(content)
    prepare("MNIST")
    assert path.read_bytes() == good


def test_damaged_installation_is_reported(auto, tmp_path, monkeypatch):
    monkeypatch.setattr(sources.importlib.resources, "files", lambda package: tmp_path)
    sources._embedded.cache_clear()
    with pytest.raises(DataError, match="インストール"):
        prepare("MNIST")


def test_leftovers_of_a_killed_process_are_removed_when_old(auto):
    raw = auto / "mini" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    old, young = raw / f".{TRAIN_IMAGES}.1.part", raw / f".{TRAIN_IMAGES}.2.part"
    for part in (old, young):
        part.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    prepare("MNIST")
    assert not old.exists()
    assert young.exists()


# --- a hostile machine ---------------------------------------------------------------------------

MIRROR_AT = """
from helpers.internal import sources
sources.MIRRORS["MNIST"] = "{url}"
sources.TIMEOUT = 0.5
"""
PREPARE = "from helpers.data import prepare; print(prepare('MNIST'))"


def test_network_that_drops_packets_is_given_up_after_one_try(auto):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        output = run_python(MIRROR_AT.format(url=url) + PREPARE + "\nprepare('MNIST')")
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()
    assert output.endswith(f"{auto / 'mini'}\n")


def test_stalled_name_resolution_is_given_up(auto):
    stall = "import socket, time; socket.getaddrinfo = lambda *args: time.sleep(3600)\n"
    output = run_python(stall + MIRROR_AT.format(url="http://stalled.invalid/") + PREPARE)
    assert output.endswith(f"{auto / 'mini'}\n")


def test_download_that_only_trickles_is_given_up(auto):
    def trickle(server):
        connection = server.accept()[0]
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        try:
            while True:
                connection.sendall(b"x")
                time.sleep(0.05)
        except OSError:  # the reader gave up
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        reader = threading.Thread(target=trickle, args=(server,), daemon=True)
        reader.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        output = run_python(MIRROR_AT.format(url=url) + PREPARE)
        reader.join(timeout=30)
    assert not reader.is_alive()
    assert output.endswith(f"{auto / 'mini'}\n")


def test_processes_that_prepare_at_the_same_moment_all_succeed(auto, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "mini")
    code = (
        "from helpers.data import arrays\n"
        "print(*[arrays(name)[0].shape[0] for name in ('MNIST', 'FashionMNIST')])"
    )
    processes = [start_python(code) for _ in range(3)]
    outputs = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], outputs
    assert all(output.endswith("5000 4000\n") for output, _ in outputs)
    assert len(files_below(auto)) == 8


@pytest.mark.parametrize("setting", ["auto", "mini"])
def test_home_that_cannot_be_written_is_replaced_by_the_temporary_folder(auto, tmp_path, setting):
    home = tmp_path / "home"
    home.write_text("a file, so that not even root can create folders below it")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    output = run_python(
        MIRROR_AT.format(url="http://127.0.0.1:9/") + PREPARE,
        XDG_CACHE_HOME=home,
        TMPDIR=temporary,
        COURSE_DATA=setting,
    )
    root = Path(output.splitlines()[-1])
    assert root.is_relative_to(temporary)
    assert len(datasets.MNIST(root)) == 5000


LIMIT_FILE_SIZE = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
"""


def test_full_disk_is_a_typed_error_and_leaves_nothing_half_written(auto, tmp_path):
    catch = (
        "from helpers.data import prepare\n"
        "from helpers.errors import DataError\n"
        "try:\n"
        "    prepare('MNIST')\n"
        "except DataError as error:\n"
        "    print(error)\n"
    )
    limit = LIMIT_FILE_SIZE.format(limit=1_000_000)
    output = run_python(limit + catch, COURSE_DATA="mini", TMPDIR=tmp_path)
    assert "空き" in output
    assert str(auto) in output
    assert files_below(tmp_path) == []


def test_disk_too_full_for_the_full_set_gets_the_mini_set(auto, tmp_path, real_data_dir):
    limit = LIMIT_FILE_SIZE.format(limit=10_000_000)
    output = run_python(limit + PREPARE, COURSE_DATA_DIR=real_data_dir, TMPDIR=tmp_path)
    assert output.endswith(f"{auto / 'mini'}\n")
    assert len(files_below(tmp_path)) == 4


def test_kill_while_writing_leaves_no_file_that_anyone_would_use(auto):
    killed_before_the_last_step = (
        "import os, signal\nos.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    process = start_python(killed_before_the_last_step + PREPARE, COURSE_DATA="mini")
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    assert [path.suffix for path in files_below(auto)] == [".part"]
    assert len(datasets.MNIST(prepare("MNIST"))) == 5000


def test_written_files_can_be_read_by_whom_the_umask_allows(auto):
    before = os.umask(0o022)
    try:
        root = prepare("MNIST")
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in files_below(root)] == [0o644] * 4


# --- the banner ----------------------------------------------------------------------------------


def test_data_in_use_are_named_once(auto, capsys):
    prepare("MNIST")
    arrays("MNIST")
    prepare("FashionMNIST")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("データ: MNIST ミニ版（訓練 5,000 枚、テスト 500 枚")
    assert lines[1].startswith("データ: FashionMNIST ミニ版（訓練 4,000 枚、テスト 1,000 枚")


def test_full_data_in_use_are_named(auto, full_files, capsys):
    put(auto / "full" / "MNIST" / "raw", full_files)
    prepare("MNIST")
    assert capsys.readouterr().out == "データ: MNIST 完全版（訓練 30 枚、テスト 20 枚）\n"


def test_description_is_the_banner_and_replaces_it(auto, capsys):
    sentence = describe("MNIST")
    prepare("MNIST")
    assert sentence.startswith("データ: MNIST ミニ版")
    assert capsys.readouterr().out == ""


def test_torch_is_not_loaded_for_files_and_arrays():
    code = (
        "import sys\n"
        "from helpers.data import arrays, describe, prepare\n"
        "prepare('MNIST'), arrays('MNIST'), describe('MNIST')\n"
        "print('torch' in sys.modules)"
    )
    assert run_python(code).endswith("False\n")


# --- arrays --------------------------------------------------------------------------------------


def test_arrays_have_the_promised_types():
    images, labels = arrays("MNIST", train=False)
    assert (images.shape, images.dtype) == ((500, 28, 28), np.uint8)
    assert (labels.shape, labels.dtype) == ((500,), np.int64)
    assert set(labels.tolist()) == set(range(10))


def test_limit_takes_the_first_samples():
    images, labels = arrays("MNIST")
    few_images, few_labels = arrays("MNIST", limit=7)
    assert np.array_equal(few_images, images[:7])
    assert np.array_equal(few_labels, labels[:7])
    assert len(arrays("MNIST", limit=10**6)[0]) == 5000


@pytest.mark.parametrize("limit", [0, -1])
def test_limit_below_one_is_refused(limit):
    with pytest.raises(RangeError, match="limit"):
        arrays("MNIST", limit=limit)


def test_classes_are_those_of_torchvision_in_the_same_order():
    assert list(data.CLASSES["FashionMNIST"]) == datasets.FashionMNIST.classes
    assert [f"{name} - " for name in data.CLASSES["MNIST"]] == [
        name[:4] for name in datasets.MNIST.classes
    ]


def test_idx_file_is_read_as_its_header_says(tmp_path):
    path = tmp_path / "two-images"
    path.write_bytes(bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3]) + bytes(range(6)))
    assert read_idx(path).tolist() == [[[0, 1, 2]], [[3, 4, 5]]]


GOOD_IDX = bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        GOOD_IDX[:3],
        GOOD_IDX[:6],
        GOOD_IDX[:-1],
        GOOD_IDX + b"x",
        b"\x1f\x8b" + GOOD_IDX[2:],
        GOOD_IDX[:2] + b"\x0d" + GOOD_IDX[3:],
        GOOD_IDX[:3] + b"\x02" + GOOD_IDX[4:],
        bytes([0, 0, 8, 3]) + b"\xff" * 12,
    ],
    ids=[
        "empty", "no magic", "no header", "short", "long", "gzip", "floats", "2 axes", "huge",
    ],
)  # fmt: skip
def test_corrupt_idx_is_a_typed_error_that_names_the_file(tmp_path, content):
    path = tmp_path / "broken-idx1-ubyte"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"broken-idx1-ubyte.*壊れています"):
        read_idx(path)


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_idx_that_cannot_be_opened_is_a_typed_error_that_names_the_file(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(DataError, match=rf"{path.name} がないか"):
        read_idx(path)


# --- batches -------------------------------------------------------------------------------------


def counted(total, **options):
    """Batches of black images whose labels are 0, 1, 2 …, so that each can be recognised."""
    return Batches(torch.zeros(total, 1, 28, 28, dtype=torch.uint8), torch.arange(total), **options)


def epoch(source):
    return torch.cat([labels for _, labels in source]).tolist()


@pytest.mark.parametrize("name", NAMES)
def test_batches_equal_those_of_torchvision_to_the_last_bit(name):
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    dataset = getattr(datasets, name)(prepare(name), train=False, transform=transform)
    theirs = torch.utils.data.DataLoader(dataset, batch_size=64)
    ours = batches(name, train=False, batch_size=64, device="cpu")
    assert len(ours) == len(theirs)
    for (images, labels), (want_images, want_labels) in zip(ours, theirs, strict=True):
        assert images.dtype == torch.float32
        assert torch.equal(images, want_images)
        assert torch.equal(labels, want_labels)


def test_every_grey_level_is_normalised_as_by_torchvision():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    want = transforms.Normalize((0.5,), (0.5,))(transforms.ToTensor()(levels))
    assert torch.equal(data.to_float(torch.from_numpy(levels).permute(2, 0, 1)), want)


def test_normalised_pixels_come_back_as_pictures():
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    pictures = to_pictures(to_float(levels))
    torch.testing.assert_close(pictures, levels / 255, rtol=0, atol=1e-7)
    assert pictures.min() == 0
    assert pictures.max() == 1


def test_last_batch_holds_what_remains():
    source = batches("MNIST", train=False, batch_size=150, device="cpu")
    assert len(source) == 4
    assert [images.shape for images, _ in source] == [(150, 1, 28, 28)] * 3 + [(50, 1, 28, 28)]


@pytest.mark.parametrize("shuffle", [True, False])
def test_no_images_make_no_batches(shuffle):
    images, labels = torch.zeros(0, 1, 28, 28).byte(), torch.zeros(0).long()
    assert list(Batches(images, labels, shuffle=shuffle)) == []


def test_training_is_shuffled_and_testing_is_not_unless_told():
    assert batches("MNIST").shuffle
    assert not batches("MNIST", train=False).shuffle
    assert not batches("MNIST", shuffle=False).shuffle


def test_every_epoch_visits_every_image_once_in_a_new_order():
    source = counted(25, batch_size=10, shuffle=True)
    first, second = epoch(source), epoch(source)
    assert sorted(first) == sorted(second) == list(range(25))
    assert first != second != list(range(25))


def test_images_and_labels_stay_together_when_shuffled():
    images, labels = arrays("MNIST", train=False)
    label_of = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    for floats, found in batches("MNIST", train=False, shuffle=True, device="cpu"):
        pixels = floats.add(1).mul(127.5).round().to(torch.uint8).numpy()
        assert [label_of[image.tobytes()] for image in pixels] == found.tolist()


def test_seed_decides_the_order():
    assert epoch(counted(50, shuffle=True, seed=1)) == epoch(counted(50, shuffle=True, seed=1))
    assert epoch(counted(50, shuffle=True, seed=1)) != epoch(counted(50, shuffle=True, seed=2))


def test_order_neither_uses_nor_changes_the_global_seed():
    torch.manual_seed(0)
    want = torch.rand(3)
    torch.manual_seed(0)
    epoch(counted(50, shuffle=True))
    assert torch.equal(torch.rand(3), want)


def test_batches_lie_on_the_device_of_the_course_by_default():
    source = batches("MNIST", train=False)
    assert source.images.dtype == torch.uint8
    assert source.images.device.type == source.labels.device.type == training.device().type


@pytest.mark.parametrize(
    "images",
    [
        torch.rand(5, 1, 4, 4),
        torch.rand(5, 1, 4, 4) > 0.5,
        torch.ones(5, 1, 4, 4, dtype=torch.int64),
        np.ones((5, 1, 4, 4), dtype=np.uint8),
    ],
    ids=["floats", "booleans", "large integers", "array"],
)
def test_pixels_that_are_no_bytes_are_refused(images):
    for use in (lambda: Batches(images, torch.zeros(5).long()), lambda: to_float(images)):
        with pytest.raises(ShapeError, match=r"torch\.uint8.*\(images \* 255\)"):
            use()


@pytest.mark.parametrize(
    "labels",
    [torch.zeros(5), torch.zeros(5, 1).long(), torch.zeros(5).byte(), np.zeros(5, int), [0] * 5],
    ids=["floats", "column", "bytes", "array", "list"],
)
def test_labels_that_are_no_row_of_integers_are_refused(labels):
    with pytest.raises(LabelError, match=r"形 \(N,\)、型 torch\.int64"):
        Batches(torch.zeros(5, 1, 4, 4).byte(), labels)


def test_the_default_device_of_pytorch_changes_no_order():
    def order():
        orders = [labels.tolist() for _, labels in data]
        return orders + [part.labels.tolist() for part in split(data, 5)]

    data = counted(20, batch_size=8, shuffle=True)
    wanted = order()
    data = counted(20, batch_size=8, shuffle=True)
    with torch.device("meta"):  # on which no value could be computed
        assert order() == wanted


@pytest.mark.parametrize("batch_size", [0, -5])
def test_batch_size_below_one_is_refused(batch_size):
    with pytest.raises(RangeError, match="batch_size"):
        batches("MNIST", batch_size=batch_size)


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("labels", [5, 20, 250])
def test_another_number_of_labels_than_of_images_is_refused(labels, shuffle):
    images = torch.zeros(10, 1, 28, 28, dtype=torch.uint8)
    with pytest.raises(LabelError, match=f"画像が 10 枚、ラベルが {labels} 個"):
        Batches(images, torch.arange(labels), shuffle=shuffle)


def test_split_takes_every_image_into_one_part():
    whole = counted(40, batch_size=8, shuffle=True, seed=3)
    train, valid = split(whole, 10)
    assert sorted(train.labels.tolist() + valid.labels.tolist()) == list(range(40))
    assert len(valid.labels) == 10
    assert (train.shuffle, valid.shuffle) == (True, False)
    assert (train.batch_size, valid.batch_size) == (8, 8)
    assert train.generator.initial_seed() == 3


def test_split_seed_decides_the_choice():
    whole = counted(40)
    assert torch.equal(split(whole, 10, seed=1)[1].labels, split(whole, 10, seed=1)[1].labels)
    assert not torch.equal(split(whole, 10, seed=1)[1].labels, split(whole, 10, seed=2)[1].labels)


@pytest.mark.parametrize("size", [0, 40, 41])
def test_split_that_leaves_a_part_empty_is_refused(size):
    with pytest.raises(RangeError, match="size"):
        split(counted(40), size)


# --- the real sets -------------------------------------------------------------------------------

CLASS_COUNTS = {
    "MNIST": (
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
        [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
    ),
    "FashionMNIST": ([6000] * 10, [1000] * 10),
}
MEAN_AND_STD = {"MNIST": (0.1307, 0.3081), "FashionMNIST": (0.2860, 0.3530)}


@pytest.mark.parametrize("name", NAMES)
def test_real_sets_are_complete(name, real_data_dir, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "full")
    monkeypatch.setenv("COURSE_DATA_DIR", str(real_data_dir))
    images, labels = arrays(name)
    assert images.shape == (60_000, 28, 28)
    assert np.bincount(labels).tolist() == CLASS_COUNTS[name][0]
    assert np.bincount(arrays(name, train=False)[1]).tolist() == CLASS_COUNTS[name][1]
    mean, std = MEAN_AND_STD[name]
    assert images.mean() / 255 == pytest.approx(mean, abs=5e-5)
    assert images.std() / 255 == pytest.approx(std, abs=5e-5)
    assert edition(name) == "full"
    assert len(getattr(datasets, name)(prepare(name), train=False)) == 10_000
