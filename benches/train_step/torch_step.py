"""The training step of `cargo xtask bench-train` and `cargo xtask gpu` in PyTorch.

    torch_step.py eager|compiled|graph [cpu|cuda]

`graph` records the step, batch included, as a CUDA graph, which takes one launch.
"""

import sys
import time
from functools import partial

import torch
from safetensors.torch import load_file
from torch.nn.functional import silu

from _worker import CLIP, DATA_ROWS, DECAY, RATE, serve

WAY, DEVICE = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "cpu"
torch.set_num_threads(2)
torch.set_default_device(DEVICE)
torch.manual_seed(0)
DATA = torch.randn(DATA_ROWS, 2)


def net(params, x):
    *hidden, last = zip(params[::2], params[1::2])
    for weight, bias in hidden:
        x = silu(torch.addmm(bias, x, weight))
    return torch.addmm(last[1], x, last[0])


def loss(average, params, x, v):
    """`average` is true if the first half of the rows has a gap."""
    u = net(params, x)
    target = v
    if average:
        half = len(x) // 2
        one = torch.ones(half, 1)
        tangent = torch.cat([one, -one, v[:half]], 1)
        with torch.no_grad():
            frozen = [p.detach() for p in params]
            _, du = torch.func.jvp(partial(net, frozen), (x[:half],), (tangent,))
        target = torch.cat([v[:half] + x[:half, 1:2] * du, v[half:]])
    return (u - target).square().sum(1).mean()


def batch(rows, average):
    x1 = DATA[torch.randint(DATA_ROWS, (rows,))]
    x0 = torch.randn(rows, 2)
    t = torch.rand(rows, 1)
    times = [t]
    if average:
        half = rows // 2
        r = torch.rand(half, 1)
        late = torch.where(torch.rand(half, 1) < 0.5, 1.0, torch.maximum(t[:half], r))
        t = torch.cat([torch.minimum(t[:half], r), t[half:]])
        times = [t, torch.cat([late - t[:half], torch.zeros(rows - half, 1)])]
    return torch.cat([*times, (1 - t) * x0 + t * x1], 1), x1 - x0


class Case:
    def __init__(self, objective, hidden, rows):
        self.average, self.rows, self.graph = objective == "meanflow", rows, None
        self.loss = partial(loss, self.average)
        if WAY == "compiled":
            torch._dynamo.reset()
            self.loss = torch.compile(self.loss)
        sizes = [4 if self.average else 3, hidden, hidden, hidden, 2]
        self.start([
            tensor
            for a, b in zip(sizes[:-1], sizes[1:])
            for tensor in (torch.randn(a, b) * (2 / a) ** 0.5, torch.zeros(b))
        ])

    def start(self, values):
        self.mean = [value.clone() for value in values]
        self.params = [value.requires_grad_() for value in values]
        # A graph keeps the step's number on the device.
        self.adam = torch.optim.Adam(self.params, lr=RATE, fused=True, capturable=WAY == "graph")

    def step(self, x, v):
        value = self.loss(self.params, x, v)
        self.adam.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.params, CLIP, foreach=True)
        self.adam.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.mean, self.params, 1 - DECAY)
        return value

    def check(self, path):
        file = load_file(path)
        self.start([file[f"{kind}.{i}"] for i in range(4) for kind in ("weight", "bias")])
        steps = zip(file["input"], file["velocity"])
        losses = [self.step(x, v).item() for x, v in steps]
        return losses, sum(value.double().square().sum().item() for value in self.mean)

    def fresh_step(self):
        self.step(*batch(self.rows, self.average))

    def record(self):
        """Records a step, after some on a stream of their own, as PyTorch asks for."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.fresh_step()
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.fresh_step()

    def run(self, steps):
        if WAY == "graph" and self.graph is None:
            self.record()
        step = self.graph.replay if self.graph else self.fresh_step
        wait = torch.cuda.synchronize if DEVICE == "cuda" else lambda: None
        wait()
        started = time.perf_counter()
        for _ in range(steps):
            step()
        wait()
        return time.perf_counter() - started


serve(Case)
