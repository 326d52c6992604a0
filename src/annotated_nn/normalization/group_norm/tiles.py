r"""
# Fused group normalization: the tiles

The [kernels](kernels.py) run as thousands of programs, and each works on one or more tiles, rectangles of channels by
positions that lie in the registers of one multiprocessor. This page holds the rules that choose the tiles. They
are plain arithmetic on the shape, so nothing is tried out when a model runs, and the same input always takes the same
path.

## What a GPU asks for

* *Runs.* A warp, 32 threads, reads neighbouring addresses together. The memory hands out sectors of 32 bytes, and a line of
  the cache is 128 bytes, so a tile should be long in the direction in which memory is contiguous.
* *Wide loads.* One thread can read 16 bytes with one instruction: eight numbers of 16 bits, four of 32. The compiler
  does so if it can see that addresses are multiples of 16 bytes.
* *Loads under way.* A byte takes more than half a microsecond to arrive. Only if much has been asked for
  before the first byte is needed is the bandwidth used.
* *Enough programs.* An H200 has 132 multiprocessors, and one sample often has only 32 groups.
"""

from dataclasses import dataclass

# The smallest piece that memory hands out, and a line of the cache, in bytes.
SECTOR, LINE = 32, 128

# Half of the 256 KiB of registers of a multiprocessor, in bytes. The other half is for what is computed from the tile.
REGISTERS = 128 * 1024

# A split tile has 4 warps, and each of their threads has 4 loads of 16 bytes under way for each tensor.
SPLIT_WARPS = 4
SPLIT_BYTES = SPLIT_WARPS * 32 * 4 * 16

# Programs per multiprocessor that collect sums: about as many as its registers hold, so that all run at once.
PROGRAMS = 4

# Values that a program of the whole path should have at least: it takes several small groups, where their number allows.
WHOLE_VALUES = 1024


def power_of_two(number: int) -> int:
    """Round up: the sides of a tile are powers of two."""
    return 1 << (number - 1).bit_length()


@dataclass(frozen=True, slots=True)
class Shape:
    r"""
    ## The input, as the rules see it

    All spatial axes count as one, of $S$ positions: group normalization does not tell them apart. A group has
    $D = C/G$ channels and $m = DS$ values.
    """

    samples: int
    channels: int
    positions: int
    groups: int
    itemsize: int
    """Bytes of a value in memory: 2, 4 or 8."""
    channels_last: bool
    """Whether the channels of a position lie side by side in memory, rather than the positions of a channel."""

    @property
    def group_channels(self) -> int:
        """Channels in a group, $D$."""
        return self.channels // self.groups

    @property
    def register_size(self) -> int:
        """Bytes of a value in registers: 16 bits become 32."""
        return max(self.itemsize, 4)

    @property
    def alignment(self) -> int:
        """
        The largest power of two, up to 16, that divides the length of a run in memory.

        Each run then begins at a multiple of it, which lets the compiler use wide loads.
        """
        run = self.channels if self.channels_last else self.positions
        return min(run & -run, 16)

    def as_rows(self) -> "Shape":
        r"""
        See each group as one channel of $DS$ positions.

        In contiguous memory the channels of a group follow each other. For statistics, which know nothing of
        $\gamma$ and $\beta$, a group is one long run.
        """
        if self.channels_last:
            return self
        length = self.group_channels * self.positions
        return Shape(self.samples, self.groups, length, self.groups, self.itemsize, False)

    def is_wide(self, channels: int, positions: int) -> bool:
        """
        Tell whether 32 bits are too few to count positions, or places in a tile of this size.

        A program computes where its chunk ends, which may lie past the last position and has to fit too: hence one bit less for
        positions.
        """
        by_channel, by_position = (1, self.channels) if self.channels_last else (self.positions, 1)
        place = (channels - 1) * by_channel + (positions - 1) * by_position
        return place >= 2**31 or self.positions >= 2**30


@dataclass(frozen=True, slots=True)
class Whole:
    r"""
    ## The whole path

    One program takes whole groups: it reads the values once, keeps them in registers while it computes the mean and the
    variance, and writes the result.
    """

    groups: int
    """Groups in a tile, a divisor of $G$ and a power of two."""
    lanes: int
    """Channels in a group, rounded up to a power of two."""
    positions: int
    """All positions, rounded up to a power of two."""
    warps: int


def plan_whole(shape: Shape, tensors: int) -> Whole | None:
    r"""
    Choose the tile, or return None where a group does not fit.

    The forward pass holds one tensor in registers, the backward pass two: $x$ and the gradient of $y$.
    """
    lanes, positions = power_of_two(shape.group_channels), power_of_two(shape.positions)

    def fits(groups: int) -> bool:
        return tensors * groups * lanes * positions * shape.register_size <= REGISTERS

    # Take more groups while there is little to do, or while a run of channels is shorter than what memory hands out.
    def is_small(groups: int) -> bool:
        short = shape.channels_last and groups * shape.group_channels * shape.itemsize < SECTOR
        return short or groups * lanes * positions < WHOLE_VALUES

    if not fits(1):
        return None
    groups = 1
    while shape.groups % (2 * groups) == 0 and is_small(groups) and fits(2 * groups):
        groups *= 2

    # 32 values for each thread, or 64 at the largest tile: with 16 warps a thread can have 128 registers, with 32 only 64,
    # too few for the values and what is computed from them.
    warps = min(max(groups * lanes * positions // (32 * 32), 1), 16)
    return Whole(groups, lanes, positions, warps)


@dataclass(frozen=True, slots=True)
class Split:
    r"""
    ## The split path

    Several programs share a group. Each reads a chunk and leaves what it found; when all have finished, another kernel
    merges what was left, and a third one reads $x$ again and computes the result.
    """

    channels: int
    """Channels in a tile."""
    positions: int
    """Positions in a tile."""
    blocks: int
    """Tiles that it takes to cover all channels."""
    tiles: int
    """Tiles that it takes to cover all positions."""
    chunks: int
    """Programs that share these tiles, for the kernels that collect sums."""
    chunk: int
    """Positions for each of these programs."""


def plan_split(shape: Shape, processors: int) -> Split:
    """
    Choose the tile and the chunks, for a number of multiprocessors.

    The tile has 8 KiB: a line of the cache for each position if channels are side by side in memory, as long a run of one
    channel as there is otherwise.
    """
    values = SPLIT_BYTES // shape.itemsize
    if shape.channels_last:
        channels = min(power_of_two(shape.channels), LINE // shape.itemsize)
        positions = min(power_of_two(shape.positions), values // channels)
    else:
        positions = min(power_of_two(shape.positions), values)
        channels = min(power_of_two(shape.channels), values // positions)
    blocks, tiles = -(-shape.channels // channels), -(-shape.positions // positions)

    # Cut the positions into as many chunks as can run at once, not more: the rest would run afterwards, with the GPU half
    # empty, and each chunk leaves sums to merge.
    wanted = max(PROGRAMS * processors // (shape.samples * blocks), 1)
    chunk = -(-tiles // min(wanted, tiles)) * positions
    return Split(channels, positions, blocks, tiles, -(-shape.positions // chunk), chunk)
