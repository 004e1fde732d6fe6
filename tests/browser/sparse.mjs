// Files of many gigabytes on little disk: nothing is written of them but their ends.
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";

const kColumns = 4096;
const rowsOf = (gigabytes) => Math.floor((gigabytes * 1e9) / (kColumns * 2));
/** FP16 1.0 and -2.0: what the first row begins with, so that there is something to see. */
const kBegins = Buffer.from([0x00, 0x3c, 0x00, 0xc0]);

/** A safetensors file of one small tensor, then one as large as the file is to be. */
export function sparseSafetensors(path, gigabytes) {
  const rows = rowsOf(gigabytes);
  const small = { dtype: "F32", shape: [2, 8], data_offsets: [0, 64] };
  const large = { dtype: "F16", shape: [rows, kColumns], data_offsets: [64, 64 + rows * kColumns * 2] };
  const text = JSON.stringify({ small, "layer.large.weight": large });
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = openSync(path, "w");
  writeSync(file, Buffer.concat([length, header]));
  writeSync(file, Buffer.from(new Float32Array(16).map((_, i) => Math.sin(i)).buffer), 0, 64, 8 + header.length);
  writeSync(file, kBegins, 0, 4, 8 + header.length + 64);
  ftruncateSync(file, 8 + header.length + 64 + rows * kColumns * 2);
  closeSync(file);
  return rows;
}

/** A GGUF file of one F16 matrix of so many rows of 4096. */
export function sparseGguf(path, gigabytes) {
  const rows = rowsOf(gigabytes);
  const u32 = (n) => Buffer.from(new Uint32Array([n]).buffer);
  const u64 = (n) => Buffer.from(new BigUint64Array([BigInt(n)]).buffer);
  const text = (s) => Buffer.concat([u64(s.length), Buffer.from(s)]);
  const header = Buffer.concat([
    Buffer.from("GGUF"),
    u32(3),
    u64(1),
    u64(1),
    text("general.architecture"),
    u32(8),
    text("llama"),
    text("blk.0.ffn_up.weight"),
    u32(2),
    u64(kColumns),
    u64(rows),
    u32(1),
    u64(0),
  ]);
  const start = Math.ceil(header.length / 32) * 32;
  const file = openSync(path, "w");
  writeSync(file, header);
  writeSync(file, kBegins, 0, 4, start);
  ftruncateSync(file, start + rows * kColumns * 2);
  closeSync(file);
  return rows;
}
