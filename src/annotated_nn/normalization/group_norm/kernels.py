r"""
# Fused group normalization: the kernels

Eight kernels in [Triton](https://triton-lang.org): two for the whole path, six for the split one. A kernel is a
function that runs many times at once. Each run is a *program*, which knows its number and works on tiles: small tensors
in the registers of a multiprocessor. It reads them from memory by address and writes them back. [How tiles are
chosen](tiles.py) and [how the kernels are called](launch.py) are pages of their own, and so is [the layer](fused.py).

An input has $N$ samples of $C$ channels in $G$ groups and $S$ positions, $HW$ for images. $D = C/G$ is the number of channels in
a group, which so has $m = DS$ values. What else is in capitals is a tensor in memory, or known when a kernel is
compiled. Shapes at the end of a line are those of tiles.

No two programs add into the same memory. So nothing depends on which program comes first,
and the same input gives the same bits every time.
"""

import triton
import triton.language as tl


@triton.jit
def aligned(C, S, LAST: tl.constexpr, ALIGN: tl.constexpr):
    """
    ## Wide loads

    A thread can read 16 bytes at once from an address that is a multiple of 16. The compiler has to be sure of that, for
    the beginning of each run in memory and for its end. So divide the length of a run by a number that divides it,
    and multiply again: nothing has changed, but now the compiler sees a multiple.
    """
    if LAST:
        C = C // ALIGN * ALIGN
    else:
        S = S // ALIGN * ALIGN
    return C, S


@triton.jit
def locate(n, c0, c, s0, s, C, S, LAST: tl.constexpr, WIDE: tl.constexpr):
    r"""
    ## Where a tile lies

    A tile has channels $c_0 + c$ and positions $s_0 + s$ of sample $n$. In contiguous memory such a value is number

    $$(nC + c_0 + c) \, S + s_0 + s$$

    and with channels last number

    $$(nS + s_0 + s) \, C + c_0 + c$$

    The layouts differ in nothing else. The kernels are written once, and the compiler lays the threads along
    the side of the tile that is a run in memory.

    A tensor may have more than $2^{31}$ values, so the beginning of the tile is computed in 64 bits, once
    for each tile. Within the tile, where a place is computed for each value, 32 bits are enough and
    cheaper. `WIDE` is for the rare tensor where they are not enough.
    """
    if WIDE:
        c, s = c.to(tl.int64), s.to(tl.int64)
    if LAST:
        start = (n * S + s0) * C + c0
        place = c[:, None] + s[None, :] * C  # (channels, positions)
    else:
        start = (n * C + c0) * S + s0
        place = c[:, None] * S + s[None, :]  # (channels, positions)
    return start, place


@triton.jit
def position(number, WIDE: tl.constexpr):
    """Count in 64 bits where a sample has so many positions that 32 are not enough."""
    return number.to(tl.int64) if WIDE else number


@triton.jit
def within(c, s, C, S):
    """Tell what of a tile is in the tensor: sides of tiles are powers of two, and may reach over its edge."""
    return (c < C)[:, None] & (s < S)[None, :]  # (channels, positions)


@triton.jit
def whole_groups(D: tl.constexpr, K: tl.constexpr, LANES: tl.constexpr):
    """
    List the channels of a tile of K whole groups.

    Each group takes D lanes, rounded up to a power of two. With D = 3, the lanes of two groups are channels 0 1 2 – 3 4 5 –
    where a dash is a lane without a channel.
    """
    lane = tl.arange(0, K * LANES)  # (K · LANES,)
    if K == 1 or LANES == D:
        # This form lets the compiler see one run, and where it ends.
        c, inside = lane, lane < K * D
    else:
        c, inside = lane // LANES * D + lane % LANES, lane % LANES < D
    return c, inside  # (K · LANES,) each


@triton.jit
def sum_groups(channels, K: tl.constexpr, LANES: tl.constexpr):
    """Add up the channels of each group."""
    if K == 1:
        groups = tl.sum(channels, axis=0, keep_dims=True)  # (1,)
    else:
        groups = tl.sum(tl.reshape(channels, (K, LANES)), axis=1)  # (K,)
    return groups  # (K,)


@triton.jit
def for_channels(groups, K: tl.constexpr, LANES: tl.constexpr):
    """Give each channel the value of its group."""
    # With a reshape here, some versions of Triton spread the whole tile badly over the threads.
    channels = groups if K == 1 else tl.gather(groups, tl.arange(0, K * LANES) // LANES, axis=0)
    return channels[:, None]  # (K · LANES, 1), or (1, 1)


@triton.jit
def parameters(W, B, c, inside, ACC: tl.constexpr):
    r"""
    Load $\gamma$ and $\beta$ of some channels, from whatever type they have.

    A layer without them has $\gamma = 1$ and $\beta = 0$, which are not read from anywhere.
    """
    w = tl.full(c.shape, 1.0, ACC)  # (channels,)
    b = tl.full(c.shape, 0.0, ACC)  # (channels,)
    if W is not None:
        w = tl.load(W + c, mask=inside, other=0.0).to(ACC)  # (channels,)
    if B is not None:
        b = tl.load(B + c, mask=inside, other=0.0).to(ACC)  # (channels,)
    return w[:, None], b[:, None]  # (channels, 1) each


@triton.jit
def statistics_of(STATISTICS, n, G, c, inside, all_groups, D: tl.constexpr):
    r"""
    Load what the forward pass found: $\mu$, $\rho$ and $\frac{1}{\sqrt{\sigma^2 + \epsilon}}$ of the group of each channel.

    To find the group takes a division, which is why it goes by channel and not by value.
    """
    group = STATISTICS + n * G + c // D  # (channels,)
    mean = tl.load(group, mask=inside, other=0.0)  # (channels,)
    rest = tl.load(group + all_groups, mask=inside, other=0.0)  # (channels,)
    rstd = tl.load(group + all_groups + all_groups, mask=inside, other=0.0)  # (channels,)
    return mean[:, None], rest[:, None], rstd[:, None]  # (channels, 1) each


@triton.jit
def activate(z, SILU: tl.constexpr):
    r"""
    ## The activation

    SiLU, which often follows the layer, is $y = z \, \sigma(z)$ with $\sigma(z) = \frac{1}{1 + e^{-z}}$. As a layer of
    its own it reads and writes a whole tensor. Here $z$ is in registers already, and it costs no traffic at all.
    """
    if SILU:
        z = z / (1 + tl.exp(-z))
    return z


@triton.jit
def deactivate(dy, z, SILU: tl.constexpr):
    r"""
    The way back: $dz = dy \cdot \sigma(z) \, (1 + z \, (1 - \sigma(z)))$.

    $z$ was not kept. To compute it again from $\hat{x}$ costs arithmetic, of which there is plenty; to read it
    would cost a tensor of traffic.
    """
    if SILU:
        sigmoid = 1 / (1 + tl.exp(-z))
        dy = dy * sigmoid * (1 + z * (1 - sigmoid))
    return dy


@triton.jit
def inverse_deviation(square, rest, EPS: tl.constexpr):
    r"""
    Compute $\frac{1}{\sqrt{\sigma^2 + \epsilon}}$ from $\sigma^2 = \frac{1}{m} \sum_k (x_k - \mu)^2 - \rho^2$.

    As $\rho$ is tiny, nothing is lost in the subtraction. Where all values are equal, it can leave slightly less than zero.
    """
    variance = tl.maximum(square - rest * rest, 0.0, propagate_nan=tl.PropagateNan.ALL)
    return 1 / tl.sqrt(variance + EPS)


@triton.jit
def forward_whole(
    X, W, B, Y, STATISTICS, C, S, G, all_groups,
    EPS: tl.constexpr, D: tl.constexpr, K: tl.constexpr, LANES: tl.constexpr, POSITIONS: tl.constexpr,
    LAST: tl.constexpr, ALIGN: tl.constexpr, WIDE: tl.constexpr, SILU: tl.constexpr, ACC: tl.constexpr,
):  # fmt: skip
    r"""
    ## Forward, whole: 2 tensors

    One program normalizes K groups of one sample. It reads $x$ once and writes $y$ once; everything between happens in
    registers.
    """
    C, S = aligned(C, S, LAST, ALIGN)
    program, blocks = tl.program_id(0), G // K
    n, g = (program // blocks).to(tl.int64), program % blocks * K
    c, inside = whole_groups(D, K, LANES)
    s = tl.arange(0, POSITIONS)
    start, place = locate(n, g * D, c, 0, s, C, S, LAST, WIDE)
    full = inside[:, None] & (s < S)[None, :]  # (K · LANES, POSITIONS)

    # The values are in 16 or 32 bits in memory, and in 32 from here on. 64 bits stay 64.
    x = tl.load(X + start + place, mask=full, other=0.0).to(ACC)  # (K · LANES, POSITIONS)

    # $\mu = \frac{1}{m} \sum_k x_k$
    m = tl.cast(S, ACC) * D
    mean = sum_groups(tl.sum(x, axis=1), K, LANES) / m  # (K,)

    # A mean of $10^4$ is rounded to a multiple of about $10^{-3}$. What is left of it,
    # $\rho = \frac{1}{m} \sum_k (x_k - \mu)$, is tiny, so it is known to many digits.
    # From here on the mean is the pair $\mu + \rho$.
    centred = tl.where(full, x - for_channels(mean, K, LANES), 0.0)  # (K · LANES, POSITIONS)
    rest = sum_groups(tl.sum(centred, axis=1), K, LANES) / m  # (K,)

    square = sum_groups(tl.sum(centred * centred, axis=1), K, LANES) / m  # (K,)
    rstd = inverse_deviation(square, rest, EPS)  # (K,)

    # $\hat{x}$, then $z = \gamma \hat{x} + \beta$, then $y$
    normalized = (centred - for_channels(rest, K, LANES)) * for_channels(rstd, K, LANES)
    w, b = parameters(W, B, g * D + c, inside, ACC)  # (K · LANES, 1) each
    y = activate(normalized * w + b, SILU).to(Y.dtype.element_ty)  # (K · LANES, POSITIONS)
    tl.store(Y + start + place, y, mask=full)

    # The way back needs three numbers of each group.
    group = STATISTICS + n * G + g + tl.arange(0, K)  # (K,)
    tl.store(group, mean)
    tl.store(group + all_groups, rest)
    tl.store(group + all_groups + all_groups, rstd)


@triton.jit
def collect_statistics(
    X, PARTS, C, S, blocks, chunks, chunk, all_parts,
    CHANNELS: tl.constexpr, POSITIONS: tl.constexpr,
    LAST: tl.constexpr, ALIGN: tl.constexpr, WIDE: tl.constexpr, ACC: tl.constexpr,
):  # fmt: skip
    r"""
    ## Forward, split, first: what each program finds

    A group of a million values does not fit into registers. This kernel cuts it up: each program reads a *chunk* of
    the positions of some channels, tile after tile, and leaves three numbers for each channel.

    Sums of squares are only exact around a number near the mean. The first tile tells one, the pivot $p$, and then

    $$\delta = \frac{1}{k} \sum_j (x_j - p), \qquad M = \sum_j (x_j - p)^2 - k \delta^2$$

    are the mean of the $k$ values of the chunk minus $p$, and the sum of their squared distances from that mean.

    In contiguous memory the "channels" of this kernel are whole groups, of $DS$ positions each: their channels follow
    each other, and statistics do not ask where one begins.
    """
    C, S = aligned(C, S, LAST, ALIGN)
    program = tl.program_id(0)
    c0 = program % blocks * CHANNELS
    p = program // blocks % chunks
    n = (program // blocks // chunks).to(tl.int64)
    begin = position(p, WIDE) * chunk
    end = tl.minimum(begin + chunk, S)
    c, s = tl.arange(0, CHANNELS), tl.arange(0, POSITIONS)

    # The first tile, and its mean
    start, place = locate(n, c0, c, begin, s, C, S, LAST, WIDE)
    full = within(c0 + c, begin + s, C, S)  # (CHANNELS, POSITIONS)
    x = tl.load(X + start + place, mask=full, other=0.0).to(ACC)  # (CHANNELS, POSITIONS)
    pivot = tl.sum(x, axis=1) / tl.minimum(POSITIONS, end - begin).to(ACC)  # (CHANNELS,)
    shifted = tl.where(full, x - pivot[:, None], 0.0)  # (CHANNELS, POSITIONS)

    # Each thread adds up its own values, and only after the last tile are threads added to each other.
    total, squares = shifted, shifted * shifted  # (CHANNELS, POSITIONS)
    for s0 in tl.range(begin + POSITIONS, end, POSITIONS):
        start, place = locate(n, c0, c, s0, s, C, S, LAST, WIDE)
        full = within(c0 + c, s0 + s, C, S)  # (CHANNELS, POSITIONS)
        x = tl.load(X + start + place, mask=full, other=0.0).to(ACC)  # (CHANNELS, POSITIONS)
        shifted = tl.where(full, x - pivot[:, None], 0.0)  # (CHANNELS, POSITIONS)
        total += shifted
        squares += shifted * shifted

    k = (end - begin).to(ACC)
    delta = tl.sum(total, axis=1) / k  # (CHANNELS,)
    part = PARTS + (n * chunks + p) * C + c0 + c  # (CHANNELS,)
    inside = c0 + c < C  # (CHANNELS,)
    tl.store(part, pivot, mask=inside)
    tl.store(part + all_parts, delta, mask=inside)
    tl.store(part + all_parts + all_parts, tl.sum(squares, axis=1) - k * delta * delta, mask=inside)


@triton.jit
def parts_of_group(i, n, g, C, chunks, D: tl.constexpr):
    """Find part $i$ of a group, one for each of its channels and chunks: where it lies, and its chunk."""
    p = (i // D).to(tl.int64)
    return (n * chunks + p) * C + g * D + i % D, p


@triton.jit
def merge_statistics(
    PARTS, STATISTICS, C, S, G, chunks, chunk, all_parts, all_groups,
    EPS: tl.constexpr, D: tl.constexpr, BLOCK: tl.constexpr, ACC: tl.constexpr,
):  # fmt: skip
    r"""
    ## Forward, split, second: the parts become one

    One program for each group. Part $i$ has $k_i$ values with mean $p_i + \delta_i$. Chan's rule merges any number of parts:

    $$\mu = \frac{1}{m} \sum_i k_i (p_i + \delta_i), \qquad
    m \sigma^2 = \sum_i \left( M_i + k_i \, (p_i + \delta_i - \mu)^2 \right)$$

    In the second sum, the first term stands for the variance within the parts, the second for that between them.
    """
    program = tl.program_id(0)
    n, g = (program // G).to(tl.int64), program % G
    count = chunks * D
    m = tl.cast(S, ACC) * D

    # First the mean
    total = tl.zeros([BLOCK], ACC)
    for i0 in range(0, count, BLOCK):
        i = i0 + tl.arange(0, BLOCK)
        place, p = parts_of_group(i, n, g, C, chunks, D)
        full = i < count
        k = tl.minimum(chunk, S - p * chunk).to(ACC)  # (BLOCK,)
        pivot = tl.load(PARTS + place, mask=full, other=0.0)  # (BLOCK,)
        delta = tl.load(PARTS + all_parts + place, mask=full, other=0.0)  # (BLOCK,)
        total += tl.where(full, k * (pivot + delta), 0.0)
    mean = tl.sum(total) / m

    # Then what is left of it, $\rho$, and the squares. Subtract $\mu$ from $p_i$ first: they are close, so nothing is lost.
    total = tl.zeros([BLOCK], ACC)
    squares = tl.zeros([BLOCK], ACC)
    for i0 in range(0, count, BLOCK):
        i = i0 + tl.arange(0, BLOCK)
        place, p = parts_of_group(i, n, g, C, chunks, D)
        full = i < count
        k = tl.where(full, tl.minimum(chunk, S - p * chunk), 0).to(ACC)  # (BLOCK,)
        pivot = tl.load(PARTS + place, mask=full, other=0.0)  # (BLOCK,)
        delta = tl.load(PARTS + all_parts + place, mask=full, other=0.0)  # (BLOCK,)
        square = tl.load(PARTS + all_parts + all_parts + place, mask=full, other=0.0)  # (BLOCK,)
        distance = pivot - mean + delta
        total += k * distance
        squares += square + k * distance * distance
    rest = tl.sum(total) / m
    rstd = inverse_deviation(tl.sum(squares) / m, rest, EPS)

    tl.store(STATISTICS + program, mean)
    tl.store(STATISTICS + all_groups + program, rest)
    tl.store(STATISTICS + all_groups + all_groups + program, rstd)


@triton.jit
def normalize(
    X, W, B, STATISTICS, Y, C, S, G, blocks, tiles, all_groups,
    D: tl.constexpr, CHANNELS: tl.constexpr, POSITIONS: tl.constexpr,
    LAST: tl.constexpr, ALIGN: tl.constexpr, WIDE: tl.constexpr, SILU: tl.constexpr, ACC: tl.constexpr,
):  # fmt: skip
    r"""
    ## Forward, split, third: the result

    $y = \gamma \hat{x} + \beta$, and the activation, one tile for each program. This is where $x$ is read for the second time.
    """
    C, S = aligned(C, S, LAST, ALIGN)
    program = tl.program_id(0)
    c0 = program % blocks * CHANNELS
    s0 = position(program // blocks % tiles, WIDE) * POSITIONS
    n = (program // blocks // tiles).to(tl.int64)
    c, s = tl.arange(0, CHANNELS), tl.arange(0, POSITIONS)
    start, place = locate(n, c0, c, s0, s, C, S, LAST, WIDE)
    full = within(c0 + c, s0 + s, C, S)  # (CHANNELS, POSITIONS)
    inside = c0 + c < C  # (CHANNELS,)

    x = tl.load(X + start + place, mask=full, other=0.0).to(ACC)  # (CHANNELS, POSITIONS)
    mean, rest, rstd = statistics_of(STATISTICS, n, G, c0 + c, inside, all_groups, D)
    w, b = parameters(W, B, c0 + c, inside, ACC)  # (CHANNELS, 1) each
    normalized = (x - mean - rest) * rstd  # (CHANNELS, POSITIONS)
    y = activate(normalized * w + b, SILU).to(Y.dtype.element_ty)  # (CHANNELS, POSITIONS)
    tl.store(Y + start + place, y, mask=full)


@triton.jit
def backward_whole(
    DY, X, W, B, STATISTICS, DX, SUMS, C, S, G, all_groups, all_sums,
    D: tl.constexpr, K: tl.constexpr, LANES: tl.constexpr, POSITIONS: tl.constexpr,
    LAST: tl.constexpr, ALIGN: tl.constexpr, WIDE: tl.constexpr, SILU: tl.constexpr, ACC: tl.constexpr,
):  # fmt: skip
    r"""
    ## Backward, whole: 3 tensors

    $dy$ stands for the gradient of the loss with respect to $y$, and so on. From the gradient before the activation, $dz$, come
    those of the parameters, sums over all places of a channel,

    $$d\beta_c = \sum dz, \qquad d\gamma_c = \sum dz \cdot \hat{x}$$

    A value acts on all results of its group, through the mean and the variance. So two terms are subtracted,
    each with one number for each group:

    $$dx = \frac{1}{\sqrt{\sigma^2 + \epsilon}} \left( \gamma \, dz - c_1 - c_2 \hat{x} \right)$$

    $$c_1 = \frac{1}{m} \sum \gamma \, dz, \qquad c_2 = \frac{1}{m} \sum \gamma \, dz \cdot \hat{x}$$

    As $\gamma$ is the same at all places of a channel, $c_1$ and $c_2$ are made of the sums that the parameters need anyway.
    One program has all of its groups at hand: it reads $dy$ and $x$ once and writes $dx$ once.
    """
    C, S = aligned(C, S, LAST, ALIGN)
    program, blocks = tl.program_id(0), G // K
    n, g = (program // blocks).to(tl.int64), program % blocks * K
    c, inside = whole_groups(D, K, LANES)
    s = tl.arange(0, POSITIONS)
    start, place = locate(n, g * D, c, 0, s, C, S, LAST, WIDE)
    full = inside[:, None] & (s < S)[None, :]  # (K · LANES, POSITIONS)
    c += g * D

    # $\hat{x}$ and $dz$. Outside of the tensor $dy$ is zero, and so $dz$.
    dy = tl.load(DY + start + place, mask=full, other=0.0).to(ACC)  # (K · LANES, POSITIONS)
    x = tl.load(X + start + place, mask=full, other=0.0).to(ACC)  # (K · LANES, POSITIONS)
    mean, rest, rstd = statistics_of(STATISTICS, n, G, c, inside, all_groups, D)
    w, b = parameters(W, B, c, inside, ACC)  # (K · LANES, 1) each
    normalized = (x - mean - rest) * rstd  # (K · LANES, POSITIONS)
    dz = deactivate(dy, normalized * w + b, SILU)  # (K · LANES, POSITIONS)

    # $\sum dz$ and $\sum dz \cdot \hat{x}$ of this sample. Those of all samples are added up in the end.
    shift = tl.sum(dz, axis=1)  # (K · LANES,)
    scale = tl.sum(dz * normalized, axis=1)  # (K · LANES,)
    tl.store(SUMS + n * C + c, shift, mask=inside)
    tl.store(SUMS + all_sums + n * C + c, scale, mask=inside)

    # $c_1$ and $c_2$
    m = tl.cast(S, ACC) * D
    gamma = tl.sum(w, axis=1)  # (K · LANES,)
    c1 = for_channels(sum_groups(gamma * shift, K, LANES) / m, K, LANES)  # (K · LANES, 1)
    c2 = for_channels(sum_groups(gamma * scale, K, LANES) / m, K, LANES)  # (K · LANES, 1)

    dx = rstd * (w * dz - c1 - c2 * normalized)  # (K · LANES, POSITIONS)
    tl.store(DX + start + place, dx.to(DX.dtype.element_ty), mask=full)


@triton.jit
def collect_gradients(
    DY, X, W, B, STATISTICS, SUMS, C, S, G, blocks, chunks, chunk, all_groups, all_sums,
    D: tl.constexpr, CHANNELS: tl.constexpr, POSITIONS: tl.constexpr,
    LAST: tl.constexpr, ALIGN: tl.constexpr, WIDE: tl.constexpr, SILU: tl.constexpr, ACC: tl.constexpr,
):  # fmt: skip
    r"""
    ## Backward, split, first: the sums of each channel

    As for the statistics, each program reads a chunk of the positions of some channels, here of $dy$ and $x$, and leaves
    $\sum dz$ and $\sum dz \cdot \hat{x}$ for each channel.
    """
    C, S = aligned(C, S, LAST, ALIGN)
    program = tl.program_id(0)
    c0 = program % blocks * CHANNELS
    p = program // blocks % chunks
    n = (program // blocks // chunks).to(tl.int64)
    begin = position(p, WIDE) * chunk
    end = tl.minimum(begin + chunk, S)
    c, s = tl.arange(0, CHANNELS), tl.arange(0, POSITIONS)
    inside = c0 + c < C  # (CHANNELS,)
    mean, rest, rstd = statistics_of(STATISTICS, n, G, c0 + c, inside, all_groups, D)
    w, b = parameters(W, B, c0 + c, inside, ACC)  # (CHANNELS, 1) each

    shift = tl.zeros([CHANNELS, POSITIONS], ACC)
    scale = tl.zeros([CHANNELS, POSITIONS], ACC)
    for s0 in tl.range(begin, end, POSITIONS):
        start, place = locate(n, c0, c, s0, s, C, S, LAST, WIDE)
        full = within(c0 + c, s0 + s, C, S)  # (CHANNELS, POSITIONS)
        dy = tl.load(DY + start + place, mask=full, other=0.0).to(ACC)  # (CHANNELS, POSITIONS)
        x = tl.load(X + start + place, mask=full, other=0.0).to(ACC)  # (CHANNELS, POSITIONS)
        normalized = (x - mean - rest) * rstd  # (CHANNELS, POSITIONS)
        dz = deactivate(dy, normalized * w + b, SILU)  # (CHANNELS, POSITIONS)
        shift += dz
        scale += dz * normalized

    part = SUMS + (n * chunks + p) * C + c0 + c  # (CHANNELS,)
    tl.store(part, tl.sum(shift, axis=1), mask=inside)
    tl.store(part + all_sums, tl.sum(scale, axis=1), mask=inside)


@triton.jit
def merge_gradients(
    SUMS, W, FACTORS, C, S, G, chunks, all_sums, all_groups,
    D: tl.constexpr, BLOCK: tl.constexpr, ACC: tl.constexpr,
):  # fmt: skip
    r"""
    ## Backward, split, second: $c_1$ and $c_2$

    One program for each group multiplies the sums that the others left for each channel by its $\gamma$, and adds them up.
    """
    program = tl.program_id(0)
    n, g = (program // G).to(tl.int64), program % G
    count = chunks * D
    shift = tl.zeros([BLOCK], ACC)
    scale = tl.zeros([BLOCK], ACC)
    for i0 in range(0, count, BLOCK):
        i = i0 + tl.arange(0, BLOCK)
        place, _ = parts_of_group(i, n, g, C, chunks, D)
        full = i < count
        shift_part = tl.load(SUMS + place, mask=full, other=0.0)  # (BLOCK,)
        scale_part = tl.load(SUMS + all_sums + place, mask=full, other=0.0)  # (BLOCK,)
        if W is not None:
            weight = tl.load(W + g * D + i % D, mask=full, other=0.0).to(ACC)  # (BLOCK,)
            shift_part *= weight
            scale_part *= weight
        shift += shift_part
        scale += scale_part
    m = tl.cast(S, ACC) * D
    tl.store(FACTORS + program, tl.sum(shift) / m)
    tl.store(FACTORS + all_groups + program, tl.sum(scale) / m)


@triton.jit
def input_gradient(
    DY, X, W, B, STATISTICS, FACTORS, DX, C, S, G, blocks, tiles, all_groups,
    D: tl.constexpr, CHANNELS: tl.constexpr, POSITIONS: tl.constexpr,
    LAST: tl.constexpr, ALIGN: tl.constexpr, WIDE: tl.constexpr, SILU: tl.constexpr, ACC: tl.constexpr,
):  # fmt: skip
    r"""
    ## Backward, split, third: $dx$

    One tile for each program. $dy$ and $x$ are read for the second time.
    """
    C, S = aligned(C, S, LAST, ALIGN)
    program = tl.program_id(0)
    c0 = program % blocks * CHANNELS
    s0 = position(program // blocks % tiles, WIDE) * POSITIONS
    n = (program // blocks // tiles).to(tl.int64)
    c, s = tl.arange(0, CHANNELS), tl.arange(0, POSITIONS)
    start, place = locate(n, c0, c, s0, s, C, S, LAST, WIDE)
    full = within(c0 + c, s0 + s, C, S)  # (CHANNELS, POSITIONS)
    inside = c0 + c < C  # (CHANNELS,)

    dy = tl.load(DY + start + place, mask=full, other=0.0).to(ACC)  # (CHANNELS, POSITIONS)
    x = tl.load(X + start + place, mask=full, other=0.0).to(ACC)  # (CHANNELS, POSITIONS)
    mean, rest, rstd = statistics_of(STATISTICS, n, G, c0 + c, inside, all_groups, D)
    w, b = parameters(W, B, c0 + c, inside, ACC)  # (CHANNELS, 1) each
    normalized = (x - mean - rest) * rstd  # (CHANNELS, POSITIONS)
    dz = deactivate(dy, normalized * w + b, SILU)  # (CHANNELS, POSITIONS)

    # $dx = \frac{1}{\sqrt{\sigma^2 + \epsilon}} \left( \gamma \, dz - c_1 - c_2 \hat{x} \right)$
    factor = FACTORS + n * G + (c0 + c) // D  # (CHANNELS,)
    c1 = tl.load(factor, mask=inside, other=0.0)[:, None]  # (CHANNELS, 1)
    c2 = tl.load(factor + all_groups, mask=inside, other=0.0)[:, None]  # (CHANNELS, 1)
    dx = rstd * (w * dz - c1 - c2 * normalized)  # (CHANNELS, POSITIONS)
    tl.store(DX + start + place, dx.to(DX.dtype.element_ty), mask=full)
