// Issue 3, point 7: NaN and infinity, empty, 1 x 1, one column, a group larger than the row, constant rows, all zeros, 1e38 and
// denormals, wrong dtype, truncated files, unknown keys, out-of-range values.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { test } from "node:test";
import { answer, file, inFolder, quantlens, readNpy, writeNpy } from "./tool.mjs";

function refused(says, ...args) {
  const { status, stdout, stderr } = quantlens(...args);
  assert.equal(status, 1, `${args.join(" ")}: exit ${status} ${stderr}`);
  assert.equal(stdout, "");
  assert.match(stderr, /^error: [^\n]+\n$/);
  assert.match(stderr, says);
}

const rtn = (weights, ...more) => ["quantize", "--method", "rtn", "--weights", weights, ...more];

/** Weights of the given shape through rtn: the report and what came back. */
function roundTrip(shape, values, ...more) {
  return inFolder((folder) => {
    const report = answer(...rtn(writeNpy(`${folder}/w.npy`, shape, values), "--out", `${folder}/out`, ...more));
    const result = readNpy(`${folder}/out/dequantized.npy`);
    assert.deepEqual(result.shape, shape.length === 1 ? [1, ...shape] : shape);
    assert.equal(result.type, "<f4");
    for (const value of result.values) assert.ok(Number.isFinite(value), `${value} came back`);
    return { report, values: result.values };
  });
}

test("NaN and infinity are named by their place", () => {
  inFolder((folder) => {
    const places = [[NaN, /nan at row 1, column 2/i], [Infinity, /inf at row 1, column 2/i], [-Infinity, /-inf at row 1, column 2/i]];
    for (const [bad, says] of places) {
      const values = [1, 2, 3, 4, 5, bad, 7, NaN];
      refused(says, ...rtn(writeNpy(`${folder}/w.npy`, [2, 4].map((n, i) => (i === 0 ? 2 : 4)), values.slice(0, 4).concat(1, 2, bad, 7))));
    }
    const weights = writeNpy(`${folder}/w.npy`, [1, 2], [1, 2]);
    refused(/activations/, "quantize", "--method", "gptq", "--weights", weights, "--activations", writeNpy(`${folder}/x.npy`, [1, 2], [1, NaN]));
  });
});

test("an empty tensor is refused", () => {
  refused(/empty|no element/, ...rtn(file("npy/f32_empty.npy")));
});

test("1 x 1, one column, one row", () => {
  assert.ok(Math.abs(roundTrip([1, 1], [0.5], "--scheme", "symmetric").values[0] - 0.5) < 1e-6);
  const column = roundTrip([3, 1], [1, -2, 0], "--granularity", "channel", "--scheme", "symmetric");
  assert.deepEqual(column.values, [1, -2, 0]);
  assert.equal(roundTrip([4], [1, 2, 3, 4]).report.rows, 1);
});

test("a group larger than the row is the row", () => {
  const values = [0.1, 0.7, -0.3, 0.9, -1, 0.2];
  const wide = roundTrip([2, 3], values, "--group-size", 1024);
  const channel = roundTrip([2, 3], values, "--granularity", "channel");
  assert.deepEqual(wide.values, channel.values);
});

test("a last group that is shorter", () => {
  const { report, values } = roundTrip([1, 5], [1, -1, 0.5, -0.5, 3], "--group-size", 2, "--scheme", "symmetric");
  assert.equal(values[4], 3);
  assert.equal(report.bits_per_weight, (5 * 4 + 3 * 16) / 5);
});

test("constant rows and zeros come back exactly", () => {
  for (const scheme of ["symmetric", "asymmetric"]) {
    assert.deepEqual(roundTrip([2, 4], Array(8).fill(0), "--scheme", scheme).values, Array(8).fill(0));
    assert.deepEqual(roundTrip([1, 4], Array(4).fill(0.75), "--scheme", scheme).values, Array(4).fill(0.75));
  }
});

test("1e38 and denormals stay finite", () => {
  for (const scheme of ["symmetric", "asymmetric"]) {
    roundTrip([1, 4], [1e38, -3.4e38, 1, 0], "--scheme", scheme);
    roundTrip([1, 4], [3.4e38, -3.4e38, 3.4e38, -1e38], "--scheme", scheme, "--bits", 8);
    roundTrip([1, 4], [1e-45, -3e-42, 1e-40, 0], "--scheme", scheme);
  }
});

test("a wrong element type is named", () => {
  for (const name of ["int_i1", "int_i4", "int_i8", "int_u1", "bool"]) refused(/must be float16, float32 or float64/, ...rtn(file(`npy/${name}.npy`)));
  refused(/'<c16'/, ...rtn(file("npy/complex.npy")));
  refused(/element 1 is 1e\+300/, ...rtn(file("npy/f64_beyond_float32.npy")));
});

test("float16, float64, Fortran order and versions 2 and 3 are read as the same numbers", () => {
  const reference = answer(...rtn(file("npy/f32_v1.npy")));
  for (const name of ["f32_v2", "f32_v3", "f64", "f16", "f32_fortran", "f64_big_endian"])
    assert.equal(answer(...rtn(file(`npy/${name}.npy`))).weight_mse, reference.weight_mse, name);
});

test("more than two axes are refused with the shape", () => {
  refused(/3 axes|2 x 3 x 4/, ...rtn(file("npy/f32_fortran_3d.npy")));
});

test("a file cut anywhere is an error", () => {
  inFolder((folder) => {
    const whole = readFileSync(file("npy/f32_v1.npy"));
    const path = `${folder}/cut.npy`;
    for (const length of [0, 1, 5, 7, 9, 50, 127, 128, 129, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length));
      refused(/byte|empty/, ...rtn(path));
      refused(/byte|empty/, "inspect", path);
    }
    writeFileSync(path, Buffer.concat([whole, Buffer.from([0])]));
    refused(/belong to no tensor/, ...rtn(path));
  });
});

test("shapes that do not fit together are named", () => {
  inFolder((folder) => {
    const weights = writeNpy(`${folder}/w.npy`, [2, 4], [1, 2, 3, 4, 5, 6, 7, 8]);
    const activations = writeNpy(`${folder}/x.npy`, [2, 3], [1, 2, 3, 4, 5, 6]);
    refused(/3.*4|4.*3/, "quantize", "--method", "gptq", "--weights", weights, "--activations", activations);
    refused(/5|size/, "hadamard", "--in", writeNpy(`${folder}/h.npy`, [1, 5], [1, 2, 3, 4, 5]), "--out", `${folder}/y.npy`);
    refused(/32/, "encode", "--format", "q4_0", "--in", writeNpy(`${folder}/s.npy`, [33], Array(33).fill(1)), "--out", `${folder}/b`);
    writeFileSync(`${folder}/b.bin`, Buffer.alloc(17));
    refused(/17|18/, "decode", "--format", "q4_0", "--in", `${folder}/b.bin`, "--out", `${folder}/y.npy`);
  });
});

test("a tensor that a file does not hold is named, with those that it holds", () => {
  inFolder((folder) => {
    const header = Buffer.from('{"layer.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}');
    const length = Buffer.alloc(8);
    length.writeUInt32LE(header.length);
    const path = `${folder}/m.safetensors`;
    writeFileSync(path, Buffer.concat([length, header, Buffer.from(new Float32Array([1, 2]).buffer)]));
    refused(/'layer'.*layer\.weight/, ...rtn(`${path}:layer`));
    refused(/name one, as in .*:layer\.weight/, ...rtn(path));
    assert.equal(answer(...rtn(`${path}:layer.weight`)).columns, 2);
  });
});

test("a layer so wide that its Hessian is more than this machine's memory is refused in words", () => {
  const columns = Math.ceil(Math.sqrt((1.1 * totalmem()) / 4));
  const size = ((4 * columns ** 2) / 2 ** 30).toFixed(1);
  const layer = ["--synthetic", `2x${columns}`, "--synthetic-tokens", 2];
  refused(new RegExp(`not enough memory.* ${size} GiB in one piece`), "quantize", "--method", "gptq", ...layer);
});
