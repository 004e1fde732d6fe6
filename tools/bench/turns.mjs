// Measuring several programs by turns: each is asked through the same few requests (native/bench/peers/main.cpp), so that
// what disturbs the machine disturbs all of them alike.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { inputSeed, valueAt, weightSeed } from "./values.mjs";

const running = new Set();

/** A program that is stopped would outlive an interrupted run. */
function endWithThisProcess() {
    process.on("exit", () => { for (const child of running) child.kill("SIGKILL"); });
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
}

/**
 * A program that answers a line of JSON with a line of JSON. It is stopped while it is not asked: threads of some libraries
 * wait awake for what may come next (ggml's for a tenth of a second, onnxruntime's for milliseconds), and would take a processor
 * of whoever is measured after them.
 */
export class Program {
    #child;
    #waiting = [];
    #ended = null;

    static #first = true;

    constructor(command, args, environment = {}) {
        if (Program.#first) endWithThisProcess();
        Program.#first = false;
        this.#child = spawn(command, args, { env: { ...process.env, ...environment }, stdio: ["pipe", "pipe", "inherit"] });
        running.add(this.#child);
        createInterface({ input: this.#child.stdout }).on("line", (line) => {
            if (this.#waiting.length === 1) this.#child.kill("SIGSTOP");
            this.#waiting.shift()?.resolve(JSON.parse(line));
        });
        const end = (why) => {
            running.delete(this.#child);
            this.#ended = new Error(`${command} ${args.join(" ")}: ${why}`);
            for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
        };
        this.#child.on("error", (problem) => end(problem.message));
        this.#child.on("exit", (code, signal) => end(`ended (${signal ?? code})`));
        this.#child.stdin.on("error", () => {});
    }

    ask(request) {
        if (this.#ended) return Promise.reject(this.#ended);
        return new Promise((resolve, reject) => {
            this.#waiting.push({ resolve, reject });
            this.#child.kill("SIGCONT");
            this.#child.stdin.write(JSON.stringify(request) + "\n");
        });
    }

    close() {
        this.#child.kill("SIGCONT");
        this.#child.stdin.end();
    }
}

export const median = (values) => {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** (largest - smallest) / median. */
export const spread = (values) => (Math.max(...values) - Math.min(...values)) / median(values);

// --- what a task's result should be ---------------------------------------------------------------------------------------

/** What the first token's first outputs are without any quantization, and how large such an output typically is. */
export function exactResult({ columns }, count) {
    const result = [];
    for (let row = 0; row < count; ++row) {
        let sum = 0;
        for (let k = 0; k < columns; ++k) sum += valueAt(row * columns + k, weightSeed) * valueAt(k, inputSeed);
        result.push(sum);
    }
    return { result, typical: Math.sqrt(columns) / 12 };   // both factors have a variance of 1/12
}

/** The root of the mean squared error, as a share of a typical output. */
export function errorOf(result, task) {
    const exact = exactResult(task, result.length);
    const squares = result.map((value, i) => (value - exact.result[i]) ** 2);
    return Math.sqrt(squares.reduce((a, b) => a + b) / squares.length) / exact.typical;
}

// --- taking turns ---------------------------------------------------------------------------------------------------------

/**
 * Measures one task by several subjects. `subjects` is a list of {subject, program, variant, kernel, error}, each with a program of
 * its own; the limit, if any, is asked of `ours` before each round. Returns a row for each subject: its seconds of each round; or why it has none.
 */
export async function measureByTurns(task, subjects, { rounds, seconds, warm = 0, ours, largestError, settle = 0 }) {
    const rows = [];
    for (const { subject, program, note, ...own } of subjects) {
        const answer = await program.ask({ do: "prepare", ...task, ...own });
        const row = { subject, program, note, seconds: [], problem: answer.error };
        if (!row.problem && largestError !== undefined) {
            row.error = errorOf(answer.result, task);
            if (!(row.error <= (own.error ?? largestError)))
                row.problem = `its result differs from the product by ${row.error.toPrecision(2)} of a typical value`;
        }
        rows.push(row);
    }
    const limits = [];
    for (let round = 0; round < rounds; ++round) {
        if (ours) limits.push(await ours.ask({ do: "limits", threads: task.threads }));
        // Every round starts with another one.
        for (let i = 0; i < rows.length; ++i) {
            const row = rows[(i + round) % rows.length];
            if (row.problem) continue;
            if (settle) await new Promise((resolve) => setTimeout(resolve, settle));
            const answer = await row.program.ask({ do: "run", seconds, warm });
            if (answer.error) row.problem = answer.error;
            else {
                row.seconds.push(answer.seconds);
                if (answer.share) (row.shares ??= []).push(answer.share);   // of a limit that it measured itself
            }
        }
    }
    for (const row of rows) {
        await row.program.ask({ do: "forget" });
        delete row.program;
    }
    return { results: rows, limits };
}
