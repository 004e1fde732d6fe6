// What was measured, for people and for data/benchmark.json.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { median, spread } from "./turns.mjs";

export const section = (title) => `\n${title}\n${"-".repeat(title.length)}`;

const timeOf = (seconds) => seconds >= 1 ? `${seconds.toFixed(2)} s` : seconds >= 0.01 ? `${(seconds * 1e3).toFixed(1)} ms`
    : seconds >= 1e-3 ? `${(seconds * 1e3).toFixed(2)} ms` : `${(seconds * 1e6).toFixed(0)} us`;

export const isBytes = (bound) => bound === "memory" || bound === "cache";

const isOurs = (row) => row.subject.startsWith("quantlens");
const fastestOfOurs = (group) => group.results.filter((row) => isOurs(row) && row.seconds.length)
    .sort((a, b) => median(a.seconds) - median(b.seconds))[0];

/** A row's median, spread, speed, share of the limit measured in the same rounds, and ours / its speed. */
export function summary(group, row) {
    if (!row.seconds.length) return { problem: row.problem };
    const seconds = median(row.seconds);
    const ours = fastestOfOurs(group);
    const paired = ours ? row.seconds.map((value, i) => value / ours.seconds[i]) : null;
    return {
        seconds, spread: spread(row.seconds),
        per_second: group.work ? group.work / seconds : null,
        share: row.shares ? median(row.shares) : group.work && group.limits.length
            ? median(row.seconds.map((value, i) => group.work / value / group.limits[i])) : null,
        ours_faster: paired && !isOurs(row) ? median(paired) : null,
    };
}

export function printGroup(group) {
    const shape = `${group.kernel}, ${group.tokens} token${group.tokens > 1 ? "s" : ""}, ${group.rows} x ${group.columns}`;
    const limit = group.limits.length ? `; ${group.bound} ${(median(group.limits) / 1e9).toFixed(1)} ${isBytes(group.bound) ? "GB/s" : "GOP/s"}` : "";
    console.log(`\n${shape}, ${group.data}, ${group.threads} thread${group.threads > 1 ? "s" : ""}${limit}`);
    for (const row of group.results) {
        const one = summary(group, row);
        if (one.problem) {
            console.log(`    ${row.subject.padEnd(24)} -   ${one.problem}`);
            continue;
        }
        const unit = isBytes(group.bound) ? "GB/s" : "GOP/s";
        const cells = [row.subject.padEnd(24), timeOf(one.seconds).padStart(9), `+-${(one.spread * 50).toFixed(0)} %`.padStart(8)];
        if (one.per_second) cells.push(`${(one.per_second / 1e9).toFixed(1)} ${unit}`.padStart(13));
        if (one.share) cells.push(`${(one.share * 100).toFixed(0)} % of the limit`.padStart(18));
        if (one.ours_faster) cells.push(`quantlens ${one.ours_faster.toFixed(2)} x`.padStart(18));
        if (row.note && row.error > row.note.above) cells.push(row.note.text);
        console.log("    " + cells.join(" "));
    }
}

/** Puts one part ("native", "web", "kernels") into the report's file and leaves the others. */
export function writeReport(path, part, result) {
    const report = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
    const round = (value) => value === null || value === undefined ? undefined : Number(value.toPrecision(4));
    const { groups, ...about } = result;
    report[part] = {
        ...about,
        groups: groups.map((group) => {
            const { results, limits, work, ...about } = group;
            return {
                ...about,
                limit: limits.length ? round(median(limits)) : undefined,
                extra_memory: round(about.extra_memory),
                results: results.map((row) => {
                    const { problem, ...numbers } = summary(group, row);
                    const rounded = Object.entries({ ...numbers, error: row.error }).map(([name, value]) => [name, round(value)]);
                    const note = row.note && row.error > row.note.above ? row.note.text : undefined;
                    return { subject: row.subject, problem, ...Object.fromEntries(rounded), note };
                }),
            };
        }),
    };
    writeFileSync(path, JSON.stringify(report, null, 1) + "\n");
}
