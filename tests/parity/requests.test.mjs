// The page's own description of the requests (web/src/core/requests.ts) names no operation and no key that the core does not
// know, and the core's operations take the arrays' names that they say.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { wasmCore } from "./builds.mjs";

const web = new URL("../../web/", import.meta.url);
const ts = createRequire(new URL("package.json", web))("typescript");
const file = fileURLToPath(new URL("src/core/requests.ts", web));

/** Operation -> keys of its request, as TypeScript sees them. */
function keysOfRequests() {
  const program = ts.createProgram([file], { strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, lib: ["lib.es2022.d.ts", "lib.dom.d.ts"] });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const operations = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === "Operations");
  const keys = {};
  for (const property of checker.getTypeAtLocation(operations).getProperties()) {
    const entry = checker.getTypeOfSymbolAtLocation(property, operations);
    const request = checker.getTypeOfSymbolAtLocation(entry.getProperty("request"), operations);
    keys[property.name] = request.getProperties().map((symbol) => symbol.name);
  }
  return keys;
}

const answer = await wasmCore();
const schema = answer({ op: "schema" }).body;

test("every key that the page may ask with is one that the core knows", () => {
  const keys = keysOfRequests();
  assert.ok(Object.keys(keys).length > 15);
  const methodKeys = new Set(schema.methods.flatMap((method) => method.fields.map((field) => field.key)));
  const unknown = [];
  for (const [name, list] of Object.entries(keys)) {
    const operation = schema.operations.find((one) => one.name === name);
    if (!operation) {
      unknown.push(`operation ${name}`);
      continue;
    }
    const known = new Set(["op", "seed", ...operation.fields.map((field) => field.key)]);
    for (const key of list) if (!known.has(key) && !(operation.takes_method && methodKeys.has(key))) unknown.push(`${name}: ${key}`);
  }
  assert.deepEqual(unknown, []);
});

test("a request beyond WebAssembly's memory is refused in words", () => {
  // The Hessian of 40,000 inputs is 6.4 GB; that of 65,537 inputs has one element more than 32 bits can count.
  for (const columns of [40000, 65537])
    assert.throws(() => answer({ op: "quantize", method: "gptq", synthetic: `8x${columns}`, synthetic_tokens: 8 }), /not enough memory/);
});
