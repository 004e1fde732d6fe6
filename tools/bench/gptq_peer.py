"""GPTQ (Frantar et al. 2022, algorithm 1) in PyTorch calls, as the paper's authors' code does it: the Hessian's inverse by
Cholesky, its upper Cholesky factor, then blocks of 128 columns, one column after another inside a block. A peer for
tools/bench/turns.mjs; the Hessian is made beforehand and is no part of the time. Debian's PyTorch multiplies with whatever BLAS
it finds: with the reference one it takes 40 times as long, so it only takes part with OpenBLAS."""
import ctypes
import json
import sys
import time

try:
    import torch
    open_blas = ctypes.CDLL("libopenblas.so.0")
except (ImportError, OSError):
    torch = None


def quantize_columns(weights, hessian, group, block, damping, bits):
    w = weights.clone()
    h = hessian.clone()
    columns = w.shape[1]
    diagonal = torch.arange(columns)
    h[diagonal, diagonal] += damping * torch.mean(torch.diag(h))
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(h))
    inverse = torch.linalg.cholesky(inverse, upper=True)
    top = 2**bits - 1
    quantized = torch.zeros_like(w)
    for first in range(0, columns, block):
        last = min(first + block, columns)
        part = w[:, first:last].clone()
        errors = torch.zeros_like(part)
        factor = inverse[first:last, first:last]
        for i in range(last - first):
            column = part[:, i]
            if (first + i) % group == 0:
                values = w[:, first + i : first + i + group]
                low = torch.clamp(values.min(dim=1).values, max=0)
                high = torch.clamp(values.max(dim=1).values, min=0)
                scale = (high - low) / top
                zero = torch.round(-low / scale)
            codes = torch.clamp(torch.round(column / scale) + zero, 0, top)
            restored = scale * (codes - zero)
            quantized[:, first + i] = restored
            error = (column - restored) / factor[i, i]
            part[:, i:] -= error.unsqueeze(1).matmul(factor[i, i:].unsqueeze(0))
            errors[:, i] = error
        w[:, last:] -= errors.matmul(inverse[first:last, last:])
    return quantized


task = None


def answer(request):
    global task
    what = request["do"]
    if what == "describe":
        if not torch:
            return {"error": "python3-torch is not installed, or OpenBLAS is not found"}
        return {"name": "PyTorch", "version": f"{torch.__version__}, with OpenBLAS"}
    if what == "prepare":
        if request["kernel"] != "gptq":
            return {"error": "PyTorch has only gptq"}
        torch.set_num_threads(request["threads"])
        open_blas.openblas_set_num_threads(request["threads"])
        torch.manual_seed(0)
        weights = torch.rand(request["rows"], request["columns"]) - 0.5
        inputs = torch.rand(512, request["columns"]) - 0.5
        task = (weights, 2.0 / 512 * inputs.t().matmul(inputs))
        return {"result": [1.0]}
    if what == "run":
        calls, start = 0, time.perf_counter()
        while True:
            quantize_columns(*task, group=128, block=128, damping=0.01, bits=4)
            calls += 1
            elapsed = time.perf_counter() - start
            if elapsed >= request["seconds"]:
                return {"seconds": elapsed / calls, "calls": calls}
    task = None
    return {}


for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception as problem:  # the driver decides what to do without this peer
        reply = {"error": str(problem)}
    print(json.dumps(reply), flush=True)
