import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function LlmInt8() {
  return (
    <Chapter id="llm-int8" title="LLM.int8() takes the few outlier columns out of the 8-bit product">
      <p>
        <b>What to look for:</b> with only the towers taken out, the error falls far below that of plain INT8.
        Lower the threshold and ordinary columns are taken out as well, for little gain.
      </p>
      <Demo of="llm-int8" name="OutlierColumns" />
      <p>
        Large models have a few <Term of="outlier-feature">input columns</Term> that are far larger than the
        rest on nearly every token. In a row of 8{"\u2011"}bit inputs they take the whole ruler, and the
        others are left with a few marks.
      </p>
      <p>
        So each column that holds a value of the threshold&rsquo;s magnitude or more is multiplied apart, in
        16 bits; all others in 8.
      </p>
      <Demo of="llm-int8" name="ThresholdSweep" />
      <p>
        The threshold goes with the model. Of the layers behind a norm (query, key, value, gate, up) the
        paper&rsquo;s 6 takes out the planted channels, in block 4 a few more.
      </p>
      <p>
        The inputs of the matrices <i>output</i> and <i>down</i> are larger anyway: there it takes out half of
        the columns and more, and little is left of the 8{"\u2011"}bit product.
      </p>
      <Demo of="llm-int8" name="OnTheModel" />
      <p>
        The weights do not get larger by this. It is the <i>inputs</i> of the outlier columns that stay in 16
        bits; the weights that they meet are stored in 8 bits like all others.
      </p>
      <Demo of="llm-int8" name="RealModel" />
      <Note title="Source">
        Dettmers, Lewis, Belkada and Zettlemoyer 2022, LLM.int8() (arXiv 2208.07339), section 3, with the
        arithmetic of the library bitsandbytes. The paper&rsquo;s threshold is 6.
      </Note>
    </Chapter>
  );
}
