"""Prose that is made up: sentences, formulas, notes, pages, and what stands for their translations."""

import functools
import random
import re
import textwrap
import zlib
from collections.abc import Sequence

_WORDS = re.findall(
    r"\w+",
    """
    accuracy activation adapter agent attention average axis backward baseline batch bias block branch
    buffer cache channel class column context cost curve data decay decoder density depth dimension
    distribution edge embedding encoder entropy epoch error estimate expectation factor feature field
    filter function gate gradient graph group head history image index input instance kernel key label
    layer length likelihood line loss mask matrix mean memory method model module momentum network node
    noise norm number object operation optimizer order output parameter patch path pattern point policy
    position prediction probability projection query random range rate ratio reader record reward row
    sample scale schedule score sequence shape shift signal size slice sparse stack state statistic step
    stream sum table target task tensor term test text time token transform tree update value variable
    variance vector version view vocabulary weight width window word
    """,
)
_VERBS = ("computes", "keeps", "takes", "returns", "shares", "reads", "replaces", "scales", "moves", "adds")
_SMALL = ("the", "a", "each", "this", "every", "one", "another", "its")
_JOINS = ("of", "for", "with", "from", "by", "in", "over", "before", "after", "without")
_ENDS = [
    "",
    "",
    "",
    ", because the rest follows from it",
    ", as in the paper",
    ", which costs little",
    " (see below)",
]

_FORMULAS = [
    r"x_{@i}",
    r"@a_t",
    r"@b \in \mathbb{R}^{d}",
    r"O(n \log n)",
    r"d_k = \frac{d}{@h}",
    r"\hat{y} = \sigma(W x + b)",
    r"\mu_{@i} = \frac{1}{m} \sum_{k=1}^{m} x_{@ik}",
    r"\text{softmax}\left(\frac{Q K^\top}{\sqrt{d_k}}\right) V",
    r"\theta_{t+1} = \theta_t - @a \nabla_\theta L(\theta_t)",
    r"D_{KL}(p \Vert q) = \sum_x p(x) \log \frac{p(x)}{q(x)}",
    r"\mathbb{E}_{x \sim p(x)} \left[ \log @b(x) \right] \le @h",
]
_DISPLAYS = [
    r"y_{@i} = @a \frac{x_{@i} - \mu}{\sqrt{\sigma^2 + \epsilon}} + @b",
    r"\mathcal{L}(\theta) = -\frac{1}{N} \sum_{n=1}^{N} \log p_\theta(y_n \mid x_n) + \lambda R(\theta)",
    "\\begin{aligned}\nu_t &= @b_1 u_{t-1} + (1 - @b_1) g_t \\\\\n"
    "v_t &= @b_2 v_{t-1} + (1 - @b_2) g_t^2\n\\end{aligned}",
    r"\begin{pmatrix} \cos m @a & -\sin m @a \\ \sin m @a & \cos m @a \end{pmatrix}",
]
_GREEK = ("alpha", "beta", "gamma", "delta", "eta", "kappa", "lambda", "mu", "nu", "rho", "tau", "phi", "psi")


def formula(chance: random.Random, forms: Sequence[str] = _FORMULAS) -> str:
    """Return TeX, the same for all converters."""
    said = {
        "@h": chance.choice("hklmn"),
        "@i": f"{chance.choice('ijkn')}{chance.randrange(100)}",
        "@a": f"\\{chance.choice(_GREEK)}",
        "@b": f"\\{chance.choice(_GREEK)}",
    }
    return re.sub("@[hiab]", lambda found: said[found[0]], chance.choice(forms))


def sentence(chance: random.Random, links: Sequence[str], formulas: float) -> str:
    """Return a sentence in Markdown, with a formula at that chance."""
    words = [chance.choice(_SMALL), chance.choice(_WORDS), chance.choice(_VERBS)]
    for _ in range(chance.choice([0, 1, 1, 2])):
        words += [chance.choice(_SMALL), _noun(chance, links), chance.choice(_JOINS)]
    words += [chance.choice(_SMALL), chance.choice(_WORDS)]
    if chance.random() < formulas:
        words.append(f"${formula(chance)}$")
    text = " ".join(words) + chance.choice(_ENDS)
    return text[0].upper() + text[1:] + "."


def _noun(chance: random.Random, links: Sequence[str]) -> str:
    word, draw = chance.choice(_WORDS), chance.random()
    if draw < 0.02 and links:
        return f"[{word} {chance.choice(_WORDS)}]({chance.choice(links)})"
    if draw < 0.08:
        return f"`{word}_{chance.choice(_WORDS)}`"
    return f"**{word}**" if draw < 0.10 else word


def paragraph(chance: random.Random, links: Sequence[str], formulas: float) -> list[str]:
    """Return the lines of a paragraph, a list, or a formula of its own with what introduces it."""
    draw = chance.random()
    if draw < 0.06:
        return [f"* {sentence(chance, links, formulas)}" for _ in range(chance.randint(2, 4))]
    text = " ".join(sentence(chance, links, formulas) for _ in range(chance.choice([1, 1, 1, 1, 2])))
    lines = (
        textwrap.wrap(text, 100, break_long_words=False, break_on_hyphens=False)
        if "$" not in text
        else [text]
    )
    if draw < 0.06 + formulas / 5:
        lines += ["", "$$", *formula(chance, _DISPLAYS).split("\n"), "$$"]
    return lines


def note(chance: random.Random, links: Sequence[str], formulas: float) -> list[str]:
    """Return the lines of a note on code: a paragraph or two, at times under a heading."""
    lines = [f"### {_title(chance)}", ""] if chance.random() < 0.1 else []
    lines += paragraph(chance, links, formulas)
    return [*lines, "", *paragraph(chance, links, formulas)] if chance.random() < 0.1 else lines


def opening(chance: random.Random, links: Sequence[str], formulas: float) -> list[str]:
    """Return the lines that begin a page: its title, and what it is about."""
    return [f"# {_title(chance)}", "", *paragraph(chance, links, formulas)]


def document(chance: random.Random, links: Sequence[str], code: Sequence[str], formulas: float) -> list[str]:
    """Return the lines of a page of prose with a table and some code."""
    lines = [*opening(chance, links, formulas), ""]
    for _ in range(chance.randint(3, 8)):
        lines += [f"## {_title(chance)}", ""]
        for _ in range(chance.randint(2, 5)):
            lines += [*paragraph(chance, links, formulas), ""]
    rows = [f"| {chance.choice(_WORDS)} | {chance.random():.3f} |" for _ in range(5)]
    return [*lines, "| Model | Loss |", "|---|---|", *rows, "", "```python", *code, "```"]


def _title(chance: random.Random) -> str:
    return f"{chance.choice(_WORDS)} {chance.choice(_WORDS)}".capitalize()


_KEPT_HTML = re.compile(r"(<[^<>]*>|_\^_\d+_\^_|&#?\w+;|\w+://[^\s<>]*)")
_KEPT_MARKDOWN = re.compile(
    r"""(^[ ]*(?:```|~~~).*?^[ ]*(?:```|~~~)  # fenced code
    |^(?:[ ]{4}|\t).*?$  # indented code
    |\$\$.*?\$\$|\$[^$\n]*\$|`+[^`]*`+
    |\]\([^()\n]*\)|<[^<>\n]*>|&\#?\w+;|\w+://[^\s<>]*)""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
_RUN = re.compile(r"[^\W\d_]{2,}(?: [^\W\d_]{2,})*")
_UNSPACED = {
    "ja": "のはをにがとでもからする学習層値関数行列平均分散入力出力重み計算更新確率時間",
    "zh": "的是在和了对为以学习层值函数矩阵平均方差输入输出权重计算更新概率时间模型数据",
}
_SYLLABLES = (
    "la",
    "ción",
    "de",
    "re",
    "se",
    "ña",
    "es",
    "tra",
    "ma",
    "per",
    "té",
    "ón",
    "que",
    "mos",
    "da",
    "tú",
)


def translated(text: str, language: str, *, markdown: bool = False) -> str:
    """Put other words in place of those of a fragment, or of Markdown; all else stays where it is.

    A word always becomes the same word. Lengths are about those of real translations: of Japanese and
    Chinese two thirds of the letters and no spaces, of other languages as many letters.
    """
    kept = _KEPT_MARKDOWN if markdown else _KEPT_HTML
    parts = kept.split(text)
    return "".join(
        part if at % 2 else _RUN.sub(lambda run: _said(run[0], language), part)
        for at, part in enumerate(parts)
    )


def _said(run: str, language: str) -> str:
    return ("" if language in _UNSPACED else " ").join(_word(word, language) for word in run.split(" "))


@functools.lru_cache(100_000)
def _word(word: str, language: str) -> str:
    chance = random.Random(zlib.crc32(f"{language} {word}".encode()))
    if letters := _UNSPACED.get(language):
        return "".join(chance.choices(letters, k=max(1, round(len(word) * 0.6))))
    text = "".join(chance.choices(_SYLLABLES, k=max(1, round(len(word) * 0.42))))
    return text.capitalize() if word[0].isupper() else text
