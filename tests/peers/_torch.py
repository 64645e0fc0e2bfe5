"""Our exported networks as PyTorch modules, built only from the file and its metadata."""

import json

import torch
from safetensors import safe_open
from safetensors.torch import load_file

ACTIVATIONS = {
    "relu": torch.nn.ReLU,
    "silu": torch.nn.SiLU,
    "gelu": lambda: torch.nn.GELU(approximate="tanh"),
    "tanh": torch.nn.Tanh,
}


class Velocity(torch.nn.Module):
    """The field in the file, in the form that flow_matching's solvers call."""

    def __init__(self, path):
        super().__init__()
        tensors = load_file(path)
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
        architecture = json.loads(metadata["config"])["architecture"]
        self.mean, self.std = tensors["data.mean"].double(), tensors["data.std"].double()
        self.inputs = json.loads(metadata["inputs"])[: -len(self.mean)]  # those in front of x
        modules = []
        for i in range(architecture["layers"] + 1):
            weight, bias = tensors[f"layers.{i}.weight"], tensors[f"layers.{i}.bias"]
            linear = torch.nn.Linear(*reversed(weight.shape))
            linear.load_state_dict({"weight": weight, "bias": bias})
            modules += [linear, ACTIVATIONS[architecture["activation"].lower()]()]
        self.gains = None
        if architecture.get("gain"):
            weight, bias = tensors["gains.weight"], tensors["gains.bias"]
            self.gains = torch.nn.Linear(*reversed(weight.shape)).double()
            self.gains.load_state_dict({"weight": weight, "bias": bias})
        self.net = torch.nn.Sequential(*modules[:-1]).double()

    def forward(self, x, t, **condition):
        given = {"t": t} | condition
        # Missing inputs are 0: the other classes, and the h of an average field.
        columns = [torch.as_tensor(given.get(name, 0.0)).expand(len(x)) for name in self.inputs]
        before = torch.stack(columns, 1).to(x)
        out = self.net(torch.cat([before, x], 1))
        return out if self.gains is None else out + self.gains(before) * x
