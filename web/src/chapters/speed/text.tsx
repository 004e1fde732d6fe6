import { Fragment } from "preact";
import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { Tex } from "../../page/tex";
import { ProseTable } from "../../ui/prose-table";
import { tableOf, valueIn } from "../shared/published";

export default function Speed() {
  return (
    <Chapter id="speed" title="Fewer bits are faster where the processor waits for memory">
      <p>
        A model works in two ways. It <Term of="prefill-and-decode">reads the prompt</Term>, the text that it
        is given, all at once: every weight that it fetches serves many words. Then it writes one word after
        another, and for each word it fetches all weights again.
      </p>
      <Demo of="speed" name="DeviceSpeeds" />
      <Tex display>
        {
          "\\text{time of a step} \\;= \\allowbreak \\max\\left( \\frac{\\text{bytes read}}{\\text{bandwidth}},\\ \\frac{\\text{operations}}{\\text{peak}} \\right)"
        }
      </Tex>
      <p>
        Bandwidth is how many bytes a second come from memory, peak how many operations a second the processor
        can do; a TFLOP/s is a million million of them a second.
      </p>
      <Demo of="speed" name="Devices" />
      <p>
        The larger of the two times counts. Which one it is, you see in a picture that is called a{" "}
        <Term of="roofline">roofline</Term>. Move the number of texts and watch the large marks climb.
      </p>
      <Demo of="speed" name="Roofline" />
      <p>
        For one text, writing stands far down the slope: the weights arrive slower than they are used. Smaller
        weights arrive sooner, and nearly all of the saving becomes speed.
      </p>
      <p>
        With many texts at a time (a large <Term of="batch">batch</Term>) each weight that arrives is used for
        all of them, and the marks climb. The caches, which no two texts share, hold them back.
      </p>
      <p>
        With a short <Term of="context">context</Term>, 512 tokens say, the marks reach the flat roof, and
        there small weights no longer help, since the arithmetic is still done in 16 bits.
      </p>
      <h3>What gets faster, and what does not</h3>
      <ProseTable
        label="What gets faster, and what does not"
        heads={["work", "with fewer bits", "because"]}
        rows={kRows}
      />
      <p>
        Published measurements say the same.{" "}
        <a href="#trade-offs">llama.cpp&rsquo;s table for Llama 3.1 8B</a> has writing at {written("Q4_K_M")}{" "}
        tokens a second with <Term of="gguf">Q4_K_M</Term> instead of {written("F16")}, and reading at{" "}
        {read("Q4_K_M")} instead of {read("F16")}.
      </p>
      <Note title="Small batches on a GPU">
        They are often said to gain nothing. With small weights it is the other way round: one text at a time
        gains the most, since then memory is all that counts.
      </Note>
      <Note title="Peaks">
        Devices are listed with the peak for dense 16-bit products. Vendors like to print twice that, which
        holds only for matrices of which <Term of="2-4-sparsity">two in every four numbers</Term> are zero.
      </Note>
    </Chapter>
  );
}

const written = (row: string) => valueIn("llama-cpp-quantize", row, "writing");
const read = (row: string) => valueIn("llama-cpp-quantize", row, "reading");
const int8 = tableOf("llm-int8-5");
const quip = tableOf("quip-sharp-6");

const kRows = [
  [
    "Writing, a few texts at a time",
    "much faster",
    "All weights are read for each word. Reading them is nearly all of the work.",
  ],
  [
    "Writing with a long context",
    "faster if the cache is small too",
    "The cache of each text is read for each word. At some length it is larger than the weights.",
  ],
  [
    "Reading a prompt, many texts at a time",
    "as fast, if only weights are small",
    "Arithmetic is the limit. It gets faster where activations are in 8 or 4 bits as well and the processor can multiply these: tensor cores, NPUs and TPUs, units made for such products, can, and newer processors with dot products that take many numbers at once (SIMD).",
  ],
  [
    "A model, or a layer, that fits into the processor\u2019s own small memory",
    "much faster at best",
    <Fragment key="cache">
      Weights that fit once they are small come from there (its cache, which is not the KV cache) and no
      longer from main memory. <a href="#this-device">Measure how fast both are</a> on your device.
    </Fragment>,
  ],
  [
    "Looking up words in the embedding",
    "as fast",
    "One row for each word is read, however large the table is.",
  ],
  [
    "Small layers, small models",
    "slower at times",
    `Starting work and unpacking cost more than the few bytes save. A product by LLM.int8() has ${valueIn(int8.id, "GPT-3 small d768", "whole")} to ${valueIn(int8.id, "6.7B d4096", "whole")} times the speed of 16 bits in layers of GPT-3 models up to 6.7 billion parameters, ${valueIn(int8.id, "175B d12288", "whole")} times at 175 billion (arXiv ${int8.arxiv}, ${int8.table}).`,
  ],
  [
    "A format that the processor has no program for",
    "slower",
    `Each weight is first unpacked into 16 bits and then used as before. With look-ups for each weight that can cost more than reading 16 bits would: AQLM, which uses codebooks, writes with 2 bits ${valueIn(quip.id, "AQLM, 2 bits", "writing")} tokens a second with ${quip.model} on an RTX 4090, 16 bits ${valueIn(quip.id, "16 bits", "writing")} (arXiv ${quip.arxiv}, ${quip.table}).`,
  ],
] as const;
