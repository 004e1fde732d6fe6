// Runs the command-line tool and reads and writes its files, without any dependency.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const program = process.env.QUANTLENS ?? join(root, "build/native/quantlens");
export const golden = (path) => join(root, "tests/golden/open", path);
export const file = (path) => join(root, "tests/files", path);

/** {status, stdout, stderr} of `quantlens ARGS...`. */
export function quantlens(...args) {
  const result = spawnSync(program, args.map(String), { encoding: "utf8", maxBuffer: 1 << 28, timeout: 120_000 });
  if (result.error) throw result.error;
  return result;
}

/** The JSON object that `quantlens ARGS... --json` prints; throws where it fails or prints anything else. */
export function answer(...args) {
  const { status, stdout, stderr } = quantlens(...args, "--json");
  if (status !== 0) throw new Error(`exit ${status}: ${stderr}`);
  if (stderr !== "") throw new Error(`stderr is not empty: ${stderr}`);
  return JSON.parse(stdout);
}

/** Calls body(folder) with a new empty folder that is removed afterwards. */
export function inFolder(body) {
  const folder = mkdtempSync(join(tmpdir(), "quantlens-"));
  try {
    return body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same for a body that is a promise. */
export async function inFolderAsync(body) {
  const folder = mkdtempSync(join(tmpdir(), "quantlens-"));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const types = {
  "<f4": Float32Array,
  "<f8": Float64Array,
  "|i1": Int8Array,
  "|u1": Uint8Array,
  "<i4": Int32Array,
};

/** An npy file of version 1.0 of the given type. */
export function writeNpy(path, shape, values, type = "<f4") {
  let header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(", ")}${shape.length === 1 ? "," : ""}), }`;
  header = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const data = new types[type](values);
  writeFileSync(
    path,
    Buffer.concat([
      Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]),
      Buffer.from(header, "latin1"),
      Buffer.from(data.buffer),
    ]),
  );
  return path;
}

/** {type, shape, values} of an npy file of version 1.0. */
export function readNpy(path) {
  const bytes = readFileSync(path);
  const length = bytes.readUInt16LE(8);
  const header = bytes.subarray(10, 10 + length).toString("latin1");
  const type = /'descr': '([^']+)'/.exec(header)[1];
  const shape = (/'shape': \(([^)]*)\)/.exec(header)[1].match(/\d+/g) ?? []).map(Number);
  const start = bytes.byteOffset + 10 + length;
  const buffer = bytes.buffer.slice(start, bytes.byteOffset + bytes.length);
  return { type, shape, values: [...new types[type](buffer)] };
}
