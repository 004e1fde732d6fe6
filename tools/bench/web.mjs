// `./run bench --web`: our module and onnxruntime-web in Chromium, one thread each, by turns.
//     node tools/bench/web.mjs [--filter REGEX] [--rounds N] [--report FILE.json]
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { cpus, loadavg } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { printGroup, section, writeReport } from "./report.mjs";
import { measureByTurns } from "./turns.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { chromium } = createRequire(join(root, "web/package.json"))("playwright-core");
const { values: flags } = parseArgs({
    options: { filter: { type: "string", default: "" }, rounds: { type: "string", default: "5" }, report: { type: "string" } },
});
const filter = new RegExp(flags.filter), rounds = Number(flags.rounds);
if (!(rounds >= 1)) throw new Error(`--rounds is ${flags.rounds}, must be a whole number above 0`);

// --- a server of the few folders that the page needs ----------------------------------------------------------------------

const folders = {
    "/bench/": join(root, "tools/bench/"),
    "/module/": join(root, "build/module/"),
    "/model/": join(root, "build/bench-model/"),
    "/wllama/": join(root, ".toolchain/peers/npm/node_modules/@wllama/wllama/"),
    "/onnxruntime-web/": join(root, ".toolchain/peers/npm/node_modules/onnxruntime-web/"),
};
const kinds = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json" };
const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    if (path === "/") return response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>bench</title>");
    const prefix = Object.keys(folders).find((prefix) => path.startsWith(prefix));
    const file = prefix && join(folders[prefix], path.slice(prefix.length));
    if (!file || !existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": kinds[extname(file)] ?? "application/octet-stream" });
    // The module's file begins with what it needs in Node alone.
    const nodeOnly = /^\s*import \{ createRequire \} from 'module';\s*const require = [^;]*;/;
    response.end(prefix === "/module/" && file.endsWith(".js") ? readFileSync(file, "utf8").replace(nodeOnly, "") : readFileSync(file));
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));

const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"],
});
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);
await page.evaluate(() => {
    const workers = {};
    let last = 0;
    let wllama;
    globalThis.ask = async (subject, request) => {
        if (subject === "wllama") {
            wllama ??= new (await import("/bench/wllama-peer.mjs")).WllamaPeer();
            return wllama.answer(request).catch((problem) => ({ error: String(problem.message ?? problem) }));
        }
        const worker = (workers[subject] ??= new Worker("/bench/web-worker.mjs", { type: "module" }));
        const number = ++last;
        return new Promise((resolve, reject) => {
            const listener = ({ data }) => {
                if (data.number !== number) return;
                worker.removeEventListener("message", listener);
                resolve(data.answer);
            };
            worker.addEventListener("message", listener);
            worker.addEventListener("error", (event) => reject(new Error(event.message || "the worker failed")), { once: true });
            worker.postMessage({ number, request });
        });
    };
});
const subject = (name) => ({ ask: (request) => page.evaluate(([name, request]) => globalThis.ask(name, request), [name, request]) });

const programs = {};
for (const name of ["simd128", "relaxed", "onnxruntime", "onnxruntime f32"]) {
    const program = subject(name);
    const answer = await program.ask({ do: "open", subject: name.split(" ")[0] });
    if (answer.error) console.log(`without ${name}: ${answer.error}`);
    else programs[name] = program;
}

// --- what is measured -----------------------------------------------------------------------------------------------------

const both = (kernel) => ["simd128", "relaxed"].map((name) => ({ subject: `quantlens ${name}`, program: name, kernel }));
const onnx = (kernel, name = "onnxruntime-web") =>
    ({ subject: name, program: kernel === "f32" ? "onnxruntime f32" : "onnxruntime", kernel });
const kernels = {
    f32: { bits: 32, bound: "float", subjects: [...both("f32"), onnx("f32")] },
    int8: { bits: 8, bound: "int8", subjects: [...both("int8_rows"), onnx("int8")] },
    q8_0: { bits: 8.5, bound: "int8", subjects: both("q8_0") },
    q4_0: { bits: 4.5, bound: "int8", subjects: [...both("q4_0"), onnx("int4 g32", "onnxruntime-web int4 g32"),
        onnx("f32", "onnxruntime-web f32")] },
    q4_K: { bits: 4.5, bound: "int8", subjects: both("q4_K") },
    "int4 g128": { bits: 4 + 24 / 128, bound: "int8", subjects: [...both("int4_groups"), onnx("int4 g128")] },
};
const moreThanCaches = 96e6;   // as the operation "measure" has it

const result = {
    date: new Date().toISOString().slice(0, 10), browser: `Chromium ${browser.version()}`,
    processor: /model name\s*: (.*)/.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "unknown",
    processors: cpus().length, load_before: loadavg()[0], rounds,
    versions: {
        wllama: JSON.parse(readFileSync(join(folders["/wllama/"], "package.json"), "utf8")).version,
        "onnxruntime-web": JSON.parse(readFileSync(join(folders["/onnxruntime-web/"], "package.json"), "utf8")).version,
    },
    limits: {}, groups: [],
};
console.log(section(`${result.browser} on ${result.processor}, load ${result.load_before.toFixed(2)}`));
for (const name of ["simd128", "relaxed"]) {
    if (!programs[name]) continue;
    const limits = await programs[name].ask({ do: "limits" });
    result.limits[name] = limits;
    console.log(`${name}: memory ${(limits.memory / 1e9).toFixed(1)} GB/s, cache ${(limits.cache / 1e9).toFixed(0)} GB/s, ` +
        `float ${(limits.float / 1e9).toFixed(0)} GFLOP/s, int8 ${(limits.int8 / 1e9).toFixed(0)} GOP/s`);
}
for (const [kernel, { bits, bound, subjects }] of Object.entries(kernels)) {
    for (const tokens of [1, 32]) {
        const group = { kernel, tokens, rows: 4096, columns: 4096, threads: 1, data: tokens === 1 ? "cold" : "hot" };
        if (!filter.test(`${kernel}/${tokens}`)) continue;
        const bytes = (group.rows * group.columns * bits) / 8;
        const there = subjects.filter(({ program }) => programs[program]).map((one) => {
            const weights = one.kernel === "f32" ? group.rows * group.columns * 4 : bytes;
            return { ...one, program: programs[one.program], copies: tokens === 1 ? Math.ceil(moreThanCaches / weights) + 1 : 1 };
        });
        const { results } = await measureByTurns(group, there, { rounds, seconds: 0.1 });
        const measured = {
            ...group, bound: tokens === 1 ? "memory" : bound, limits: [], results,
            work: tokens === 1 ? bytes : 2 * tokens * group.rows * group.columns,
        };
        result.groups.push(measured);
        printGroup(measured);
    }
}
// The whole model, where one was exported: bytes a second that it writes.
if (existsSync(join(folders["/model/"], "model.gguf")) && filter.test("generate/1")) {
    const group = { kernel: "generate", tokens: 1, rows: 256, columns: 256, threads: 1, data: "hot" };
    const there = [...both("generate"), { subject: "wllama", program: "wllama", kernel: "generate" }]
        .filter(({ program }) => program === "wllama" || programs[program])
        .map((one) => ({ ...one, program: programs[one.program] ?? subject("wllama") }));
    const { results } = await measureByTurns(group, there, { rounds, seconds: 0 });
    const measured = { ...group, bound: null, limits: [], results, work: null };
    result.groups.push(measured);
    printGroup(measured);
}
result.load_after = loadavg()[0];
await browser.close();
server.close();
if (flags.report) writeReport(flags.report, "web", result);
