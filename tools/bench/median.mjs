// Several reports of `./run bench --peers` or `--web` become one: node tools/bench/median.mjs REPORT.json... --out FILE.json
// Each number is the median of the runs'; beside a ratio stand its lowest and highest, and `spread` is that of the runs.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { median, spread } from "./turns.mjs";

const { values: flags, positionals } = parseArgs({
    allowPositionals: true, options: { out: { type: "string" }, command: { type: "string" } },
});
if (!flags.out || !positionals.length) throw new Error("median.mjs needs reports and --out FILE.json");
const reports = positionals.map((path) => JSON.parse(readFileSync(path, "utf8")));

const keyOf = ({ kernel, tokens, rows, columns, threads, data }) => [kernel, tokens, rows, columns, threads, data].join("/");
const middle = (values) => {
    const there = values.filter((value) => value !== undefined);
    return there.length ? Number(median(there).toPrecision(4)) : undefined;
};

function medianRow(rows) {
    const measured = rows.filter((row) => row?.seconds);
    const { subject, problem, note } = measured[0] ?? rows[0];
    if (!measured.length) return { subject, problem };
    const of = (name) => measured.map((row) => row[name]);
    const ratios = of("ours_faster").filter((ratio) => ratio !== undefined);
    return {
        subject, seconds: middle(of("seconds")), spread: Number(spread(of("seconds")).toPrecision(3)), per_second: middle(of("per_second")),
        share: middle(of("share")), ours_faster: middle(ratios),
        lowest: ratios.length ? Math.min(...ratios) : undefined, highest: ratios.length ? Math.max(...ratios) : undefined,
        error: middle(of("error")), note,
    };
}

function medianPart(parts) {
    const { groups: _, load_before, load_after, rounds, limits, ...about } = parts[0];
    const groups = [...new Map(parts.flatMap((part) => part.groups).map((group) => [keyOf(group), group])).values()];
    const runsOf = (group) => parts.filter((part) => part.groups.some((one) => keyOf(one) === keyOf(group))).length;
    const runs = Math.max(...groups.map(runsOf));   // a report may hold only what another left out
    return {
        ...about, command: flags.command, runs, rounds, load_before: parts.map((part) => part.load_before),
        limits: limits && Object.fromEntries(Object.keys(limits).map((name) => [name, Object.fromEntries(Object.keys(limits[name]).map((limit) =>
            [limit, middle(parts.map((part) => part.limits[name][limit]))]))])),
        groups: groups.map((group) => {
            const same = parts.map((part) => part.groups.find((one) => keyOf(one) === keyOf(group))).filter(Boolean);
            const { results, ...rest } = group;
            return {
                ...rest, runs: same.length === runs ? undefined : same.length, limit: middle(same.map((one) => one.limit)),
                extra_memory: middle(same.map((one) => one.extra_memory)),
                results: results.map(({ subject }) => medianRow(same.map((one) => one.results.find((row) => row.subject === subject)))),
            };
        }),
    };
}

const out = existsSync(flags.out) ? JSON.parse(readFileSync(flags.out, "utf8")) : {};
for (const part of ["native", "web"]) {
    const parts = reports.map((report) => report[part]).filter(Boolean);
    if (parts.length) out[part] = medianPart(parts);
}
writeFileSync(flags.out, JSON.stringify(out, null, 1) + "\n");
