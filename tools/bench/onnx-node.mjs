// onnxruntime-node as a program that answers lines (turns.mjs).
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { OnnxPeer } from "./onnx-peer.mjs";

const require = createRequire(new URL("../../.toolchain/peers/npm/", import.meta.url));
const runtime = require("onnxruntime-node");
const { version } = require("onnxruntime-node/package.json");

const peer = new OnnxPeer(runtime, (threads) => ({
    intraOpNumThreads: threads, interOpNumThreads: 1, executionMode: "sequential", logSeverityLevel: 3,
}));

for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    const answer = request.do === "describe" ? { name: "onnxruntime", version } : await peer.answer(request);
    process.stdout.write(JSON.stringify(answer) + "\n");
}
