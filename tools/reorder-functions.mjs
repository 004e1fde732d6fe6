// Puts functions that look alike beside each other in a compiled module. gzip, as which readers download it, finds only what it
// has seen in the last 32 kB: in the linker's order, by how often a function is called, the module is 16 kB larger.
//   node tools/reorder-functions.mjs MODULE.wasm WASM-OPT
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const [path, wasmOpt] = process.argv.slice(2);
const kWindow = 32768; // of DEFLATE
const kPhrase = 6; // bytes that count as something to find again; with 4, 5, 8 or 10 the module is 1 kB larger
const kShortIndices = 128; // take one byte: the functions that are called most, which the linker puts first, keep them
const kImportSection = 2;
const kCodeSection = 10;
const kFunctionNames = 1;
/** What the compiler emits; wasm-opt refuses to read what it is not told. */
const kFeatures = [
  "bulk-memory", "exception-handling", "extended-const", "multivalue", "mutable-globals", "nontrapping-float-to-int",
  "reference-types", "relaxed-simd", "sign-ext", "simd",
].map((name) => `--enable-${name}`);

/** A reader of the module's numbers and ranges. */
class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }
  number() {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }
  range() {
    const size = this.number();
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }
  get done() {
    return this.at >= this.bytes.length;
  }
}

const numberBytes = (value) => {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Buffer.from([...bytes, value]);
};
const sized = (...parts) => {
  const all = Buffer.concat(parts);
  return Buffer.concat([numberBytes(all.length), all]);
};

function sectionsOf(module) {
  const sections = new Map();
  for (const reader = new Reader(module, 8); !reader.done; ) {
    const id = reader.bytes[reader.at++];
    sections.set(id, reader.range());
  }
  return sections;
}

function bodiesOf(code) {
  const reader = new Reader(code);
  return Array.from({ length: reader.number() }, () => reader.range());
}

/** How many functions are imported: the module's own are counted from there. */
function importedFunctions(section) {
  const reader = new Reader(section);
  let functions = 0;
  for (let left = reader.number(); left > 0; left -= 1) {
    reader.range();
    reader.range();
    const kind = reader.bytes[reader.at++];
    if (kind !== 0) throw new Error(`${path} imports something that is no function (kind ${kind})`);
    reader.number();
    functions += 1;
  }
  return functions;
}

/** For each function the phrases that others have too, and for each of those the functions that have it. */
function sharedPhrases(bodies) {
  const functionsWith = new Map();
  bodies.forEach((body, i) => {
    for (let at = 0; at + kPhrase <= body.length; at += 1) {
      const phrase = body.toString("latin1", at, at + kPhrase);
      const known = functionsWith.get(phrase);
      if (!known) functionsWith.set(phrase, [i]);
      else if (known.at(-1) !== i) known.push(i);
    }
  });
  const shared = [...functionsWith.values()].filter((functions) => functions.length > 1);
  const phrasesOf = bodies.map(() => []);
  shared.forEach((functions, phrase) => {
    for (const i of functions) phrasesOf[i].push(phrase);
  });
  return { shared, phrasesOf };
}

/** After the first `kept` functions always the one of which most, by its size, is in the last 32 kB already. */
function orderOf(bodies, kept) {
  const { shared, phrasesOf } = sharedPhrases(bodies);
  const held = new Uint32Array(shared.length); // how often the window holds a phrase
  const found = new Uint32Array(bodies.length); // how many of a function's phrases it holds
  const left = new Set(bodies.keys());
  const order = [];
  let oldest = 0;
  let size = 0;
  const place = (i) => {
    order.push(i);
    left.delete(i);
    size += bodies[i].length;
    for (const phrase of phrasesOf[i]) if (held[phrase]++ === 0) for (const j of shared[phrase]) found[j] += 1;
    for (; size > kWindow && oldest < order.length - 1; oldest += 1) {
      const gone = order[oldest];
      size -= bodies[gone].length;
      for (const phrase of phrasesOf[gone]) if (--held[phrase] === 0) for (const j of shared[phrase]) found[j] -= 1;
    }
  };
  const share = (i) => found[i] / bodies[i].length;
  for (let i = 0; i < Math.min(kept, bodies.length); i += 1) place(i);
  while (left.size > 0) place([...left].reduce((a, b) => (share(b) > share(a) ? b : a)));
  return order;
}

/** The module with each of its functions named by its place. */
function named(module, first, order) {
  const digits = String(order.length).length;
  const names = order
    .map((i, place) => [first + i, Buffer.from(String(place).padStart(digits, "0"))])
    .sort(([a], [b]) => a - b)
    .map(([index, name]) => Buffer.concat([numberBytes(index), sized(name)]));
  const functions = Buffer.concat([numberBytes(names.length), ...names]);
  const section = sized(sized(Buffer.from("name")), Buffer.from([kFunctionNames]), sized(functions));
  return Buffer.concat([module, Buffer.from([0]), section]);
}

const module = readFileSync(path);
const sections = sectionsOf(module);
const imported = importedFunctions(sections.get(kImportSection));
const order = orderOf(bodiesOf(sections.get(kCodeSection)), kShortIndices - imported);
writeFileSync(path, named(module, imported, order));
// wasm-opt moves the functions and all that refers to them. The levels are those of emcc's own last step.
const passes = ["--reorder-functions-by-name", "--optimize-level=2", "--shrink-level=2", "--optimize-stack-ir"];
execFileSync(wasmOpt, [path, ...kFeatures, ...passes, "-o", path], { stdio: "inherit" });
