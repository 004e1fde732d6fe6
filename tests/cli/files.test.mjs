// What is written, when, and what is left behind.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, lstatSync, mkdirSync, openSync, readFileSync, readdirSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { test } from "node:test";
import { answer, file, inFolder, program, quantlens, readNpy, writeNpy } from "./tool.mjs";

const values = ["--values", "0.15,-0.32,0.87,-1.23,2.45"];

test("--json prints one object and nothing else; result.json holds the same", () => {
  inFolder((folder) => {
    const { status, stdout, stderr } = quantlens("quantize", ...values, "--method", "rtn", "--out", `${folder}/out`, "--json");
    assert.equal(status, 0);
    assert.equal(stderr, "");
    assert.equal(stdout.trimEnd().split("\n").length, 1);
    assert.deepEqual(JSON.parse(stdout), JSON.parse(readFileSync(`${folder}/out/result.json`, "utf8")));
  });
});

test("the first example: five numbers at 4 bits symmetric have MSE 0.01624", () => {
  const report = answer("quantize", ...values, "--method", "rtn", "--bits", 4, "--scheme", "symmetric", "--granularity", "tensor");
  assert.ok(Math.abs(report.weight_mse - 0.01624) < 5e-6);
  assert.equal(report.rows, 1);
  assert.equal(report.columns, 5);
  assert.equal(report.parameters.bits, 4);
  for (const key of ["bits_per_weight", "bytes", "weight_max_error", "weight_sqnr_db", "seconds", "details"]) assert.ok(key in report, key);
});

test("the arrays of a method, and no others", () => {
  inFolder((folder) => {
    answer("quantize", ...values, "--method", "rtn", "--bits", 4, "--out", `${folder}/out`);
    assert.deepEqual(readdirSync(`${folder}/out`).sort(), ["codes.npy", "dequantized.npy", "result.json", "scales.npy", "zero_points.npy"]);
    assert.equal(readNpy(`${folder}/out/codes.npy`).type, "|u1");
    answer("quantize", ...values, "--method", "rtn", "--scheme", "symmetric", "--out", `${folder}/sym`);
    assert.equal(readNpy(`${folder}/sym/codes.npy`).type, "|i1");
    answer("quantize", "--synthetic", "16x64", "--method", "gptq", "--activation-order", "--group-size", 16, "--out", `${folder}/gptq`);
    const names = readdirSync(`${folder}/gptq`);
    for (const name of ["column_groups.npy", "output.npy"]) assert.ok(names.includes(name), name);
    assert.equal(readNpy(`${folder}/gptq/column_groups.npy`).type, "<i4");
    answer("quantize", "--synthetic", "16x64", "--method", "smoothquant", "--out", `${folder}/smooth`);
    assert.equal(readNpy(`${folder}/smooth/column_scales.npy`).values.length, 64);
    answer("quantize", "--synthetic", "16x64", "--method", "llm-int8", "--out", `${folder}/int8`);
    assert.ok(existsSync(`${folder}/int8/outlier_columns.npy`));
  });
});

test("the same seed gives the same bytes at one thread and at all", () => {
  inFolder((folder) => {
    for (const method of ["gptq", "codebook", "rtn"]) {
      for (const threads of [1, 2, 0])
        answer("quantize", "--synthetic", "64x128", "--method", method, "--seed", 7, "--threads", threads, "--out", `${folder}/${method}-${threads}`);
      const bytes = [1, 2, 0].map((threads) => readFileSync(`${folder}/${method}-${threads}/dequantized.npy`));
      assert.ok(bytes[0].equals(bytes[1]) && bytes[0].equals(bytes[2]), method);
    }
  });
});

test("a failure leaves no file and no folder, and touches no existing one", () => {
  inFolder((folder) => {
    const bad = writeNpy(`${folder}/bad.npy`, [1, 2], [1, NaN]);
    assert.equal(quantlens("quantize", "--weights", bad, "--method", "rtn", "--out", `${folder}/a/b/c`).status, 1);
    assert.deepEqual(readdirSync(folder), ["bad.npy"]);

    mkdirSync(`${folder}/old`);
    writeFileSync(`${folder}/old/codes.npy`, "precious");
    assert.equal(quantlens("quantize", "--weights", bad, "--method", "rtn", "--out", `${folder}/old`).status, 1);
    assert.equal(quantlens("quantize", ...values, "--method", "rtn", "--bits", 99, "--out", `${folder}/old`).status, 2);
    assert.deepEqual(readdirSync(`${folder}/old`), ["codes.npy"]);
    assert.equal(readFileSync(`${folder}/old/codes.npy`, "utf8"), "precious");

    writeFileSync(`${folder}/y.npy`, "precious");
    assert.equal(quantlens("hadamard", "--in", bad, "--out", `${folder}/y.npy`).status, 1);
    assert.equal(quantlens("encode", "--format", "q4_0", "--in", bad, "--out", `${folder}/y.npy`).status, 1);
    assert.equal(quantlens("decode", "--format", "q4_0", "--in", bad, "--out", `${folder}/y.npy`).status, 1);
    assert.equal(readFileSync(`${folder}/y.npy`, "utf8"), "precious");
    assert.deepEqual(readdirSync(folder).sort(), ["bad.npy", "old", "y.npy"]);
  });
});

test("a place that cannot be written is an error before anything is written", () => {
  inFolder((folder) => {
    writeFileSync(`${folder}/plain`, "a file");
    assert.equal(quantlens("quantize", ...values, "--method", "rtn", "--out", `${folder}/plain`).status, 1);
    assert.equal(quantlens("quantize", ...values, "--method", "rtn", "--out", `${folder}/plain/under`).status, 1);
    assert.equal(quantlens("hadamard", "--in", file("npy/f32_row.npy"), "--out", `${folder}/missing/y.npy`).status, 1);
    assert.equal(quantlens("hadamard", "--in", file("npy/f32_row.npy"), "--out", folder).status, 1);
    // One of several targets is taken by a folder: none of them is written.
    mkdirSync(`${folder}/out/result.json`, { recursive: true });
    assert.equal(quantlens("quantize", ...values, "--method", "rtn", "--out", `${folder}/out`).status, 1);
    assert.deepEqual(readdirSync(`${folder}/out`), ["result.json"]);
    assert.equal(readFileSync(`${folder}/plain`, "utf8"), "a file");
  });
});

// A temporary file and a rename would put a plain file in its place: for root, in the place of /dev/null.
test("what is no regular file stays what it is", () => {
  inFolder((folder) => {
    const pipe = `${folder}/pipe`;
    assert.equal(spawnSync("mkfifo", [pipe]).status, 0);
    const input = writeNpy(`${folder}/x.npy`, [2], [1, 2]);
    const { status, stderr } = quantlens("encode", "--format", "f32", "--in", input, "--out", pipe);
    assert.equal(status, 1);
    assert.match(stderr, /cannot write .*pipe: it is no regular file/);
    assert.ok(lstatSync(pipe).isFIFO());
    assert.deepEqual(readdirSync(folder).sort(), ["pipe", "x.npy"]);
    const log = openSync(`${folder}/log`, "w");
    const printing = spawnSync(program, ["encode", "--format", "f32", "--in", input, "--out", "/dev/stdout"], {
      encoding: "utf8",
      stdio: ["ignore", log, "pipe"],
    });
    closeSync(log);
    assert.equal(printing.status, 1);
    assert.match(printing.stderr, /log: what the program prints goes there/);
    assert.equal(readFileSync(`${folder}/log`, "utf8"), "");
  });
});

test("a symbolic link stays one, and what it leads to is written", () => {
  inFolder((folder) => {
    const input = writeNpy(`${folder}/x.npy`, [2], [1, 2]);
    mkdirSync(`${folder}/elsewhere`);
    writeFileSync(`${folder}/elsewhere/old`, "old");
    symlinkSync("elsewhere/old", `${folder}/to-old`);
    symlinkSync("to-old", `${folder}/to-link`);
    symlinkSync("elsewhere/new", `${folder}/to-new`);
    symlinkSync("circle", `${folder}/circle`);
    for (const link of ["to-link", "to-new"]) {
      answer("encode", "--format", "f32", "--in", input, "--out", `${folder}/${link}`);
      assert.ok(lstatSync(`${folder}/${link}`).isSymbolicLink());
    }
    for (const name of ["old", "new"]) assert.equal(readFileSync(`${folder}/elsewhere/${name}`).length, 8);
    assert.equal(quantlens("encode", "--format", "f32", "--in", input, "--out", `${folder}/circle`).status, 1);
    assert.ok(lstatSync(`${folder}/circle`).isSymbolicLink());
  });
});

test("where the report cannot be written there are no files; a reader that has gone changes nothing", () => {
  inFolder((folder) => {
    const run = (line) => spawnSync("bash", ["-c", line], { encoding: "utf8", env: { ...process.env, QUANTLENS: program, FOLDER: folder } });
    const input = writeNpy(`${folder}/x.npy`, [2], [1, 2]);
    for (const out of existsSync("/dev/full") ? [">/dev/full", ">&-"] : [">&-"]) {
      for (const line of [
        `"$QUANTLENS" quantize --values 1,2 --method rtn --out "$FOLDER/out" ${out}`,
        `"$QUANTLENS" encode --format f32 --in "$FOLDER/x.npy" --out "$FOLDER/b" ${out}`,
        `"$QUANTLENS" --help ${out}`,
      ]) {
        const { status, stderr } = run(line);
        assert.equal(status, 1, line);
        assert.match(stderr, /^error: cannot write to standard output: [^\n]+\n$/);
      }
      assert.deepEqual(readdirSync(folder), ["x.npy"]);
    }
    // The schema is longer than a pipe holds, so the writer meets the closed end.
    const piped = run('"$QUANTLENS" schema --json | head -c 1; echo " ${PIPESTATUS[0]}"');
    assert.equal(piped.stdout, "{ 0\n");
    assert.equal(piped.stderr, "");
    assert.ok(existsSync(input));
  });
});

test("an existing result is replaced, other files beside it stay", () => {
  inFolder((folder) => {
    writeFileSync(`${folder}/notes.txt`, "mine");
    writeFileSync(`${folder}/codes.npy`, "old");
    answer("quantize", ...values, "--method", "rtn", "--out", folder);
    assert.equal(readFileSync(`${folder}/notes.txt`, "utf8"), "mine");
    assert.equal(readNpy(`${folder}/codes.npy`).values.length, 5);
  });
});

test("encode and decode undo each other", () => {
  inFolder((folder) => {
    const input = writeNpy(`${folder}/x.npy`, [2, 32], Array.from({ length: 64 }, (_, i) => (i - 32) / 8));
    answer("encode", "--format", "f32", "--in", input, "--out", `${folder}/b`);
    assert.equal(readFileSync(`${folder}/b`).length, 256);
    answer("decode", "--format", "f32", "--in", `${folder}/b`, "--out", `${folder}/y.npy`);
    const back = readNpy(`${folder}/y.npy`);
    assert.deepEqual(back.shape, [64]);
    assert.deepEqual(back.values, readNpy(input).values);
    assert.equal(answer("encode", "--format", "q4_0", "--in", input, "--out", `${folder}/q`).bits_per_weight, 4.5);
    assert.equal(readFileSync(`${folder}/q`).length, 36);
  });
});

test("inspect lists tensors of all kinds of files", () => {
  const report = answer("inspect", file("npy/f32_fortran_3d.npy"));
  assert.equal(report.kind, "npy");
  assert.deepEqual(report.tensors.map(({ name, type, shape, bytes, bits_per_weight }) => ({ name, type, shape, bytes, bits_per_weight })), [
    { name: "", type: "f32", shape: [2, 3, 4], bytes: 96, bits_per_weight: 32 },
  ]);
  assert.deepEqual(report.metadata, {});
});

test("formats and schema are JSON that lists what there is", () => {
  const { formats } = answer("formats");
  const q4 = formats.find(({ id }) => id === "q4_K");
  assert.equal(q4.block_size, 256);
  assert.equal(q4.block_bytes, 144);
  assert.equal(q4.bits_per_weight, 4.5);
  assert.equal(formats.find(({ id }) => id === "nf4").values.length, 16);
  assert.ok(answer("schema").methods.some(({ id }) => id === "gptq"));
});

test("a tensor behind 5 GiB of others is read without them", () => {
  inFolder((folder) => {
    const hole = 5 * 2 ** 30;
    const header = Buffer.from(
      `{"big":{"dtype":"I8","shape":[${hole}],"data_offsets":[0,${hole}]},"small":{"dtype":"F32","shape":[1,2],"data_offsets":[${hole},${hole + 8}]}}`,
    );
    const length = Buffer.alloc(8);
    length.writeUInt32LE(header.length);
    const path = `${folder}/m.safetensors`;
    const out = openSync(path, "w"); // a sparse file: the hole takes no room on the disk
    writeSync(out, Buffer.concat([length, header]), 0, 8 + header.length, 0);
    writeSync(out, Buffer.from(new Float32Array([0.5, -0.25]).buffer), 0, 8, 8 + header.length + hole);
    closeSync(out);
    assert.equal(answer("inspect", path).tensors[0].bytes, hole);
    answer("quantize", "--weights", `${path}:small`, "--method", "f32", "--out", `${folder}/out`);
    assert.deepEqual(readNpy(`${folder}/out/dequantized.npy`).values, [0.5, -0.25]);
  });
});

/** A GGUF file of one tensor "t" without metadata. */
function writeGguf(path, type, shape, bytes) {
  const head = Buffer.alloc(24 + 9 + 4 + 8 * shape.length + 12);
  head.write("GGUF");
  head.writeUInt32LE(3, 4);
  head.writeUInt32LE(1, 8);
  head.writeUInt32LE(1, 24);
  head.write("t", 32);
  head.writeUInt32LE(shape.length, 33);
  [...shape].reverse().forEach((axis, i) => head.writeUInt32LE(axis, 37 + 8 * i));
  head.writeUInt32LE(type, 37 + 8 * shape.length);
  const padding = Buffer.alloc((32 - (head.length % 32)) % 32);
  writeFileSync(path, Buffer.concat([head, padding, bytes]));
}

test("a tensor of a GGUF file holds what decode makes of its bytes", () => {
  inFolder((folder) => {
    const input = writeNpy(`${folder}/x.npy`, [2, 256], Array.from({ length: 512 }, (_, i) => Math.sin(i) * 3));
    for (const [format, type] of [["q4_0", 2], ["q6_K", 14], ["q4_K", 12], ["iq4_nl", 20], ["mxfp4", 39], ["f16", 1], ["bf16", 30]]) {
      answer("encode", "--format", format, "--in", input, "--out", `${folder}/b`);
      answer("decode", "--format", format, "--in", `${folder}/b`, "--out", `${folder}/y.npy`);
      writeGguf(`${folder}/m.gguf`, type, [2, 256], readFileSync(`${folder}/b`));
      assert.deepEqual(answer("inspect", `${folder}/m.gguf`).tensors[0].shape, [2, 256]);
      answer("quantize", "--weights", `${folder}/m.gguf:t`, "--method", "f32", "--out", `${folder}/out`);
      assert.deepEqual(readNpy(`${folder}/out/dequantized.npy`).values, readNpy(`${folder}/y.npy`).values, format);
    }
  });
});

test("rows of a tensor are read alone, and what they cost is what they cost as a file of their own", () => {
  inFolder((folder) => {
    const all = Array.from({ length: 8 * 64 }, (_, i) => Math.sin(i * i));
    writeNpy(`${folder}/all.npy`, [8, 64], all);
    writeNpy(`${folder}/part.npy`, [3, 64], all.slice(2 * 64, 5 * 64));
    const cost = (weights) => {
      const { seconds: _, ...rest } = answer("quantize", "--method", "rtn", "--weights", weights);
      return rest;
    };
    assert.deepEqual(cost(`${folder}/all.npy:[2:5]`), cost(`${folder}/part.npy`));
    assert.equal(answer("statistics", "--weights", `${folder}/all.npy:[0:1]`).rows, 1);
    for (const [rows, message] of [
      ["[6:9]", /has 8 rows/],
      ["[5:2]", /one array without a name/],
      ["[0:0]", /empty|no element/],
    ]) {
      const { status, stderr } = quantlens("quantize", "--method", "rtn", "--weights", `${folder}/all.npy:${rows}`);
      assert.equal(status, 1);
      assert.match(stderr, message);
    }
  });
});

test("GGUF's MXFP4 has the scales of the OCP format and puts halves on the smaller mark, as the page says", () => {
  inFolder((folder) => {
    // The largest number makes the scale 1, so that marks are 0, 0.5, 1, 1.5, 2, 3, 4 and 6.
    const halves = [0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5];
    const block = [6, ...halves, ...halves.map((value) => -value), ...Array(17).fill(0.1)];
    writeNpy(`${folder}/block.npy`, [block.length], block);
    const back = (format) => {
      answer("encode", "--format", format, "--in", `${folder}/block.npy`, "--out", `${folder}/${format}`);
      const bytes = readFileSync(`${folder}/${format}`);
      answer("decode", "--format", format, "--in", `${folder}/${format}`, "--out", `${folder}/${format}.npy`);
      return { bytes, values: [...readNpy(`${folder}/${format}.npy`).values].slice(1, 15) };
    };
    const [gguf, ocp] = [back("mxfp4"), back("mxfp4_ocp")];
    assert.equal(gguf.bytes.length, ocp.bytes.length);
    assert.equal(gguf.bytes[0], ocp.bytes[0]);
    const smaller = [0, 0.5, 1, 1.5, 2, 3, 4];
    const even = [0, 1, 1, 2, 2, 4, 4];
    assert.deepEqual(gguf.values.map(Math.abs), [...smaller, ...smaller]);
    assert.deepEqual(ocp.values.map(Math.abs), [...even, ...even]);
  });
});
