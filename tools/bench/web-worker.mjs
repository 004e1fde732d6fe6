// One subject of the browser benchmark in a worker of its own: our module, or onnxruntime-web. A message is a request as in
// turns.mjs; the answer goes back with its number.
import { OnnxPeer } from "./onnx-peer.mjs";

/** Our module through its door: the operation "measure" makes its data, measures, and measures the limit beside it. */
class OurModule {
    #core;
    #task = null;

    constructor(core) {
        this.#core = core;
    }

    #ask(request) {
        return JSON.parse(this.#core.answer(JSON.stringify(request), [], undefined).json);
    }

    async answer(request) {
        if (request.do === "prepare" && request.kernel === "generate") {
            const file = new Uint8Array(await (await fetch("/model/model.safetensors")).arrayBuffer());
            this.#task = new Writing(this.#core, file);
            return this.#task.run();
        }
        if (request.do === "run" && this.#task instanceof Writing) return this.#task.run();
        if (request.do === "prepare") {
            const { kernel, tokens, rows, columns } = request;
            this.#task = { op: "measure", kernel, tokens, rows, columns, repetitions: 1 };
            return {};
        }
        if (request.do === "limits") {
            const limits = {};
            for (const kernel of ["memory", "cache", "float", "int8"]) {
                const answer = this.#ask({ op: "measure", kernel, repetitions: 3 });
                if (answer.error) return { error: answer.error.message };
                limits[kernel] = (kernel === "memory" || kernel === "cache" ? answer.gb_per_s : answer.gop_per_s) * 1e9;
            }
            return limits;
        }
        if (request.do === "run") {
            const answer = this.#ask(this.#task);
            return answer.error ? { error: answer.error.message } : { seconds: answer.seconds, share: answer.share_of_limit };
        }
        this.#task = null;
        return {};
    }
}

/** The reference model writes; seconds are of one byte, the prompt's few bytes included. */
class Writing {
    #core;
    #arrays;
    #round = 0;

    constructor(core, file) {
        this.#core = core;
        this.#arrays = [{ name: "model", shape: [file.length], data: file }];
    }

    run(tokens = 200) {
        const request = { op: "generate", prompt: `${++this.#round}. `, tokens, temperature: 0 };
        const start = performance.now();
        const answer = JSON.parse(this.#core.answer(JSON.stringify(request), this.#arrays, undefined).json);
        const seconds = (performance.now() - start) / 1000 / tokens;
        this.#arrays = [];   // the session keeps the model
        return answer.error ? { error: answer.error.message } : { seconds };
    }
}

async function open(subject) {
    if (subject === "onnxruntime") {
        const runtime = await import("/onnxruntime-web/dist/ort.wasm.min.mjs");
        runtime.env.wasm.numThreads = 1;
        runtime.env.wasm.wasmPaths = new URL("/onnxruntime-web/dist/", location.href).href;
        runtime.env.logLevel = "error";
        return new OnnxPeer(runtime, () => ({ executionProviders: ["wasm"], logSeverityLevel: 3 }));
    }
    const { default: create } = await import(`/module/quantlens-${subject}.js`);
    const module = await create();
    return new OurModule(new module.Core());
}

let peer;
self.addEventListener("message", async ({ data: { number, request } }) => {
    let answer;
    try {
        if (request.do === "open") {
            peer = await open(request.subject);
            answer = {};
        } else {
            answer = await peer.answer(request);
        }
    } catch (problem) {
        answer = { error: String(problem.message ?? problem) };
    }
    self.postMessage({ number, answer });
});
