// `./run bench --peers`: our kernels and other libraries', natively, by turns.
//     node tools/bench/peers.mjs [--filter REGEX] [--rounds N] [--report FILE.json]
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { printGroup, section, writeReport } from "./report.mjs";
import { measureByTurns, Program } from "./turns.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { values: flags } = parseArgs({
    options: { filter: { type: "string", default: "" }, rounds: { type: "string", default: "7" }, report: { type: "string" } },
});
const filter = new RegExp(flags.filter), rounds = Number(flags.rounds);
if (!(rounds >= 1)) throw new Error(`--rounds is ${flags.rounds}, must be a whole number above 0`);

// --- who takes part -------------------------------------------------------------------------------------------------------

const debian = join(root, ".toolchain/peers/debian/usr/lib/x86_64-linux-gnu");
// A thread that has nothing to do sleeps: it must not take the next one's processor.
const environment = {
    LD_LIBRARY_PATH: debian, OMP_WAIT_POLICY: "passive", OPENBLAS_CORETYPE: undefined, OPENBLAS_L2_SIZE: undefined,
};
const native = (name) => new Program(join(root, "build/native/quantpeers"), [name], environment);
const programs = {
    quantlens: native("quantlens"),
    ggml: native("ggml"),
    "ggml, repacked": native("ggml"),
    oneDNN: native("oneDNN"),
    OpenBLAS: native("OpenBLAS"),
    onnxruntime: new Program("node", [join(root, "tools/bench/onnx-node.mjs")]),
    memcpy: native("quantlens"),
    PyTorch: new Program("/usr/bin/python3", [join(root, "tools/bench/gptq_peer.py")], {
        ...environment, LD_LIBRARY_PATH: `${join(debian, "openblas-pthread")}:${debian}`,
    }),
};
const versions = {};
for (const [name, program] of Object.entries(programs)) {
    const answer = await program.ask({ do: "describe" }).catch((problem) => ({ error: problem.message }));
    if (answer.error) {
        console.log(`without ${name}: ${answer.error}`);
        program.close();
        delete programs[name];
    } else {
        if (name !== "memcpy") versions[name] = answer.version;
    }
}

// How weights are stored: bits a weight that a product reads, the largest error that its result may have, who can do it.
const own = (kernel) => ({ subject: "quantlens", program: "quantlens", kernel });
const ggml = (kernel) => [
    { subject: "ggml", program: "ggml", kernel },
    { subject: "ggml, repacked", program: "ggml, repacked", kernel, variant: "repacked" },
];
const nbits = (kernel) => ({ subject: `onnxruntime ${kernel.slice(5)}`, program: "onnxruntime", kernel });
// Without VNNI both add pairs of 8-bit products in 16 bits, which overflow: their documentation has one halve the weights.
const saturates = { above: 0.03, text: "sums overflow" };
const kernels = {
    f32: { bits: 32, error: 1e-3, bound: "float", subjects: [own("f32"), ggml("f32")[0],
        { subject: "oneDNN", program: "oneDNN", kernel: "f32" }, { subject: "OpenBLAS", program: "OpenBLAS", kernel: "f32" }] },
    int8: { bits: 8, error: 0.03, bound: "int8", subjects: [own("int8"),
        { subject: "oneDNN", program: "oneDNN", kernel: "int8", error: 1, note: saturates },
        { subject: "onnxruntime", program: "onnxruntime", kernel: "int8", error: 1, note: saturates }] },
    q8_0: { bits: 8.5, error: 0.03, bound: "int8", subjects: [own("q8_0"), ...ggml("q8_0")] },
    q4_0: { bits: 4.5, error: 0.2, bound: "int8", subjects: [own("q4_0"), ...ggml("q4_0"), nbits("int4 g32")] },
    q4_K: { bits: 4.5, error: 0.2, bound: "int8", subjects: [own("q4_K"), ...ggml("q4_K")] },
    q6_K: { bits: 6.5625, error: 0.06, bound: "int8", subjects: [own("q6_K"), ...ggml("q6_K")] },
    "int4 g128": { bits: 4 + 24 / 128, error: 0.2, bound: "int8", subjects: [own("int4 g128"), nbits("int4 g128")] },
};

const square = [4096, 4096], shapes = [square, [11008, 4096], [4096, 11008]];
const moreThanCaches = 192e6;
// Tasks with the same weights follow one another: their codes are found once.
function* groups() {
    const counts = cpus().length > 1 ? [1, 2] : [1];
    for (const [kernel, { bits }] of Object.entries(kernels)) {
        for (const [rows, columns] of shapes) {
            const weights = { kernel, rows, columns, bytes: (rows * columns * bits) / 8 };
            for (const threads of counts) {
                yield { ...weights, tokens: 1, threads, data: "cold", copies: Math.ceil(moreThanCaches / weights.bytes) + 1 };
                if (rows !== columns && threads === 1 && counts.length > 1) continue;   // the goals of products are for two
                if (kernel !== "f32") yield { ...weights, tokens: 1, threads, data: "hot", copies: 1 };   // float32 is in no cache
                for (const tokens of [32, 128, 512]) yield { ...weights, tokens, threads, data: "hot", copies: 1 };
            }
        }
    }
    for (const threads of counts) yield { kernel: "gptq", tokens: 1, rows: 4096, columns: 4096, threads, data: "hot", copies: 1 };
    yield { kernel: "hadamard", tokens: 1, rows: 16, columns: 4096, threads: 1, data: "hot", copies: 1 };
}
const others = {
    gptq: { subjects: [own("gptq"), { subject: "PyTorch", program: "PyTorch", kernel: "gptq" }] },
    hadamard: { subjects: [own("hadamard"), { subject: "memcpy", program: "memcpy", kernel: "memcpy" }] },
};

/** What a product takes beside its operands and its result, as a share of these. In a process of its own: buffers are kept. */
async function extraMemory({ tokens, rows, columns, bytes, ...task }) {
    const fresh = native("quantlens");
    const { extra } = await fresh.ask({ do: "prepare", tokens, rows, columns, ...task });
    fresh.close();
    return extra / (bytes + 4 * tokens * (rows + columns));
}

const packageVersion = (name) => JSON.parse(readFileSync(join(root, ".toolchain/peers/npm/node_modules", name, "package.json"), "utf8")).version;
if (versions.ggml) versions.ggml = `of @node-llama-cpp ${packageVersion("@node-llama-cpp/linux-x64")}, ${versions.ggml}`;
delete versions["ggml, repacked"];

// --- measuring ------------------------------------------------------------------------------------------------------------

const described = await programs.quantlens.ask({ do: "describe" });
const result = {
    date: new Date().toISOString().slice(0, 10),
    processor: described.processor, processors: cpus().length, load_before: loadavg()[0], rounds, versions, groups: [],
};
console.log(section(`${result.processor}, ${result.processors} processors, load ${result.load_before.toFixed(2)}`));
for (const [name, version] of Object.entries(versions)) console.log(`${name} ${version}`);
for (const { copies, bytes, ...group } of groups()) {
    const product = kernels[group.kernel], kernel = product ?? others[group.kernel];
    const name = `${group.kernel}/${group.tokens}/${group.rows}x${group.columns}/${group.data}/threads:${group.threads}`;
    if (!filter.test(name)) continue;
    const subjects = kernel.subjects.filter(({ program }) => programs[program]).map((one) => ({ ...one, program: programs[one.program] }));
    const bound = !product ? null : group.tokens > 1 ? kernel.bound : group.data === "cold" ? "memory" : "cache";
    const slow = group.kernel === "gptq";
    const { results, limits } = await measureByTurns({ ...group, copies }, subjects, {
        rounds: slow ? Math.min(rounds, 3) : rounds, seconds: 0.06, warm: group.tokens === 1 && !slow ? 0.006 : 0,
        ours: bound && programs.quantlens, largestError: kernel.error, settle: 3,
    });
    const work = bound === "memory" || bound === "cache" ? bytes : bound ? 2 * group.tokens * group.rows * group.columns : null;
    const measured = { ...group, bound, work, limits: bound ? limits.map((limit) => limit[bound]) : [], results };
    if (product && group.rows === group.columns && group.threads > 1 && group.data === "hot" && [1, 512].includes(group.tokens))
        measured.extra_memory = await extraMemory({ ...group, bytes, copies: 1 });
    result.groups.push(measured);
    printGroup(measured);
}
result.load_after = loadavg()[0];
for (const program of Object.values(programs)) program.close();
if (flags.report) writeReport(flags.report, "native", result);
