// llama.cpp in the browser (wllama): how fast it writes with our reference model as a GGUF file. The requests of turns.mjs.
export class WllamaPeer {
    #wllama = null;
    #round = 0;

    async answer(request) {
        if (request.do === "prepare") {
            const { Wllama } = await import("/wllama/esm/index.js");
            this.#wllama = new Wllama({ default: "/wllama/esm/wasm/wllama.wasm" }, { suppressNativeLog: true });
            const file = await (await fetch("/model/model.gguf")).blob();
            await this.#wllama.loadModel([file], { n_ctx: 512, n_threads: 1, n_gpu_layers: 0 });
            return this.answer({ do: "run" });
        }
        if (request.do === "run") {
            const { timings } = await this.#wllama.createCompletion({
                prompt: `${++this.#round}. `, max_tokens: request.tokens ?? 200, temperature: 0, ignore_eos: true,
            });
            return { seconds: timings.predicted_ms / 1000 / timings.predicted_n };
        }
        await this.#wllama?.exit();
        return {};
    }
}
