import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { Published } from "../shared/published";

export default function TradeOffs() {
  return (
    <Chapter id="trade-offs" title="Memory, speed, quality: you pay for one with another">
      <p>
        Fewer bits always save memory. Whether they save time depends on the device and its programs, and what
        they cost in quality depends on the model and the method. So there is no table of “INT4: 97&nbsp;%
        quality”; there are measurements, each in its own setting.
      </p>
      <Demo of="trade-offs" name="MeasuredHere" />
      <Demo of="trade-offs" name="PublishedChart" />
      <p>
        Quality is mostly given as <Term of="perplexity">perplexity</Term>: how many next words the model
        hesitates between, on average.
      </p>
      <p>
        Three things hold in the tables about weights. Eight bits cost next to nothing. Four cost little, if
        scales are shared by groups or the method is a good one. Below that each bit costs more than the one
        before, and the method decides.
      </p>
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
