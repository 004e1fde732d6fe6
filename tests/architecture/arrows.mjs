// Checks that includes and imports go only down the list of the design: node tests/architecture/arrows.mjs [ROOT]
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), "..", ".."));

// What each part may include from core/ and from the others.
const everything = ["tensor", "kernels", "formats", "files", "methods", "model", "planner", "request", "data"];
const allowed = {
    "core/tensor": ["tensor"],
    "core/kernels": ["tensor", "kernels"],
    "core/formats": ["tensor", "kernels", "formats"],
    "core/files": ["tensor", "kernels", "formats", "files"],
    "core/methods": ["tensor", "kernels", "formats", "methods"],
    "core/model": ["tensor", "kernels", "formats", "files", "methods", "model", "data"],
    "core/planner": ["tensor", "kernels", "formats", "planner", "data"],
    "core/request": everything,
    wasm: ["request", "tensor", "data", "wasm"],
    "native/cli": ["request", "tensor", "files", "data", "cli", "io"],
    "native/io": ["tensor", "files", "io"],
    "native/bench": [...everything, "bench", "io"],
    tests: [...everything, "support", "unit", "fuzz", "io"],
};

// Headers that only some parts may see.
const restricted = [
    { header: /^xsimd\//, parts: ["core/kernels"], why: "only the kernels see xsimd" },
    { header: /^(wasm_simd128|immintrin|arm_neon)\.h$/, parts: ["core/kernels", "native/bench"], why: "intrinsics belong to the kernels" },
    { header: /^emscripten/, parts: ["wasm"], why: "the core knows no browser" },
    { header: /^(fstream|filesystem|iostream)$/, parts: ["native/cli", "native/io", "native/bench", "tests"], why: "the core has no file system" },
    { header: /^chrono$/, parts: ["native/cli", "native/io", "native/bench", "tests", "wasm"], why: "the core has no clock" },
];

const problems = [];

function filesUnder(folder, pattern) {
    const path = join(root, folder);
    if (!existsSync(path)) return [];
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
        if (entry.name === "node_modules" || entry.name === "dist") return [];
        const name = join(folder, entry.name);
        return entry.isDirectory() ? filesUnder(name, pattern) : pattern.test(entry.name) ? [name] : [];
    });
}

function includesOf(file) {
    const lines = readFileSync(join(root, file), "utf8").split("\n");
    return lines.flatMap((line, index) => {
        const match = /^\s*#\s*include\s*([<"])([^>"]+)[>"]/.exec(line);
        return match ? [{ header: match[2], quoted: match[1] === '"', where: `${file}:${index + 1}` }] : [];
    });
}

// C++: every quoted include names a folder that its part may see, and exists.
const graph = new Map();
for (const [part, folders] of Object.entries(allowed)) {
    for (const file of filesUnder(part, /\.(h|cpp)$/)) {
        const targets = [];
        for (const { header, quoted, where } of includesOf(file)) {
            for (const rule of restricted) {
                if (rule.header.test(header) && !rule.parts.includes(part)) problems.push(`${where}: <${header}>: ${rule.why}`);
            }
            if (!quoted) {
                if (everything.includes(header.split("/")[0])) problems.push(`${where}: include our own "${header}" with quotes`);
                continue;
            }
            const beside = join(dirname(file), header);
            if (part === "tests" && existsSync(join(root, beside))) {
                targets.push(beside);               // what the tests of one folder share
                continue;
            }
            const folder = header.split("/")[0];
            if (!folders.includes(folder)) {
                problems.push(`${where}: ${part} must not include "${header}" (it may include ${folders.join(", ")})`);
            }
            const target = [join("core", header), join("native", header), join("tests", header), header].find((path) => existsSync(join(root, path)));
            if (target !== undefined) targets.push(target);
            else if (folder !== "data") problems.push(`${where}: there is no "${header}"; includes are relative to core/`);
        }
        graph.set(file, targets);
    }
}

// C++: no header includes itself by a detour.
const done = new Set();
function visit(file, path) {
    if (path.includes(file)) {
        problems.push(`cycle: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`);
        return;
    }
    if (done.has(file)) return;
    for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
}
for (const file of graph.keys()) visit(file, []);

// The page: only the worker client's folder knows the core's module, and nothing reaches into C++ folders.
const clientFolder = /^web\/(src\/)?(core|worker|client)\//;
for (const file of filesUnder("web", /\.(ts|tsx|js|jsx|mjs)$/)) {
    const text = readFileSync(join(root, file), "utf8");
    const isSource = /^web\/src\//.test(file) && !/\.(test|spec)\.tsx?$/.test(file);
    for (const match of text.matchAll(/(?:from\s*|import\s*\(\s*|import\s+)["']([^"']+)["']/g)) {
        const name = match[1];
        const line = text.slice(0, match.index).split("\n").length;
        const path = name.startsWith(".") ? relative(root, resolve(join(root, dirname(file)), name)) : name;
        if (/^(core|native|wasm)\//.test(path)) problems.push(`${file}:${line}: the page must not reach into ${path}`);
        if (isSource && /^core:|quantlens-(simd128|relaxed)|build\/module/.test(name) && !clientFolder.test(file)) {
            problems.push(`${file}:${line}: only the worker client loads the module`);
        }
    }
    if (isSource && /new\s+Worker\s*\(/.test(text) && !clientFolder.test(file)) {
        problems.push(`${file}: only the worker client starts a worker`);
    }
}

for (const problem of problems) console.log(problem);
console.log(problems.length === 0 ? `the arrows hold (${graph.size} C++ files)` : `${problems.length} arrows point the wrong way`);
process.exit(problems.length === 0 ? 0 : 1);
