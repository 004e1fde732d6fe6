// The goals of speed and what was measured of each: node tools/bench/goals.mjs [NAME] writes data/NAME.md from data/NAME.json
// and data/NAME-notes.md; NAME is benchmark, or that of another machine's report. A goal is a ratio against other programs or
// a share of a limit measured in the same rounds.
import { readFileSync, writeFileSync } from "node:fs";

const name = process.argv[2] ?? "benchmark";
const file = (ending) => new URL(`../../data/${name}${ending}`, import.meta.url);
const { native, web } = JSON.parse(readFileSync(file(".json"), "utf8"));

const square = [[4096, 4096]], shapes = [...square, [11008, 4096], [4096, 11008]], many = [32, 128, 512];
const isOurs = ({ subject }) => subject.startsWith("quantlens");

/** Groups of a report with the kernel, tokens, data and threads that are wanted, one a shape. */
function groupsOf(report, { kernel, tokens, data, threads, where = square }) {
    return where.flatMap(([rows, columns]) => [tokens].flat().map((count) => report?.groups.find((group) => group.kernel === kernel &&
        group.tokens === count && group.rows === rows && group.columns === columns && (!data || group.data === data) &&
        group.threads === threads))).filter(Boolean);
}

const shapeOf = (group, wanted) => (wanted.where?.length > 1 ? `${group.rows} x ${group.columns}` : "");
const tokensOf = (group, wanted) => (Array.isArray(wanted.tokens) ? `M = ${group.tokens} ` : "");

/** What stands in a cell: the values of each shape in a line of their own. */
function cellOf(values) {
    const lines = new Map();
    for (const { shape = "", text } of values) lines.set(shape, [...(lines.get(shape) ?? []), text]);
    return [...lines].map(([shape, list]) => (shape && `${shape}: `) + list.join("; ")).join("<br>");
}

/** How many times the speed of the fastest of some others ours has, with its lowest and highest run. */
function ratio(report, wanted, others, least) {
    return groupsOf(report, wanted).map((group) => {
        const rows = group.results.filter((row) => !isOurs(row) && row.seconds && others.test(row.subject));
        if (!rows.length) return null;
        const best = rows.reduce((a, b) => (a.seconds < b.seconds ? a : b));
        const range = best.lowest === undefined ? "" : ` (${best.lowest.toFixed(2)}-${best.highest.toFixed(2)})`;
        const goal = typeof least === "function" ? least(group) : least;
        const shape = shapeOf(group, wanted);
        return { shape, text: `${tokensOf(group, wanted)}**${best.ours_faster.toFixed(2)}**${range}`, met: goal === null ? null : best.ours_faster >= goal };
    }).filter(Boolean);
}

const best = (group) => group.results.filter((row) => isOurs(row) && row.seconds).reduce((a, b) => (a.seconds < b.seconds ? a : b));

function share(report, wanted, least) {
    return groupsOf(report, wanted).map((group) => {
        const row = best(group);
        return { shape: shapeOf(group, wanted), text: `${tokensOf(group, wanted)}**${Math.round(row.share * 100)} %**`, met: row.share >= least };
    });
}

/** Times in a browser, which are asked of machines where WebAssembly reads memory fast enough. */
const readInBrowser = Math.max(0, ...Object.values(web?.limits ?? {}).map(({ memory }) => memory)), readEnough = 26e9;
function milliseconds(report, wanted, most) {
    return groupsOf(report, wanted).flatMap((group) => group.results.filter((row) => isOurs(row) && row.seconds).map((row) => ({
        text: `${row.subject.replace("quantlens ", "")} **${(row.seconds * 1e3).toFixed(2)} ms**`,
        met: row.seconds * 1e3 <= most || (readInBrowser < readEnough ? null : false),
        why: `not asked: it reads ${(readInBrowser / 1e9).toFixed(0)} GB/s here` })));
}

/** GPTQ against the other's best time, at whatever thread count. */
function gptq(threads, least) {
    const groups = native?.groups.filter(({ kernel, rows }) => kernel === "gptq" && rows === 4096) ?? [];
    const times = groups.flatMap(({ results }) => results.filter((row) => !isOurs(row) && row.seconds).map(({ seconds }) => seconds));
    const ours = groups.filter((group) => group.threads === threads).map(best)[0];
    if (!ours || !times.length) return [];
    const value = Math.min(...times) / ours.seconds;
    return [{ text: `**${value.toFixed(2)}**`, met: value >= least }];
}

const timeOf = (wanted) => groupsOf(native, wanted).map((group) => ({ group, seconds: best(group).seconds }))[0];

/** How many times one thread's speed two have. */
function speedup(kernel, least) {
    return many.map((tokens) => {
        const [one, two] = [1, 2].map((threads) => timeOf({ kernel, tokens, data: "hot", threads }));
        if (!one || !two) return null;
        const value = one.seconds / two.seconds;
        return { text: `M = ${tokens} **${value.toFixed(2)}**`, met: value >= least };
    }).filter(Boolean);
}

/** What an operation costs in a larger product, against one in 128 tokens times 4096 x 4096. */
function growth(kernel, most) {
    const cost = ([tokens, shape]) => {
        const found = timeOf({ kernel, tokens, data: "hot", threads: 2, where: [shape] });
        return found && found.seconds / (tokens * shape[0] * shape[1]);
    };
    const base = cost([128, shapes[0]]);
    return [["rows", 128, shapes[1]], ["columns", 128, shapes[2]], ["tokens", 512, shapes[0]]].map(([what, ...at]) => {
        const value = cost(at) / base;
        return value ? { text: `${what} **${value.toFixed(2)}**`, met: value <= most } : null;
    }).filter(Boolean);
}

function extraMemory(kernel, most) {
    return groupsOf(native, { kernel, tokens: [1, 512], data: "hot", threads: 2 }).filter((group) => group.extra_memory !== undefined)
        .map((group) => ({ text: `M = ${group.tokens} **${(group.extra_memory * 100).toFixed(1)} %**`, met: group.extra_memory <= most }));
}

/** Microseconds a row, or how many times a memcpy's time. */
function hadamard(microseconds, copies) {
    return groupsOf(native, { kernel: "hadamard", tokens: 1, threads: 1, where: [[16, 4096]] }).map((group) => {
        const ours = best(group).seconds, times = ours / group.results.find(({ subject }) => subject === "memcpy").seconds;
        const each = (ours / group.rows) * 1e6;
        return { text: `**${each.toFixed(2)} us**, **${times.toFixed(1)}** x a memcpy`, met: each <= microseconds || times <= copies };
    });
}

const cold = { tokens: 1, data: "cold", where: shapes }, hot = { tokens: 1, data: "hot", threads: 2, where: shapes };
const product = { tokens: many, data: "hot", threads: 2, where: shapes }, browser = { threads: 1 };
const kernelsOf = ["f32", "int8", "q8_0", "q4_0", "q4_K", "q6_K", "int4 g128"];
const goals = [
    ["1 token from memory, 1 thread", [
        ["q8_0 >= 1.25 x ggml, >= 2 x at 4096 x 11008", ratio(native, { ...cold, kernel: "q8_0", threads: 1 }, /ggml/, ({ columns }) => (columns > 4096 ? 2 : 1.25))],
        ["q4_0 >= 1.3 x ggml repacked", ratio(native, { ...cold, kernel: "q4_0", threads: 1 }, /repacked/, 1.3)],
        ["q4_0 >= 1.5 x onnxruntime's MatMulNBits, block 32", ratio(native, { ...cold, kernel: "q4_0", threads: 1 }, /onnxruntime/, 1.5)],
        ["q4_K >= 1.2 x ggml repacked", ratio(native, { ...cold, kernel: "q4_K", threads: 1 }, /repacked/, 1.2)],
        ...["q8_0", "q4_0", "q4_K"].map((kernel) => [`${kernel} >= 90 % of the memory's speed`, share(native, { ...cold, kernel, threads: 1 }, 0.9)]),
    ]],
    ["1 token from memory, 2 threads", kernelsOf.flatMap((kernel) => [
        [`${kernel} >= 95 % of the memory's speed`, share(native, { ...cold, kernel, threads: 2 }, 0.95)],
        [`${kernel} never behind the fastest other`, ratio(native, { ...cold, kernel, threads: 2 }, /./, 1)],
    ])],
    ["1 token in cache, 2 threads", [
        ...["q4_0", "q4_K"].map((kernel) => [`${kernel} >= 2 x ggml's best`, ratio(native, { ...hot, kernel }, /ggml/, 2)]),
        ["q8_0 >= 1.8 x ggml", ratio(native, { ...hot, kernel: "q8_0" }, /ggml/, 1.8)],
        ["int8 a channel >= 0.95 x oneDNN", ratio(native, { ...hot, kernel: "int8" }, /oneDNN/, 0.95)],
    ]],
    ["Many tokens, 2 threads", [
        ["f32 >= 0.95 x oneDNN", ratio(native, { ...product, kernel: "f32" }, /oneDNN/, 0.95)],
        ["f32 >= 1.9, 1.25, 1.1 x OpenBLAS", ratio(native, { ...product, kernel: "f32" }, /OpenBLAS/, ({ tokens }) => ({ 32: 1.9, 128: 1.25, 512: 1.1 })[tokens])],
        ["int8 a channel >= 0.95 x oneDNN", ratio(native, { ...product, kernel: "int8" }, /oneDNN/, 0.95)],
        ["int8 a channel, beside onnxruntime (no goal; its sums overflow)", ratio(native, { ...product, kernel: "int8" }, /onnxruntime/, null)],
        ...["q4_0", "q4_K", "q8_0"].map((kernel) => [`${kernel} >= 2 x ggml's best`, ratio(native, { ...product, kernel }, /ggml/, 2)]),
        ["q6_K, beside ggml's best (no goal)", ratio(native, { ...product, kernel: "q6_K" }, /ggml/, null)],
        ...["q4_0", "int4 g128"].map((kernel) => [`${kernel} >= 1.4 x onnxruntime`, ratio(native, { ...product, kernel }, /onnxruntime/, 1.4)]),
    ]],
    ["GPTQ of 4096 x 4096, against the best time of PyTorch's one or two threads", [
        ["1 thread >= 3 x", gptq(1, 3)], ["2 threads >= 5 x", gptq(2, 5)],
    ]],
    ["Two threads against one, 4096 x 4096, many tokens", kernelsOf.map((kernel) => [`${kernel} >= 1.8 x`, speedup(kernel, 1.8)])],
    ["The cost grows linearly: an operation of a product with 2.69 x the rows, 2.69 x the columns, 4 x the tokens, against one of 128 " +
        "tokens times 4096 x 4096, two threads", kernelsOf.map((kernel) => [`${kernel} <= 1.1`, growth(kernel, 1.1)])],
    ["Memory beyond operands and result, 4096 x 4096, two threads", kernelsOf.map((kernel) => [`${kernel} <= 10 %`, extraMemory(kernel, 0.1)])],
    ["Hadamard transform of a row of 4096, in cache", [["<= 1.2 us, or 4 x a memcpy", hadamard(1.2, 4)]]],
    ["In Chromium, one thread", [
        ["4-bit, 1 token >= 30 x onnxruntime-web's MatMulNBits", ratio(web, { ...browser, kernel: "q4_0", tokens: 1 }, /int4/, 30)],
        ["4-bit, 1 token, faster than onnxruntime-web's float32", ratio(web, { ...browser, kernel: "q4_0", tokens: 1 }, /f32/, 1)],
        ["4-bit, 1 token <= 1.2 ms where WebAssembly reads memory at 26 GB/s", milliseconds(web, { ...browser, kernel: "q4_0", tokens: 1 }, 1.2)],
        ["8-bit, 1 token <= 1.7 ms where WebAssembly reads memory at 26 GB/s", milliseconds(web, { ...browser, kernel: "q8_0", tokens: 1 }, 1.7)],
        ["f32, 32 tokens >= 1.3 x onnxruntime-web", ratio(web, { ...browser, kernel: "f32", tokens: 32 }, /./, 1.3)],
        ["int8, 32 tokens >= 1.3 x onnxruntime-web", ratio(web, { ...browser, kernel: "int8", tokens: 32 }, /./, 1.3)],
        ["4-bit, 32 tokens >= 3 x onnxruntime-web", ratio(web, { ...browser, kernel: "q4_0", tokens: 32 }, /int4/, 3)],
        ["4-bit in groups of 128, 32 tokens >= 3 x onnxruntime-web", ratio(web, { ...browser, kernel: "int4 g128", tokens: 32 }, /./, 3)],
        ["the reference model's bytes a second >= 1.5 x wllama", ratio(web, { ...browser, kernel: "generate", tokens: 1, where: [[256, 256]] }, /wllama/, 1.5)],
    ]],
];

const lines = ["# Goals of speed, and what was measured", "",
    `Made by \`node tools/bench/goals.mjs ${name}\` from \`${name}.json\`. Each number is the median of the runs, its lowest and highest behind it.`,
    "Ratios are of speeds: above 1 ours is the faster.", ""];
const about = (part, what) => part && lines.push(`${what}: ${part.processor}, ${part.processors} processors, ${part.date}; ${part.runs ?? 1} runs of \`${part.command ?? "./run bench"}\`.`);
about(native, "Natively");
about(web, `In ${web?.browser}`);
for (const [title, list] of goals) {
    const there = list.filter(([, values]) => values.length);
    if (!there.length) continue;
    lines.push("", `## ${title}`, "", "| goal | measured | met |", "| --- | --- | --- |");
    for (const [goal, values] of there) {
        const met = values.filter((value) => value.met).length;
        const open = values.find((value) => value.met === null);
        const verdict = open ? (open.why ?? "") : met === values.length ? "yes" : met === 0 ? "no" : `${met} of ${values.length}`;
        lines.push(`| ${goal} | ${cellOf(values)} | ${verdict} |`);
    }
}
lines.push("", readFileSync(file("-notes.md"), "utf8").trim(), "");
writeFileSync(file(".md"), lines.join("\n"));
