// Writes the README's tables of speed from data/benchmark.json: node tools/bench/table.mjs [--check]
// With --check it writes nothing and fails where the README says something else.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const report = JSON.parse(readFileSync(new URL("data/benchmark.json", root), "utf8"));

const rate = (group, row) => {
    const value = row.per_second / 1e9, bytes = group.bound === "memory" || group.bound === "cache";
    return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${bytes ? "GB/s" : "GOP/s"}`;
};
const percent = (share) => `${Math.round(share * 100)} %`;

/** Our best row, and the fastest of the others with how many times its speed ours has. */
function cell(group) {
    const measured = group.results.filter((row) => row.seconds);
    const ours = measured.filter((row) => row.subject.startsWith("quantlens")).sort((a, b) => a.seconds - b.seconds)[0];
    const others = measured.filter((row) => !row.subject.startsWith("quantlens")).sort((a, b) => a.seconds - b.seconds);
    if (!ours) return "";
    const parts = [group.kernel === "generate" ? `${Math.round(1 / ours.seconds)} bytes/s` : group.work === undefined && !ours.per_second ? `${ours.seconds.toPrecision(2)} s` : rate(group, ours)];
    if (ours.share) parts.push(percent(ours.share));
    if (others.length) parts.push(`**${others[0].ours_faster.toFixed(2)} x** ${others[0].subject}${others[0].note ? "*" : ""}`);
    return parts.join(", ");
}

function table(groups, columns, rowOf) {
    const lines = [`| weights | ${columns.map(({ title }) => title).join(" | ")} |`, `| --- |${" --- |".repeat(columns.length)}`];
    for (const kernel of [...new Set(groups.map(({ kernel }) => kernel))]) {
        const cells = columns.map(({ is }) => groups.find((group) => group.kernel === kernel && is(group))).map((group) => group ? cell(group) : "");
        if (cells.some(Boolean)) lines.push(`| ${rowOf(kernel)} | ${cells.join(" | ")} |`);
    }
    return lines.join("\n");
}

function native({ date, processor, processors, load_before, runs, versions, groups }) {
    const square = (tokens, data) => (group) =>
        group.tokens === tokens && group.data === data && group.rows === 4096 && group.columns === 4096;
    const at = (threads) => groups.filter((group) => group.threads === threads && !["gptq", "hadamard"].includes(group.kernel));
    const columns = [
        { title: "1 token, from memory", is: square(1, "cold") }, { title: "1 token, in cache", is: square(1, "hot") },
        { title: "32 tokens", is: square(32, "hot") }, { title: "512 tokens", is: square(512, "hot") },
    ];
    const peers = Object.entries(versions).filter(([name]) => name !== "quantlens")
        .map(([name, version]) => `${name} ${version.replace(/^OpenBLAS (\S+).*/, "$1")}`);
    const gptq = groups.filter(({ kernel, rows }) => kernel === "gptq" && rows === 4096).map((group) =>
        `${group.threads} thread${group.threads > 1 ? "s" : ""} ${cell(group)}`);
    return [
        `Measured ${date} on ${processor} (${processors} processors, load ${[load_before].flat()[0].toFixed(1)} before${runs ? `, the median of ${runs} runs` : ""})`,
        `against ${peers.join(", ")}.`,
        "Each cell: our speed, its share of what this machine can do (measured in the same rounds), and how many times the speed of the",
        "fastest other library that is; below 1 the other is faster. Weights are 4096 x 4096. [data/benchmark.md](data/benchmark.md) has",
        "the goals, the other shapes and what was tried. * Its 16-bit sums of 8-bit products overflow; ours are exact.",
        ...[1, 2].flatMap((threads) => at(threads).length
            ? ["", `${threads === 1 ? "One thread" : "Two threads"}:`, "", table(at(threads), columns, (kernel) => kernel)] : []),
        ...(gptq.length ? ["", `GPTQ of 4096 x 4096, 4 bits in groups of 128: ${gptq.join("; ")}.`] : []),
    ].join("\n");
}

function web({ date, browser, groups, limits }) {
    const columns = [{ title: "1 token, from memory", is: ({ tokens }) => tokens === 1 }, { title: "32 tokens", is: ({ tokens }) => tokens === 32 }];
    const memory = (limits.relaxed ?? limits.simd128).memory / 1e9;
    return [
        `In ${browser}, one thread, ${date}, where WebAssembly reads ${memory.toFixed(0)} GB/s from memory:`, "",
        table(groups, columns, (kernel) => kernel),
    ].join("\n");
}

const parts = [report.native && native(report.native), report.web && web(report.web)].filter(Boolean);
const text = `<!-- made by tools/bench/table.mjs from data/benchmark.json -->\n${parts.join("\n\n")}\n<!-- end -->`;
const path = fileURLToPath(new URL("README.md", root));
const before = readFileSync(path, "utf8");
const pattern = /<!-- made by tools\/bench\/table\.mjs[\s\S]*?<!-- end -->/;
if (!pattern.test(before)) throw new Error("README.md has no place for the table");
const after = before.replace(pattern, () => text);
if (process.argv.includes("--check")) {
    if (after !== before) throw new Error("the tables in README.md are not those of data/benchmark.json: run node tools/bench/table.mjs");
} else {
    writeFileSync(path, after);
}
