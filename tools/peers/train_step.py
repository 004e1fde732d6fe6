#!/usr/bin/env python3
"""A training step of the reference model: quantlens against PyTorch on the same machine, in one run.

usage: /usr/bin/python3 tools/peers/train_step.py [--threads 2] [--steps 6] [--rounds 3] [--batch 8] [--sequence 512]

Both train a new model of the same shape (2.3 M parameters) on the same text with the same batch, context and optimizer:
AdamW, and Muon for the matrices with AdamW for the rest. They take turns; the best of the rounds counts, so that what
else the machine does weighs little. PyTorch is Debian's python3-torch (apt-get install python3-torch), written as
compactly as it goes: one product for queries, keys and values, one for gate and up; attention in batched products; the
fused sums that torch.optim.AdamW(foreach) offers where there are any.
"""
import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
WIDTH, LAYERS, HEADS, KV_HEADS, HEAD, FEED_FORWARD, VOCABULARY = 256, 4, 8, 2, 32, 512, 256


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=6, help="timed steps a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--sequence", type=int, default=512)
    parser.add_argument("--text", default=str(ROOT / "data/evaluation.txt"))
    parser.add_argument("--quantlens", default=str(ROOT / "build/native/quantlens"))
    return parser.parse_args()


def model_and_step(torch, o, text, optimizer_name):
    """The PyTorch model as a function that takes one training step and returns its loss."""
    functional = torch.nn.functional

    class Norm(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(WIDTH))

        def forward(self, x):
            return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5) * self.weight

    def linear(inputs, outputs):
        return torch.nn.Linear(inputs, outputs, bias=False)

    class Block(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = Norm(), Norm()
            self.qkv = linear(WIDTH, (HEADS + 2 * KV_HEADS) * HEAD)
            self.output = linear(HEADS * HEAD, WIDTH)
            self.gate_up = linear(WIDTH, 2 * FEED_FORWARD)
            self.down = linear(FEED_FORWARD, WIDTH)

        def forward(self, x, cosines, sines, mask):
            batch, length, _ = x.shape
            qkv = self.qkv(self.norm1(x)).view(batch, length, -1, HEAD).transpose(1, 2)
            turned = qkv[:, : HEADS + KV_HEADS]
            first, second = turned.chunk(2, -1)
            turned = turned * cosines + torch.cat([-second, first], -1) * sines
            # Query heads that share a key head are rows of one product.
            queries = turned[:, :HEADS].reshape(batch, KV_HEADS, -1, HEAD)
            keys, values = turned[:, HEADS:], qkv[:, HEADS + KV_HEADS :]
            scores = queries @ keys.transpose(-1, -2) * HEAD**-0.5
            scores = scores.view(batch, HEADS, length, length) + mask
            mixed = scores.softmax(-1).view(batch, KV_HEADS, -1, length) @ values
            mixed = mixed.view(batch, HEADS, length, HEAD).transpose(1, 2).reshape(batch, length, -1)
            x = x + self.output(mixed)
            gate, up = self.gate_up(self.norm2(x)).chunk(2, -1)
            return x + self.down(functional.silu(gate) * up)

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = torch.nn.Embedding(VOCABULARY, WIDTH)
            self.blocks = torch.nn.ModuleList(Block() for _ in range(LAYERS))
            self.norm = Norm()
            for parameter in self.parameters():
                if parameter.dim() == 2:
                    torch.nn.init.normal_(parameter, std=0.02)
            angles = torch.outer(
                torch.arange(o.sequence).float(), 10000.0 ** (-torch.arange(0, HEAD, 2).float() / HEAD)
            )
            angles = torch.cat([angles, angles], -1)
            self.register_buffer("cosines", angles.cos())
            self.register_buffer("sines", angles.sin())
            self.register_buffer("mask", torch.full((o.sequence, o.sequence), -math.inf).triu(1))

        def forward(self, tokens):
            x = self.embedding(tokens)
            for block in self.blocks:
                x = block(x, self.cosines, self.sines, self.mask)
            return functional.linear(self.norm(x), self.embedding.weight)

    def orthogonalized(x):
        a, b, c = 3.4445, -4.7750, 2.0315
        x = x / (x.norm() + 1e-7)
        tall = x.shape[0] > x.shape[1]
        if tall:
            x = x.T
        for _ in range(5):
            gram = x @ x.T
            x = a * x + (b * gram + c * gram @ gram) @ x
        return x.T if tall else x

    torch.manual_seed(0)
    model = Model()
    parameters = list(model.parameters())
    is_matrix = {id(p) for block in model.blocks for p in block.parameters() if p.dim() == 2}
    muon = [p for p in parameters if id(p) in is_matrix and optimizer_name == "muon"]
    others = [p for p in parameters if not any(p is m for m in muon)]
    adam = torch.optim.AdamW(others, lr=3e-3, betas=(0.9, 0.95), weight_decay=0.1)
    momenta = [torch.zeros_like(p) for p in muon]
    generator = torch.Generator().manual_seed(0)

    def step():
        starts = torch.randint(len(text) - o.sequence - 1, (o.batch,), generator=generator)
        windows = torch.stack([text[s : s + o.sequence + 1] for s in starts.tolist()])
        logits = model(windows[:, :-1])
        loss = functional.cross_entropy(logits.reshape(-1, VOCABULARY), windows[:, 1:].reshape(-1))
        for parameter in parameters:
            parameter.grad = None
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        adam.step()
        with torch.no_grad():
            for parameter, momentum in zip(muon, momenta):
                momentum.lerp_(parameter.grad, 0.05)
                direction = orthogonalized(parameter.grad.lerp(momentum, 0.95))
                parameter.mul_(1 - 3e-3 * 0.1).add_(direction, alpha=-3e-3 * 0.2 * max(parameter.shape) ** 0.5)
        return loss.item()

    count = sum(p.numel() for p in parameters)
    return step, count


def pytorch_speed(step, o):
    start = time.perf_counter()
    for _ in range(o.steps):
        loss = step()
    seconds = time.perf_counter() - start
    return o.steps * o.batch * o.sequence / seconds, loss / math.log(2)


def quantlens_speed(o, optimizer_name, folder):
    """tokens_per_second of the whole run, as the program itself measures it around its steps."""
    arguments = [
        o.quantlens, "train", "--text", o.text, "--held-out-share", 0, "--out", f"{folder}/model.safetensors",
        "--steps", o.steps, "--batch", o.batch, "--sequence", o.sequence, "--optimizer", optimizer_name,
        "--threads", o.threads, "--checkpoint-every", 1000000, "--json",
    ]
    answer = json.loads(subprocess.run([str(a) for a in arguments], check=True, capture_output=True, text=True).stdout)
    return answer["tokens_per_second"], answer["learnable"]


def main():
    o = options()
    try:
        import torch
    except ImportError:
        sys.exit("PyTorch is needed: apt-get install python3-torch, then /usr/bin/python3 " + sys.argv[0])
    torch.set_num_threads(o.threads)
    text = torch.frombuffer(bytearray(pathlib.Path(o.text).read_bytes()), dtype=torch.uint8).long()
    version = subprocess.run([o.quantlens, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    print(f"{version}; PyTorch {torch.__version__}; {o.threads} threads; {o.batch} x {o.sequence} tokens a step; best of {o.rounds}")
    for name in ("adamw", "muon"):
        step, count = model_and_step(torch, o, text, name)
        step()  # the first step allocates
        ours, theirs = [], []
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(o.rounds):
                speed, learnable = quantlens_speed(o, name, folder)
                ours.append(speed)
                theirs.append(pytorch_speed(step, o)[0])
        assert learnable == count, f"{learnable} and {count} parameters: not the same model"
        print(f"{name:6} quantlens {max(ours):6.0f} tokens/s, PyTorch {max(theirs):6.0f} tokens/s, "
              f"ratio {max(ours) / max(theirs):.2f}")


main()
