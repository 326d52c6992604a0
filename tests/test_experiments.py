"""The experiments: what they read, that they can be repeated and resumed, and what they write."""

import hashlib
import io
import os
import pickle
import tarfile
import xml.etree.ElementTree as ET
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest

torch = pytest.importorskip("torch", reason="torch is an extra: pip install 'site-builder[torch]'")
np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")

from annotated_nn.experiments import batch_size, cifar10  # noqa: E402
from annotated_nn.experiments.cifar10 import (  # noqa: E402
    VGG,
    CheckpointError,
    DataError,
    Settings,
    load_cifar10,
    train,
)
from annotated_nn.normalization.group_norm import GroupNorm, experiment  # noqa: E402

IMAGES = 8  # in each file of the archive made here
SETTINGS = Settings(epochs=3, batch_size=16, seed=5)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Small tensors: threads would wait for each other, and for those of other tests."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Python2Array:
    """An array as Python 2 pickled it: the names of its time, and strings that are bytes."""

    def __init__(self, array):
        self.array = array

    def __reduce__(self):
        kind = Python2Name("numpy", "dtype", (b"u1", 0, 1), (3, b"|", None, None, None, -1, -1, 0))
        state = (1, self.array.shape, kind, False, self.array.tobytes())
        make = (Python2Global("numpy", "ndarray"), (0,), b"b")
        return Python2Name("numpy.core.multiarray", "_reconstruct", make, state).__reduce__()


class Python2Global:
    """A global of a module, written as opcodes by `dump`."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Python2Name(Python2Global):
    def __init__(self, module, name, arguments, state):
        super().__init__(module, name)
        self.arguments, self.state = arguments, state

    def __reduce__(self):
        return Python2Global(self.module, self.name), self.arguments, self.state


class Python2Pickler(pickle._Pickler):
    """Protocol 2 with short byte strings as Python 2 wrote them."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_bytes(self, value):
        self.write(pickle.BINSTRING + len(value).to_bytes(4, "little") + value)

    def save_reduce(self, func, args, state=None, **_):
        self.write(pickle.GLOBAL + f"{func.module}\n{func.name}\n".encode())
        self.save(tuple(args))
        self.write(pickle.REDUCE)
        if state is not None:
            self.save(state)
            self.write(pickle.BUILD)

    def save(self, value, save_persistent_id=True):
        if type(value) is Python2Global:
            self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())
        else:
            super().save(value, save_persistent_id)

    dispatch[bytes] = save_bytes


def dump(value):
    file = io.BytesIO()
    Python2Pickler(file, protocol=2).dump(value)
    return file.getvalue()


def batch_of(number):
    """Images whose class shows: it is the brightness, with some noise."""
    random = np.random.default_rng(number)
    labels = random.integers(0, 10, IMAGES)
    data = (25 * labels[:, None] + random.integers(0, 20, (IMAGES, 3072))).astype(np.uint8)
    return data, labels.tolist()


def python2_batch(number):
    data, labels = batch_of(number)
    names = [f"{i}.png".encode() for i in range(IMAGES)]
    return dump(
        {b"batch_label": b"made", b"labels": labels, b"data": Python2Array(data), b"filenames": names}
    )


def write_archive(file, **changed):
    """An archive in the format of CIFAR-10, with members of other content or none; its path and its MD5."""
    names = [*cifar10.TRAINING, *cifar10.TEST]
    members = {name: python2_batch(number) for number, name in enumerate(names)}
    members |= {f"cifar-10-batches-py/{name}": content for name, content in changed.items()}
    with tarfile.open(file, "w:gz") as tar:
        for name, content in members.items():
            if content is not None:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return file, hashlib.md5(file.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return write_archive(tmp_path_factory.mktemp("cifar") / "made.tar.gz")


@pytest.fixture(scope="module")
def data(archive):
    return load_cifar10(*archive)


TWO_GROUPS = partial(GroupNorm, 2)


def model_of(seed, norm=TWO_GROUPS):
    torch.manual_seed(seed)
    return VGG(norm, width=4)


def same(first, second):
    states = first.state_dict(), second.state_dict()
    return states[0].keys() == states[1].keys() and all(
        torch.equal(states[0][name], states[1][name]) for name in states[0]
    )


# Reading


def test_the_archive_is_read(data):
    assert data.train.images.shape == (5 * IMAGES, 3, 32, 32)
    assert data.test.images.shape == (IMAGES, 3, 32, 32)
    assert data.train.images.dtype == torch.uint8
    rows, labels = batch_of(1)  # the second file
    assert data.train.labels[IMAGES : 2 * IMAGES].tolist() == labels
    image = data.train.images[IMAGES]
    assert image[0, 0, 5] == rows[0, 5]
    assert image[1, 0, 0] == rows[0, 1024]
    assert image[2, 3, 4] == rows[0, 2048 + 3 * 32 + 4]
    rows, labels = batch_of(5)
    assert data.test.labels.tolist() == labels


def test_an_archive_of_todays_numpy_is_read_too(tmp_path):
    rows, labels = batch_of(0)
    content = pickle.dumps({b"data": rows, b"labels": labels}, protocol=4)
    read = load_cifar10(*write_archive(tmp_path / "new.tar.gz", test_batch=content))
    assert read.test.labels.tolist() == labels


def test_a_missing_archive_says_where_to_put_it(tmp_path):
    file = tmp_path / "no" / "cifar.tar.gz"
    with pytest.raises(DataError) as error:
        load_cifar10(file)
    assert f"put it at {file}" in str(error.value)
    assert cifar10.URL in str(error.value)


def test_a_damaged_archive_is_not_parsed(tmp_path, archive):
    file, md5 = tmp_path / "cut.tar.gz", archive[1]
    file.write_bytes(archive[0].read_bytes()[:-100])
    with pytest.raises(DataError, match=f"damaged or not CIFAR-10.*not {md5}.*put it at"):
        load_cifar10(file, md5)
    with pytest.raises(DataError, match=f"not {cifar10.MD5}"):
        load_cifar10(archive[0])


def test_the_hash_of_something_else_does_not_make_it_an_archive(tmp_path):
    file = tmp_path / "text.tar.gz"
    file.write_text("not an archive")
    with pytest.raises(DataError, match="put it at"):
        load_cifar10(file, hashlib.md5(file.read_bytes()).hexdigest())
    file, md5 = write_archive(file, test_batch=None)
    with pytest.raises(DataError, match="test_batch"):
        load_cifar10(file, md5)


class Command:
    def __reduce__(self):
        return os.mkdir, ("owned",)


@pytest.mark.parametrize("value", [Command(), {b"data": Command(), b"labels": []}, [eval]])
def test_a_hostile_pickle_is_refused(tmp_path, monkeypatch, value):
    monkeypatch.chdir(tmp_path)
    made = write_archive(tmp_path / "bad.tar.gz", data_batch_3=pickle.dumps(value, protocol=4))
    with pytest.raises(DataError, match=r"data_batch_3.*asks for (posix|nt|builtins)\.\w+"):
        load_cifar10(*made)
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(("content", "message"), [
    ([1, 2], "not a dictionary"),
    ({b"data": b"", b"labels": []}, "not a dictionary"),
    ({b"data": np.zeros((2, 10), np.uint8), b"labels": [1, 2]}, "2, 10"),
    ({b"data": np.zeros((2, 3072), np.float32), b"labels": [1, 2]}, "float32"),
    ({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1]}, "1 labels"),
    ({b"data": np.zeros((1, 3072), np.uint8), b"labels": [10]}, "from 0 to 9"),
])  # fmt: skip
def test_other_contents_are_refused(tmp_path, content, message):
    made = write_archive(tmp_path / "other.tar.gz", test_batch=pickle.dumps(content, protocol=4))
    with pytest.raises(DataError, match=message):
        load_cifar10(*made)


# The pieces


def test_augmented_images_are_moved_and_mirrored(data):
    images = data.train.images
    augmented = cifar10.augment(images, torch.Generator().manual_seed(0))
    assert augmented.shape == images.shape
    padded = torch.nn.functional.pad(images, (4, 4, 4, 4))
    kinds = set()
    for before, after in zip(padded, augmented, strict=True):
        places = [
            mirrored
            for top in range(9)
            for left in range(9)
            for mirrored in (False, True)
            if torch.equal(after.flip(2) if mirrored else after, before[:, top : top + 32, left : left + 32])
        ]
        assert len(places) == 1
        kinds.add(places[0])
    assert kinds == {False, True}


def test_the_network_measures_its_input(data):
    model = model_of(0)
    model.fit_input(data.train.images)
    pixels = data.train.images.double().transpose(0, 1).flatten(1)
    torch.testing.assert_close(model.mean.flatten().double(), pixels.mean(1), rtol=1e-6, atol=0)
    torch.testing.assert_close(model.std.flatten().double(), pixels.std(1, correction=0), rtol=1e-6, atol=0)
    assert model(data.test.images).shape == (IMAGES, 10)


def test_the_learning_rate_falls_from_all_to_nothing():
    settings = Settings(batch_size=64, learning_rate=0.2)
    assert [round(settings.rate(p), 9) for p in (0, 0.5, 1)] == [0.1, 0.05, 0]


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch_size": 0}, {"seed": -1}, {"seed": 2**32}])
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**wrong)


# Training


def test_a_seed_decides_and_another_decides_otherwise(data):
    runs = []
    for seed in (5, 5, 6):
        model = model_of(0)  # the first weights are not all that a seed decides
        runs.append((model, list(train(model, data, Settings(epochs=2, batch_size=16, seed=seed)))))
    assert runs[0][1] == runs[1][1] != runs[2][1]
    assert same(runs[0][0], runs[1][0])
    assert not same(runs[0][0], runs[2][0])


def test_an_overfitted_network_knows_its_images(data):
    model = model_of(0, norm=partial(GroupNorm, 1))
    *_, last = train(model, data, Settings(epochs=10, batch_size=8, learning_rate=0.8))
    assert last.loss < 2  # log 10 is 2.3
    assert last.error == cifar10.error_rate(model, data.test, batch_size=3)


@pytest.mark.parametrize("norm", [partial(GroupNorm, 2), torch.nn.BatchNorm2d])
def test_resuming_is_as_not_stopping(data, tmp_path, norm):
    whole, stopped, resumed = (model_of(0, norm) for _ in range(3))
    expected = list(train(whole, data, SETTINGS))

    file = tmp_path / "new folder" / "run.pt"
    epochs = train(stopped, data, SETTINGS, file)
    next(epochs)
    epochs.close()
    # Weights of its own, all of which must be replaced.
    resumed.load_state_dict({name: value + 1 for name, value in resumed.state_dict().items()})
    torch.manual_seed(99)
    steps = []
    assert list(train(resumed, data, SETTINGS, file, lambda *step: steps.append(step))) == expected
    assert steps == [(epoch, step, 2) for epoch in (2, 3) for step in (1, 2)]
    assert same(resumed, whole)
    assert [path.name for path in file.parent.iterdir()] == ["run.pt"]


def test_a_wrong_checkpoint_is_refused(data, tmp_path):
    file = tmp_path / "run.pt"
    next(train(model_of(0), data, SETTINGS, file))
    with pytest.raises(CheckpointError, match=r"was made with .*seed=5.*another --checkpoint"):
        next(train(model_of(0), data, Settings(epochs=3, batch_size=16, seed=6), file))
    with pytest.raises(CheckpointError, match="another network"):
        next(train(VGG(partial(GroupNorm, 2), width=8), data, SETTINGS, file))
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="delete it to begin anew"):
        next(train(model_of(0), data, SETTINGS, file))


# The commands


def options_for(archive, *more):
    made = ["--data", str(archive[0]), "--md5", archive[1]]
    return [
        *made,
        "--epochs",
        "2",
        "--batch-size",
        "16",
        "--width",
        "4",
        "--groups",
        "2",
        "--device",
        "cpu",
        *more,
    ]


def without_time(printed):
    return printed.rpartition(" in ")[0]


def test_the_experiment_runs_and_says_what_came_out(archive, tmp_path, capsys):
    options = options_for(archive, "--checkpoint", str(tmp_path / "run.pt"))
    experiment.main(options)
    printed = capsys.readouterr().out
    assert printed.count("\n") == 3
    assert "epoch   2: loss " in printed
    assert printed.splitlines()[-1].startswith(
        "result: group norm (G=2), width 4, 2 epochs, batch 16, seed 0, cpu: "
    )
    experiment.main(options)  # all is done: the same again
    assert without_time(capsys.readouterr().out) == without_time(printed)
    experiment.main(options_for(archive, "--norm", "batch"))
    assert "result: batch norm, width 4" in capsys.readouterr().out


@pytest.mark.parametrize(("more", "message"), [
    (["--data", "none.tar.gz"], "put it at none.tar.gz"),
    (["--groups", "3"], "use one of [1, 2, 4]"),
    (["--epochs", "0"], "must be positive"),
    (["--seed", "-1"], "must be from 0"),
    (["--lr", "-1"], "learning rate"),
])  # fmt: skip
def test_what_the_user_can_put_right_is_said_in_a_line(archive, more, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        experiment.main(options_for(archive, *more))
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("command", [experiment, batch_size])
def test_help_is_there(command, capsys):
    with pytest.raises(SystemExit) as exit_:
        command.main(["--help"])
    assert exit_.value.code == 0
    printed = capsys.readouterr().out
    assert f"python -m {command.__name__}" in printed
    assert "--epochs" in printed


def test_batch_size_writes_a_table_and_a_plot(tmp_path, capsys):
    file = tmp_path / "plot.svg"
    small = ["--seeds=1", "--epochs=1", "--train-size=64", "--jobs=1", "--batch-sizes", "32", "16", "--plot"]
    batch_size.main([*small, str(file)])
    first = capsys.readouterr().out, file.read_text()
    batch_size.main([*small, str(file)])
    assert (capsys.readouterr().out, file.read_text()) == first
    assert "| Batch size | 32 | 16 |\n|---|---|---|\n| Batch norm | " in first[0]
    root = ET.fromstring(first[1])
    tags = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert tags.count("polyline") == 2
    assert tags.count("circle") == 4


@pytest.mark.parametrize("wrong", ["--seeds=0", "--epochs=0", "--jobs=0", "--train-size=33"])
def test_batch_size_refuses_what_cannot_be_measured(wrong, capsys):
    with pytest.raises(SystemExit):
        batch_size.main([wrong])
    assert "must be positive" in capsys.readouterr().err


def test_table_and_places_are_right():
    results = {("Batch norm", 2): [40.0, 44.0], ("Batch norm", 32): [1.0, 1.0], ("Group norm", 2): [2.0, 2.0],
               ("Group norm", 32): [1.5, 2.5]}  # fmt: skip
    assert batch_size.table(results).splitlines() == [
        "| Batch size | 32 | 2 |",
        "|---|---|---|",
        "| Batch norm | 1.00 ± 0.00 | 42.00 ± 2.83 |",
        "| Group norm | 2.00 ± 0.71 | 2.00 ± 0.00 |",
    ]
    assert batch_size.position(32, 0, 32, 2) == (60, 250)
    assert batch_size.position(2, 100, 32, 2) == (360, 35)
    assert batch_size.position(8, 1, 32, 2)[0] == 210


def test_a_map_of_four_gives_batch_norm_more_to_average():
    shapes = []
    for size in (1, 2):
        model = batch_size.network(torch.nn.BatchNorm2d, size)
        model[9].register_forward_hook(lambda layer, x, y: shapes.append(tuple(y.shape)))
        model(torch.zeros(2, 1, 8, 8))
    assert shapes == [(2, 64, 1, 1), (2, 64, 2, 2)]


def test_the_page_shows_what_its_plot_shows():
    """The means on the page are those of the plot beside it."""
    file = Path(batch_size.__file__)
    lines = file.read_text(encoding="utf-8").splitlines()
    rows = [line.split("|")[2:-1] for line in lines if line.startswith(("| Batch norm", "| Group norm"))]
    drawn = [line.get("points") for line in ET.parse(file.with_suffix(".svg")).iter() if line.get("points")]
    assert len(rows) >= 2
    for row, points in zip(rows, drawn, strict=False):
        for size, cell, point in zip((32, 8, 4, 2), row, points.split(), strict=True):
            place = tuple(map(float, point.split(",")))
            assert place == pytest.approx(
                batch_size.position(size, float(cell.split("±")[0]), 32, 2), abs=0.6
            )
