// The products as onnxruntime computes them, in Node or in a browser: the requests of native/bench/peers/main.cpp.
import { model } from "./onnx.mjs";
import { inputSeed, valueAt, weightSeed } from "./values.mjs";

const code8 = (value) => Math.trunc(value * 254 + 127.5) - 127;

/** {operator, weights...} of one copy of the weights. */
const kernels = {
    f32: ({ rows, columns }) => {
        const weights = new Float32Array(rows * columns);   // MatMul takes them as [columns x rows]
        for (let row = 0; row < rows; ++row)
            for (let k = 0; k < columns; ++k) weights[k * rows + row] = valueAt(row * columns + k, weightSeed);
        return {
            operator: "MatMul", input: "float", output: "float", scale: 1,
            tensors: [{ name: "w", type: "float", dims: [columns, rows], data: weights }],
        };
    },
    int8: ({ rows, columns }) => {
        const weights = new Int8Array(rows * columns);
        for (let row = 0; row < rows; ++row)
            for (let k = 0; k < columns; ++k) weights[k * rows + row] = code8(valueAt(row * columns + k, weightSeed));
        return {
            operator: "MatMulInteger", input: "uint8", output: "int32", scale: 1 / 254 / 254,
            tensors: [
                { name: "w", type: "int8", dims: [columns, rows], data: weights },
                { name: "z", type: "uint8", dims: [], data: Uint8Array.of(128) },   // of the activations
            ],
        };
    },
    "int4 g32": (task) => grouped(task, 32),
    "int4 g128": (task) => grouped(task, 128),
};

function grouped({ rows, columns }, group) {
    const weights = new Uint8Array((rows * columns) / 2), groups = columns / group;
    const codeAt = (i) => Math.min(15, Math.trunc(valueAt(i, weightSeed) * 16 + 8.5));
    for (let i = 0; i < weights.length; ++i) weights[i] = codeAt(2 * i) | (codeAt(2 * i + 1) << 4);
    return {
        operator: "MatMulNBits", domain: "com.microsoft", input: "float", output: "float", scale: 1,
        attributes: { K: columns, N: rows, bits: 4, block_size: group, accuracy_level: 4 },   // 4: in 8-bit integers
        tensors: [
            { name: "w", type: "uint8", dims: [rows, groups, group / 2], data: weights },
            { name: "s", type: "float", dims: [rows, groups], data: new Float32Array(rows * groups).fill(1 / 16) },
        ],
    };
}

export class OnnxPeer {
    #runtime;
    #options;
    #prepared = null;
    #made = {};   // the last weights: the same are asked for with other tokens, threads and copies

    /** `options(threads)`: the session options of a task. */
    constructor(runtime, options) {
        this.#runtime = runtime;
        this.#options = options;
    }

    async answer(request) {
        switch (request.do) {
            case "prepare": return this.#prepare(request);
            case "run": return this.#run(request.seconds, request.warm ?? 0);
            case "forget": await this.#forget(); return {};
            default: return { error: `onnxruntime does not know "${request.do}"` };
        }
    }

    async #forget() {
        await this.#prepared?.session.release();
        this.#prepared = null;
    }

    // Copies of the weights are nodes of one model beside one another, so that a run uses each once. Their last element
    // differs: onnxruntime keeps equal weights once, and the product would be of weights in the cache.
    async #prepare(task) {
        await this.#forget();
        const make = kernels[task.kernel];
        if (!make || task.variant) return { error: `onnxruntime has no ${task.kernel} ${task.variant ?? ""}` };
        const { tokens, rows, columns, copies = 1 } = task;
        const key = [task.kernel, rows, columns].join("/");
        if (this.#made.key !== key) this.#made = { key, kernel: make(task) };
        const { kernel } = this.#made;
        const nodes = [], initializers = [], outputs = [];
        for (let copy = 0; copy < copies; ++copy) {
            for (const tensor of kernel.tensors) {
                const data = copy === 0 || tensor.data.length === 1 ? tensor.data : tensor.data.slice();
                if (data !== tensor.data) data[data.length - 1] = data instanceof Float32Array ? copy / 64 : copy;
                initializers.push({ ...tensor, name: tensor.name + copy, data });
            }
            nodes.push({
                operator: kernel.operator, domain: kernel.domain, attributes: kernel.attributes,
                inputs: ["x", ...kernel.tensors.map(({ name }) => name + copy)], outputs: ["y" + copy],
            });
            outputs.push({ name: "y" + copy, type: kernel.output, dims: [tokens, rows] });
        }
        const bytes = model({ nodes, initializers, inputs: [{ name: "x", type: kernel.input, dims: [tokens, columns] }], outputs });
        const values = kernel.input === "float" ? new Float32Array(tokens * columns) : new Uint8Array(tokens * columns);
        for (let i = 0; i < values.length; ++i)
            values[i] = kernel.input === "float" ? valueAt(i, inputSeed) : code8(valueAt(i, inputSeed)) + 128;
        try {
            const session = await this.#runtime.InferenceSession.create(bytes, this.#options(task.threads));
            const feeds = { x: new this.#runtime.Tensor(kernel.input === "float" ? "float32" : "uint8", values, [tokens, columns]) };
            this.#prepared = { session, feeds, copies };
            const result = await session.run(feeds);
            return { result: Array.from(result.y0.data.slice(0, 16), (value) => Number(value) * kernel.scale) };
        } catch (problem) {
            return { error: String(problem.message ?? problem) };
        }
    }

    async #run(seconds, warm) {
        if (!this.#prepared) return { error: "nothing is prepared" };
        const { session, feeds, copies } = this.#prepared;
        for (const start = performance.now(); performance.now() - start < warm * 1000;) await session.run(feeds);
        const start = performance.now();
        let calls = 0, elapsed = 0;
        while (elapsed < seconds * 1000) {
            await session.run(feeds);
            calls += copies;
            elapsed = performance.now() - start;
        }
        return { seconds: elapsed / 1000 / calls, calls };
    }
}
