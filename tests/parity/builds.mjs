// The two builds of the core side by side: the command-line tool and the WebAssembly module.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = new URL("../../", import.meta.url).pathname;
const tool = join(root, "build/native/quantlens");

/** The core as the page's worker holds it. */
export async function wasmCore() {
  const module = join(root, "build/module/quantlens-simd128.js");
  const { default: create } = await import(pathToFileURL(module).href);
  const core = new (await create()).Core();
  return (request, arrays = []) => {
    const { json, arrays: back } = core.answer(JSON.stringify(request), arrays, undefined);
    const body = JSON.parse(json);
    if (body.error) throw new Error(`${JSON.stringify(request)}: ${body.error.message}`);
    return { body, arrays: Object.fromEntries(back.map((a) => [a.name, a])) };
  };
}

const kArrayTypes = { "<f4": Float32Array, "|i1": Int8Array, "|u1": Uint8Array, "<i4": Int32Array };

/** An array that the tool wrote: npy, little-endian, C order. */
export function npyValues(file) {
  const start = 10 + file.readUInt16LE(8);
  const header = file.toString("latin1", 10, start);
  const type = kArrayTypes[/'descr': '([^']+)'/.exec(header)[1]];
  const shape = /'shape': \(([^)]*)\)/.exec(header)[1].split(",").filter((s) => s.trim() !== "").map(Number);
  return { shape, data: new type(file.buffer.slice(file.byteOffset + start, file.byteOffset + file.length)) };
}

/** A float32 vector as an npy file. */
export function npyOf(values) {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${values.length},), }`;
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + "\n";
  const head = Buffer.alloc(10);
  head.write("\x93NUMPY\x01\x00", "latin1");
  head.writeUInt16LE(header.length, 8);
  return Buffer.concat([head, Buffer.from(header, "latin1"), Buffer.from(values.buffer, values.byteOffset, values.byteLength)]);
}

/** The request's settings as flags of the command line. */
export const flagsOf = (settings) =>
  Object.entries(settings).flatMap(([key, value]) => {
    const flag = `--${key.replaceAll("_", "-")}`;
    return value === true ? [flag] : value === false ? [] : [flag, String(value)];
  });

/** Runs the tool in a folder of its own that holds `inputs`; the body is what --json printed, the arrays and files what it wrote. */
export function native(command, flags, inputs = {}) {
  const folder = mkdtempSync(join(tmpdir(), "quantlens-parity-"));
  try {
    for (const [name, bytes] of Object.entries(inputs)) writeFileSync(join(folder, name), bytes);
    const out = execFileSync(tool, [command, ...flags, "--json"], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    const files = {};
    for (const name of readdirSync(folder, { recursive: true }))
      if (/\.(npy|bin)$/.test(name)) files[name] = readFileSync(join(folder, name));
    const arrays = Object.fromEntries(
      Object.entries(files).filter(([name]) => name.startsWith("out/")).map(([name, file]) => [name.slice(4, -4), npyValues(file)]),
    );
    return { body: JSON.parse(out), arrays, files };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
