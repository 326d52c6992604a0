"""A GPU that runs nothing: launches compile their kernel for an H200, down to machine code, and end there.

    python tests/hopper.py < launches.json

Takes a list of inputs, runs the launches of a forward and a backward pass for each, and prints one line of
JSON for each kernel. Needs Triton, no GPU.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import torch
import triton
from triton.backends.compiler import GPUTarget

from annotated_nn.normalization.group_norm import launch

TOOL = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
H200 = GPUTarget("cuda", 90, 32)
PROCESSORS = 132
SHARED_MEMORY = 227 * 1024


class Hopper:
    """The edge of the machine."""

    def __init__(self):
        self.loaded = []
        self.disassembled = False
        self.utils = SimpleNamespace(
            get_device_properties=lambda device: {"max_shared_mem": SHARED_MEMORY},
            load_binary=self.load,
            unload_module=lambda module: None,
        )

    def get_current_target(self):
        return H200

    def get_current_device(self):
        return 0

    def get_current_stream(self, device):
        return 0

    def launcher_cls(self, source, metadata):
        return lambda *arguments: None

    def load(self, name, binary, shared, device):
        self.loaded.append({"kernel": name, "shared": shared, **examine(binary, self.disassembled)})
        return object(), object(), self.loaded[-1]["registers"], self.loaded[-1]["stack"], 1024


def examine(binary, disassembled):
    """Read what the machine code needs and, which takes long, how wide its loads and stores are, in bits."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(binary)
        file.flush()
        usage = subprocess.check_output([TOOL, "--dump-resource-usage", file.name], text=True)
        code = subprocess.check_output([TOOL, "--dump-sass", file.name], text=True) if disassembled else ""
        assert ".sm_90" in subprocess.check_output([TOOL, "--list-elf", file.name], text=True)
    register, stack = (int(re.search(rf"{key}:(\d+)", usage)[1]) for key in ("REG", "STACK"))
    return {
        "registers": register,
        "stack": stack,
        "loads": widths("LDG", code),
        "stores": widths("STG", code),
    }


def widths(instruction, code):
    found = re.findall(rf"\b{instruction}\.E([.\w]*)", code)
    return dict(Counter(next((int(w) for w in re.findall(r"\.[US]?(8|16|64|128)\b", f)), 32) for f in found))


def main():
    hopper = Hopper()
    triton.runtime.driver.set_active(hopper)
    launch.processors = lambda device: PROCESSORS
    for case in json.load(sys.stdin):
        dtype, parameter_type = getattr(torch, case["dtype"]), getattr(torch, case["parameters"])
        layout = torch.channels_last if case["last"] else torch.contiguous_format
        x = torch.empty(case["shape"], dtype=dtype, device="meta", memory_format=layout)
        weight = torch.empty(x.shape[1], dtype=parameter_type, device="meta") if case["affine"] else None
        hopper.loaded.clear()
        hopper.disassembled = case["disassembled"]
        y, statistics = launch.forward(x, weight, weight, case["groups"], 1e-5, case["silu"], dtype, layout)
        launch.backward(y, x, statistics, weight, weight, case["silu"], layout)
        for kernel in hopper.loaded:
            print(json.dumps(case | kernel))


if __name__ == "__main__":
    main()
