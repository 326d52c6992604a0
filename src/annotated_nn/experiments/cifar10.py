r"""
# CIFAR-10: data, network, training

60,000 photographs of $32 \times 32$ pixels in ten classes, a VGG-style network for them whose normalization
layers can be chosen, and a training that can be interrupted. The command is
[CIFAR-10 with group normalization](../normalization/group_norm/experiment.py).
"""

import hashlib
import math
import pickle
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

# ## The data
#
# The archive of the [CIFAR page](https://www.cs.toronto.edu/~kriz/cifar.html), in its version for Python, and the
# MD5 that is published there.
URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
MD5 = "c58f30108f718f92721af3b95e74349a"
TRAINING = tuple(f"cifar-10-batches-py/data_batch_{number}" for number in range(1, 6))
TEST = ("cifar-10-batches-py/test_batch",)


class DataError(Exception):
    """The archive cannot be used. The message says why, and what to do."""


class Split(NamedTuple):
    """Images with their classes. As bytes, all of CIFAR-10 takes 184 MB and can stay on the GPU."""

    images: torch.Tensor  # (N, 3, 32, 32), uint8
    labels: torch.Tensor  # (N,), int64

    def to(self, device: torch.device) -> "Split":
        """Move both to a device."""
        return Split(self.images.to(device), self.labels.to(device))


class Cifar10(NamedTuple):
    """The two parts of the data set."""

    train: Split
    test: Split


class PlainUnpickler(pickle.Unpickler):
    """
    ### Reading a pickle safely

    A pickle is a program: it may name any function of any module, and loading it calls that function. The
    pickles of CIFAR-10 need three names, those that make an array. Every other name ends the reading before
    anything was called.
    """

    # The function that makes arrays has moved between versions of NumPy: ask an array for the one of today.
    make_array = np.empty(0).__reduce__()[0]
    allowed: Mapping[tuple[str, str], Any] = {
        ("numpy.core.multiarray", "_reconstruct"): make_array,
        ("numpy._core.multiarray", "_reconstruct"): make_array,
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def find_class(self, module: str, name: str) -> Any:
        """Look up a name that the pickle asks for."""
        try:
            return self.allowed[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"asks for {module}.{name}, which data does not need") from None


def read_batch(file: IO[bytes]) -> Split:
    r"""
    ### One file of the archive

    A dictionary with the images under `data`, a row of $3 \cdot 32 \cdot 32$ bytes for each: red, then green, then
    blue, each plane row by row.
    """
    # Python 2 wrote it, and its strings were bytes.
    batch = PlainUnpickler(file, encoding="bytes").load()

    # An archive may hold anything, so look at all of it.
    match batch:
        case {b"data": np.ndarray() as data, b"labels": list(labels)}:
            pass
        case _:
            raise DataError("is not a dictionary with an array of data and a list of labels")
    if data.dtype != np.uint8 or data.shape != (len(labels), 3 * 32 * 32):
        raise DataError(
            f"holds {data.dtype} of shape {data.shape} for {len(labels)} labels, not N x 3072 bytes"
        )
    if not all(isinstance(label, int) and 0 <= label < 10 for label in labels):
        raise DataError("holds labels that are not the numbers from 0 to 9")

    # A copy, because the array may lie in memory that PyTorch must not write to.
    images = torch.from_numpy(data.copy()).view(-1, 3, 32, 32)  # (N, 3, 32, 32)
    return Split(images, torch.tensor(labels, dtype=torch.int64))  # (N,)


def load_cifar10(archive: Path, md5: str = MD5) -> Cifar10:
    """
    ### The whole archive

    Reads the archive where it lies, and unpacks nothing to the disk. Raises `DataError` if that cannot be done. Give
    `md5` for another archive in the same format.
    """
    remedy = f"download {URL} and put it at {archive}, or say where it is"
    try:
        with archive.open("rb") as file:
            # The hash comes first: what is damaged, or somebody else's, is never parsed.
            found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            if found != md5:
                raise DataError(
                    f"{archive}: damaged or not CIFAR-10, its MD5 is {found}, not {md5}; {remedy}"
                )
            file.seek(0)
            with tarfile.open(fileobj=file, mode="r:gz") as tar:
                return Cifar10(read_split(tar, TRAINING), read_split(tar, TEST))
    except OSError as error:
        raise DataError(f"{archive}: cannot be read, {error.strerror or error}; {remedy}") from error
    except (tarfile.TarError, EOFError, KeyError) as error:
        raise DataError(f"{archive}: not an archive of CIFAR-10 for Python, {error}; {remedy}") from error


def read_split(tar: tarfile.TarFile, names: tuple[str, ...]) -> Split:
    """Join the files of one part."""
    batches = []
    for name in names:
        file = tar.extractfile(name)
        if file is None:
            raise DataError(f"{name} in the archive is not a file")
        try:
            batches.append(read_batch(file))
        # A malformed pickle may raise almost anything.
        except Exception as error:
            raise DataError(f"{name} in the archive {error}") from error
    images, labels = zip(*batches, strict=True)
    return Split(torch.cat(images), torch.cat(labels))  # (N, 3, 32, 32), (N,)


def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    r"""
    ### Crops and mirror images

    A cat is a cat when it is moved by up to four pixels, or seen in a mirror. Both only say from where each pixel is
    taken, so that one look-up does them together for a whole batch.
    """
    count, device = len(images), images.device
    padded = functional.pad(images, (4, 4, 4, 4))  # (N, 3, 40, 40)

    # Drawn on the CPU, so that a seed means the same on every device.
    top, left = torch.randint(9, (2, count, 1), generator=generator)  # (N, 1), (N, 1)
    mirrored = torch.rand(count, 1, generator=generator) < 0.5  # (N, 1)
    rows = top + torch.arange(32)  # (N, 32)
    columns = left + torch.arange(32)  # (N, 32)
    columns = torch.where(mirrored, columns.flip(1), columns)  # (N, 32)

    # Indices of shapes that broadcast to that of the result.
    sample = torch.arange(count, device=device)[:, None, None, None]  # (N, 1, 1, 1)
    channel = torch.arange(3, device=device)[None, :, None, None]  # (1, 3, 1, 1)
    row, column = (
        rows.to(device)[:, None, :, None],
        columns.to(device)[:, None, None, :],
    )  # (N, 1, 32, 1), (N, 1, 1, 32)
    return padded[sample, channel, row, column]  # (N, 3, 32, 32)


# ## The network
#
# Makes the normalization layer for a number of channels.
NormFactory = Callable[[int], nn.Module]


class VGG(nn.Module):
    r"""
    Convolutions of $3 \times 3$ only, in stages.

    Each stage halves the height and width, and each but the first doubles the channels. Normalization stands between
    each convolution and its ReLU.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, norm: NormFactory, width: int = 64, stages: int = 4, classes: int = 10) -> None:
        r"""
        What can be chosen.

        * `norm` makes the layer for $C$ channels.
        * `width` is the number of channels of the first stage.
        * `stages` is the number of stages, of two convolutions each.
        * `classes` is the number of classes.
        """
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for stage in range(stages):
            for _ in range(2):
                # Without bias: the normalization subtracts the mean, and has its own $\beta$.
                wider = width * 2**stage
                layers += [nn.Conv2d(channels, wider, 3, padding=1, bias=False), norm(wider), nn.ReLU()]
                channels = wider
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(channels, classes)

        # The scale of the input belongs to the network: a checkpoint must bring it along.
        self.register_buffer("mean", torch.zeros(3, 1, 1))  # (3, 1, 1)
        self.register_buffer("std", torch.ones(3, 1, 1))  # (3, 1, 1)

    def fit_input(self, images: torch.Tensor) -> None:
        """Measure the mean and deviation of each colour on the training images."""
        # A byte has 256 values, so it is enough to know how often each occurs.
        colours = [torch.bincount(colour.flatten(), minlength=256) for colour in images.unbind(1)]
        share = torch.stack(colours).double() / colours[0].sum()  # (3, 256)
        value = torch.arange(256, device=images.device).double()  # (256,)
        mean = share @ value  # (3,)
        variance = (share * (value - mean[:, None]).square()).sum(1)  # (3,)
        # One colour all over has no deviation to divide by.
        std = variance.clamp(min=1).sqrt()  # (3,)
        self.mean.copy_(mean.view(3, 1, 1))
        self.std.copy_(std.view(3, 1, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Takes images as bytes, and returns a score for each class."""
        x = (images.float() - self.mean) / self.std  # (N, 3, H, W)
        x = self.features(x)  # (N, C, H / 2^stages, W / 2^stages)
        x = x.mean(dim=(2, 3))  # (N, C)
        scores: torch.Tensor = self.classifier(x)  # (N, classes)
        return scores


# ## Training


@dataclass(frozen=True)
class Settings:
    r"""
    What a result depends on, besides the network and the data.

    * `learning_rate` is for batches of 128 images, and in proportion for others.
    """

    epochs: int = 30
    batch_size: int = 128
    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    seed: int = 0

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1:
            raise ValueError(f"epochs={self.epochs} and batch_size={self.batch_size} must be positive")
        # PyTorch takes seeds of 64 bits; each epoch has its own below.
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed={self.seed} must be from 0 to {2**32 - 1}")

    def rate(self, progress: float) -> float:
        r"""
        The learning rate after a share $p$ of all steps.

        It falls to $0$ in half a wave of cosine, with the factor $\frac{1}{2} (1 + \cos \pi p)$.
        """
        return self.learning_rate * self.batch_size / 128 * 0.5 * (1 + math.cos(math.pi * progress))


@dataclass(frozen=True)
class Epoch:
    """What one epoch came to: its number from 1, the mean training loss, the test error in percent."""

    number: int
    loss: float
    error: float


# Called after each step with the number of the epoch, of the step, and of all steps of the epoch.
Progress = Callable[[int, int, int], None]


class CheckpointError(Exception):
    """The checkpoint cannot be used. The message says why, and what to do."""


def train(
    model: VGG,
    data: Cifar10,
    settings: Settings,
    checkpoint: Path | None = None,
    progress: Progress | None = None,
) -> Iterator[Epoch]:
    r"""
    ### The epochs, one after another

    Trains on the device that the network and the data are on. With `checkpoint`, each epoch ends by writing that file,
    and a training that finds it goes on from there: the epochs in it are not trained again, and the result is
    that of a training without a break.
    """
    optimizer = torch.optim.SGD(
        model.parameters(),
        settings.rate(0),
        settings.momentum,
        weight_decay=settings.weight_decay,
        nesterov=True,
    )
    done: list[Epoch] = []
    if checkpoint and checkpoint.exists():
        done = restore(checkpoint, model, optimizer, settings)
        yield from done
    else:
        model.fit_input(data.train.images)

    images, labels = data.train  # (N, 3, 32, 32), (N,)
    # The last batch is dropped if it is incomplete, unless it is the only one.
    size = min(settings.batch_size, len(images))
    steps = len(images) // size

    for number in range(len(done) + 1, settings.epochs + 1):
        # Each epoch has a generator of its own, so a checkpoint need not keep the state of one.
        generator = torch.Generator().manual_seed(settings.seed * 2**20 + number)
        order = torch.randperm(len(images), generator=generator).to(images.device)  # (N,)
        total = torch.zeros((), device=images.device)  # ()
        model.train()
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = settings.rate((number - 1 + step / steps) / settings.epochs)
            batch = order[step * size : (step + 1) * size]  # (B,)
            scores = model(augment(images[batch], generator))  # (B, 10)
            loss = functional.cross_entropy(scores, labels[batch])  # ()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            # Adding up on the device: asking for the number would mean to wait for the device.
            total += loss.detach()  # ()
            if progress:
                progress(number, step + 1, steps)
        done.append(Epoch(number, total.item() / steps, error_rate(model, data.test)))
        if checkpoint:
            save(checkpoint, model, optimizer, settings, done)
        yield done[-1]


@torch.no_grad()
def error_rate(model: nn.Module, split: Split, batch_size: int = 500) -> float:
    """The percentage of images for which another class has the highest score."""
    model.eval()
    wrong = 0
    for images, labels in zip(split.images.split(batch_size), split.labels.split(batch_size), strict=True):
        wrong += int((model(images).argmax(dim=1) != labels).sum())  # ()
    return 100 * wrong / len(split.labels)


def save(
    file: Path, model: nn.Module, optimizer: torch.optim.Optimizer, settings: Settings, done: list[Epoch]
) -> None:
    """
    ### Checkpoints

    Written beside the old one and then put in its place: whenever a run is interrupted, one of the two is whole.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + ".part")
    torch.save(
        {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "settings": asdict(settings),
            "done": [asdict(epoch) for epoch in done],
        },
        part,
    )
    part.replace(file)


def restore(
    file: Path, model: nn.Module, optimizer: torch.optim.Optimizer, settings: Settings
) -> list[Epoch]:
    """Read a checkpoint into the network and the optimizer, and return the epochs that are done."""
    remedy = "continue with what it was made with, or begin anew with another --checkpoint"
    try:
        # Tensors and plain values only; a checkpoint, too, is a pickle.
        state = torch.load(file, map_location="cpu", weights_only=True)
        was = Settings(**state["settings"])
        done = [Epoch(**epoch) for epoch in state["done"]]
    except Exception as error:
        raise CheckpointError(
            f"{file}: not a checkpoint of this training; delete it to begin anew"
        ) from error
    # With other settings it would be neither the one training nor the other.
    if was != settings:
        raise CheckpointError(f"{file}: was made with {was}, not {settings}; {remedy}")
    try:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    except (ValueError, RuntimeError) as error:
        raise CheckpointError(f"{file}: was made for another network; {remedy}") from error
    return done
