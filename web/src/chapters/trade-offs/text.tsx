import { Fragment } from "preact";
import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { ProseTable } from "../../ui/prose-table";
import { Published } from "../shared/published";

const kBestFor = [
  ["16 bits", "training, and as the yardstick", "Nothing is rounded, and all else is measured against it."],
  [
    "8 bits",
    "quality that must not move; with activations in 8 bits too, prompts and many texts at a time",
    <Fragment key="8">
      The loss is near nothing, and <a href="#speed">where arithmetic is the limit</a> products of 8 bits
      help.
    </Fragment>,
  ],
  [
    "4 bits",
    "one text at a time, on a device of one\u2019s own",
    "There memory is the limit, of what fits and of how fast it is read.",
  ],
  [
    "Mixed",
    "a model in which a few layers or columns are what breaks",
    <Fragment key="mixed">
      These few stay in more bits (<Term of="mixed-precision">mixed precision</Term>), as{" "}
      <a href="#llm-int8">LLM.int8()</a> keeps columns.
    </Fragment>,
  ],
  [
    "3 and 2 bits",
    "a model that fits no other way",
    <Fragment key="fewer">
      The method decides: <a href="#gptq">GPTQ</a>, <a href="#codebooks">codebooks</a>, or{" "}
      <a href="#qat">training with the rounding</a>.
    </Fragment>,
  ],
] as const;

export default function TradeOffs() {
  return (
    <Chapter id="trade-offs" title="Memory, speed, quality: you pay for one with another">
      <p>
        Fewer bits always save memory. Whether they save time depends on the device and its programs, and what
        they cost in quality depends on the model and the method. So there is no table of “INT4: 97&nbsp;%
        quality”; there are measurements, each in its own setting.
      </p>
      <Demo of="trade-offs" name="MeasuredHere" />
      <p>
        Fewer bits are read faster, and with one text at a time reading is what takes the time. The widest
        weights here are in 32 bits; 16 would take about half as long where memory is the limit. More formats,
        and the limits of your machine, are <a href="#this-device">measured further down</a>.
      </p>
      <Demo of="trade-offs" name="SpeedHere" />
      <p>
        What others found stands in the next figure. Names such as Q4_K_M are formats of{" "}
        <Term of="gguf">GGUF</Term>; where <Term of="importance-matrix">imatrix</Term> stands beside one, it
        was measured beforehand which weights matter.
      </p>
      <Demo of="trade-offs" name="PublishedChart" />
      <p>
        Quality is mostly given as <Term of="perplexity">perplexity</Term>: how many next tokens the model
        hesitates between, on average. The reference model counts by the byte; its perplexities cannot be
        compared with these.
      </p>
      <p>
        Three things hold in the tables about weights. Eight bits cost next to nothing. Four cost little, if
        scales are shared by groups or the method is a good one. Below that each bit costs more than the one
        before, and the method decides.
      </p>
      <h3>So which is for what?</h3>
      <ProseTable
        label="What each size is best for"
        heads={["weights", "best for", "since"]}
        rows={kBestFor}
      />
      <details class="wide">
        <summary>Weights in 3 and 4 bits, with their speed</summary>
        <Published id="squeezellm-1" />
      </details>
      <details class="wide">
        <summary>One model in eighteen sizes</summary>
        <Published id="llama-cpp-scoreboard" />
      </details>
      <details class="wide">
        <summary>Activations in 8 bits</summary>
        <Published id="smoothquant-3" />
      </details>
      <details class="wide">
        <summary>Everything in 4 bits</summary>
        <Published id="quarot-1" />
      </details>
      <details class="wide">
        <summary>The cache in 4 and 2 bits</summary>
        <Published id="kivi-3" />
      </details>
      <details class="wide">
        <summary>8-bit products, by size of the layer</summary>
        <Published id="llm-int8-5" />
      </details>
      <Note title="Why not one big table?">
        The same Llama 2 7B in 16 bits has a perplexity of 5.47 in one paper and 5.12 in another, because one
        cuts the text every 2,048 tokens and the other every 4,096. A difference of 0.35 is more than 4 bits
        in groups of 128 cost that model.
      </Note>
    </Chapter>
  );
}
