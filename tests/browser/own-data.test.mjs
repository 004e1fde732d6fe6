// The reader's own files: only slices of them are read, and what the page says of them is what the command line says.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  commandOf,
  figure,
  hasModel,
  near,
  numberIn,
  onChapter,
  problemOf,
  root,
  runNative,
  serveAndLaunch,
  settled,
  slide,
} from "./page.mjs";
import { sparseGguf, sparseSafetensors } from "./sparse.mjs";

serveAndLaunch();

let folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "quantlens-own-"));
});
after(async () => {
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const contents = (page) => figure(page.locator("#own-data"), "What the file holds");
const values = (page) => figure(page.locator("#own-data"), "Where its values lie");
const methods = (page) => figure(page.locator("#own-data"), "Every method and format on it");
const one = (page) => figure(page.locator("#own-data"), "One of them");
const give = (page, path) => contents(page).locator("input[type=file]").setInputFiles(path);
const names = (page, name) =>
  page.waitForFunction(
    (wanted) => document.querySelector("#own-data .tensor-list [aria-pressed=true]")?.textContent === wanted,
    name,
  );

/** The chapter without its last figure, in which the model reads a text in eleven ways: it takes seconds. */
const kOfFiles = 4;
const onFiles = (steps) => onChapter("own-data", steps, "#own-data", kOfFiles);
const filesSettled = (page) => settled(page, "own-data", kOfFiles);

/** The command with the file's name as a path that the native tool finds. */
const inFolder = (command, file) => command.replace(file.split("/").at(-1), file);

/** A safetensors file of so many tensors of one number. */
function smallSafetensors(path, count) {
  const entries = Array.from({ length: count }, (_, i) => [`tensor${i}`, { dtype: "F32", shape: [1], data_offsets: [4 * i, 4 * i + 4] }]);
  const text = JSON.stringify(Object.fromEntries(entries));
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(path, Buffer.concat([length, header, Buffer.alloc(4 * count)]));
}

/** A thousandth of 10 GB. */
const kMostRead = 1e7;

/** Counts the bytes that the worker, who alone reads files, takes of them from now on. */
async function bytesRead(page) {
  const [worker] = page.workers();
  await worker.evaluate(() => {
    const real = Blob.prototype.arrayBuffer;
    self.taken = 0;
    Blob.prototype.arrayBuffer = function () {
      self.taken += this.size;
      return real.call(this);
    };
  });
  return () => worker.evaluate(() => self.taken);
}

describe("own data", () => {
  test("there is something to look at before a file is given", () =>
    onFiles(async (page) => {
      assert.match(await contents(page).locator(".sentence").textContent(), /safetensors file with 1 tensor/);
      assert.match(await methods(page).locator(".sentence").textContent(), /ways to store it/);
    }));

  test("of a file of 10 GB only slices are read", async (t) => {
    for (const [kind, make, name] of [
      ["safetensors", sparseSafetensors, "layer.large.weight"],
      ["gguf", sparseGguf, "blk.0.ffn_up.weight"],
    ]) {
      const path = join(folder, `large.${kind}`);
      const rows = make(path, 10);
      await onFiles(async (page) => {
        const read = await bytesRead(page);
        const began = performance.now();
        await give(page, path);
        await names(page, name);
        const opened = performance.now() - began;
        await filesSettled(page);
        const all = performance.now() - began;
        t.diagnostic(`${kind}, 10 GB: listed after ${opened.toFixed(0)} ms, every figure of it after ${all.toFixed(0)} ms`);
        const taken = await read();
        assert.ok(taken > 0 && taken < kMostRead, `${taken} bytes of ${kind} were read`);
        const spread = values(page);
        assert.match(await spread.locator(".figure-lead").textContent(), new RegExp(`of ${rows.toLocaleString("en")}`));
        const answer = runNative(inFolder(await commandOf(spread), path));
        assert.equal(answer.maximum, 1);
        assert.equal(answer.minimum, -2);
        near(numberIn(await spread.locator(".sentence b.is-outlier").textContent()), answer.max_over_rms, 2);
        // Further down the file there are zeros only.
        await slide(spread.locator(".slider input").first(), rows);
        await page.waitForFunction(
          (last) => document.querySelectorAll("#own-data .figure-lead")[1]?.textContent.includes(last),
          (rows - 1).toLocaleString("en"),
        );
      });
      rmSync(path);
    }
  });

  test("every kind of file says what the command line says of it", () =>
    onFiles(async (page) => {
      for (const path of ["tests/files/npy/f32_fortran.npy", "tests/golden/open/_inputs/c06_W.npy"].map((p) => join(root, p))) {
        await give(page, path);
        await page.waitForFunction(
          (name) => document.querySelector("#own-data .sentence")?.textContent.startsWith(name),
          path.split("/").at(-1),
        );
        await filesSettled(page);
        for (const fig of [values(page), one(page)]) {
          const answer = runNative(inFolder(await commandOf(fig), path));
          const shown = numberIn(await fig.locator(".sentence b.is-outlier, .sentence b.is-error").last().textContent());
          if (answer.weight_mse !== undefined) near(shown, answer.weight_mse, 4);
          else near(shown, answer.max_over_rms, 2);
        }
      }
    }));

  test("another method and other settings say what the command line says", () =>
    onFiles(async (page) => {
      const path = join(root, "tests/golden/open/_inputs/c06_W.npy");
      await give(page, path);
      await page.waitForFunction(() => document.querySelector("#own-data .sentence")?.textContent.startsWith("c06_W"));
      const fig = one(page);
      for (const method of ["q4_0", "nf4", "codebook", "rtn"]) {
        await fig.locator("select").first().selectOption(method);
        await filesSettled(page);
        const command = await commandOf(fig);
        assert.ok(command.includes(method), command);
        const answer = runNative(inFolder(command, path));
        await page.waitForFunction(
          ([bits]) => document.querySelectorAll("#own-data .sentence b.is-scale")[0]?.textContent.startsWith(bits),
          [answer.bits_per_weight.toFixed(3)],
        );
        near(numberIn(await fig.locator(".sentence b.is-error").textContent()), answer.weight_mse, 4);
      }
    }));

  test("a filter for one file's tensors hides none of another's", () =>
    onFiles(async (page) => {
      const list = contents(page).locator(".tensor-list tbody tr");
      const [many, few] = [join(folder, "many.safetensors"), join(folder, "few.safetensors")];
      smallSafetensors(many, 9);
      smallSafetensors(few, 1);
      await give(page, many);
      await list.nth(8).waitFor();
      await contents(page).getByLabel("Names with").fill("tensor8");
      await list.nth(1).waitFor({ state: "detached" });
      assert.equal(await list.textContent().then((text) => text.startsWith("tensor8")), true);
      await give(page, few);
      await names(page, "tensor0");
      assert.equal(await list.count(), 1);
    }));

  test("an error whose control is gone is said by the figure", () =>
    onFiles(async (page) => {
      const fig = one(page);
      await fig.getByLabel("Group size, as a number").fill("0");
      await fig.getByLabel("Group size, as a number").blur();
      await fig.locator(".control .problem", { hasText: "group_size" }).waitFor();
      for (const label of ["Group size, as a number", "Group size"])
        assert.match(await problemOf(fig.getByLabel(label, { exact: true })), /group_size/);
      assert.equal(await fig.locator(".problem").count(), 1);
      await fig.locator("select").last().selectOption("channel");
      await fig.locator(".figure > .problem, :scope > .problem", { hasText: "group_size" }).waitFor();
      assert.equal(await fig.locator(".problem").count(), 1);
    }));

  test("the result is downloaded as npy and as safetensors, and the command line reads it", () =>
    onFiles(async (page) => {
      const path = join(root, "tests/golden/open/_inputs/c06_W.npy");
      await give(page, path);
      await page.waitForFunction(() => document.querySelector("#own-data .sentence")?.textContent.startsWith("c06_W"));
      await filesSettled(page);
      const wanted = runNative(inFolder(await commandOf(one(page)), path));
      for (const [kind, argument] of [
        ["npy", ""],
        ["safetensors", ":dequantized"],
      ]) {
        const coming = page.waitForEvent("download");
        await one(page).getByRole("button", { name: kind }).click();
        const download = await coming;
        assert.match(download.suggestedFilename(), new RegExp(`-rtn\\.${kind}$`));
        const saved = join(folder, download.suggestedFilename());
        await download.saveAs(saved);
        const spread = runNative(`quantlens statistics --weights ${saved}${argument}`);
        assert.equal(spread.rows, wanted.rows);
        assert.equal(spread.columns, wanted.columns);
        const again = runNative(`quantlens quantize --method f32 --weights ${saved}${argument}`);
        assert.equal(again.weight_mse, 0);
        if (kind === "safetensors") {
          const { tensors } = runNative(`quantlens inspect ${saved}`);
          assert.deepEqual(tensors.map((tensor) => tensor.name).sort(), ["codes", "dequantized", "scales", "zero_points"]);
        }
      }
    }));

  test("a text of one's own is scored as the command line scores it", { skip: !hasModel && "there is no model" }, () =>
    onChapter("own-data", async (page) => {
      const fig = figure(page.locator("#own-data"), "Your text, read by the model");
      const before = await fig.locator(".sentence").textContent();
      await fig.locator("textarea").fill("Cheap rooms, 3rd floor: ask Mr Brown (not before 9 a.m.).");
      const path = join(folder, "text.txt");
      writeFileSync(path, "Cheap rooms, 3rd floor: ask Mr Brown (not before 9 a.m.).");
      await page.waitForFunction(
        (old) => [...document.querySelectorAll("#own-data .sentence")].every((sentence) => sentence.textContent !== old),
        before,
      );
      await settled(page, "own-data");
      const answers = (await commandOf(fig)).split("\n").map((line) => runNative(line.replace("text.txt", path)));
      await fig.getByRole("button", { name: "table", exact: true }).click();
      const rows = await fig.locator(".panel tbody tr").evaluateAll((all) => all.map(({ cells }) => [...cells].map((cell) => cell.textContent)));
      assert.equal(rows.length, answers.length);
      for (const [i, answer] of answers.entries()) {
        near(numberIn(rows[i][1]), answer.perplexity, 4);
        near(numberIn(rows[i][6]) / 100, answer.top1_agreement, 2);
        near(numberIn(rows[i][7]), answer.bits_per_weight, 4);
      }
      const isRounded = (method, bits) => (answer) => answer.method === method && answer.parameters.bits === bits;
      const twoBits = ["rtn", "gptq"].map((method) => answers.find(isRounded(method, 2)));
      const said = await fig.locator(".sentence b.is-quantized").allTextContents();
      twoBits.forEach((answer, i) => near(numberIn(said[i]), answer.perplexity, 3));
      await fig.locator("textarea").fill("x");
      await fig.locator(".problem").waitFor();
      assert.match(await fig.locator(".problem").textContent(), /1 tokens, must have at least 2/);
      assert.match(await problemOf(fig.locator("textarea")), /1 tokens/);
    }));

  test("bad files are refused in the words of the command line", () =>
    onFiles(async (page) => {
      const cases = [
        ["notes.npy", Buffer.from("this is a text, and not a tensor")],
        ["cut.safetensors", Buffer.concat([Buffer.from([64, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"a":{"dtype":"F32"')])],
        ["empty.gguf", Buffer.alloc(0)],
        ["short.gguf", Buffer.from("GGUF\x03\0\0\0")],
      ];
      for (const [name, bytes] of cases) {
        const path = join(folder, name);
        writeFileSync(path, bytes);
        await give(page, path);
        const problem = contents(page).locator(".problem");
        await problem.waitFor();
        let native = "";
        try {
          runNative(`quantlens inspect ${path}`);
        } catch (error) {
          native = String(error.stderr);
        }
        await page.waitForFunction(
          ([words]) => document.querySelector("#own-data .figure .problem")?.textContent && words.includes(document.querySelector("#own-data .figure .problem").textContent),
          [native],
        );
        assert.ok(native.includes(await problemOf(contents(page).locator("input[type=file]"))));
      }
      // A good file afterwards is read as if nothing had been.
      await give(page, join(root, "tests/golden/open/_inputs/c06_W.npy"));
      await page.waitForFunction(() => document.querySelector("#own-data .sentence")?.textContent.startsWith("c06_W"));
      assert.equal(await contents(page).locator(".problem, [aria-invalid]").count(), 0);
    }));

  test("tensors that cannot be weights are refused beside the figures, and the list stays", () =>
    onFiles(async (page) => {
      await give(page, join(root, "tests/files/npy/f32_fortran_3d.npy"));
      await page.waitForFunction(() => document.querySelector("#own-data .sentence")?.textContent.startsWith("f32_fortran_3d"));
      const problem = values(page).locator(".problem");
      await problem.waitFor();
      assert.match(await problem.textContent(), /has 3 axes/);
      await give(page, join(root, "tests/files/npy/int_i4.npy"));
      await page.waitForFunction(() => document.querySelector("#own-data .sentence")?.textContent.startsWith("int_i4"));
      await page.waitForFunction(() => /must be float16/.test(document.querySelectorAll("#own-data .figure")[1].textContent));
    }));
});
