import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { Tex } from "../../page/tex";

export default function KvCache() {
  return (
    <Chapter id="kv-cache" title="For a first guess of the cache, layers and length are enough">
      <p>
        Often you know of a model only how many layers it has, and how long your texts are. With rows of 4,096
        numbers (the width), as models of 7 billion weights have, that gives the most that the{" "}
        <Term of="kv-cache">KV cache</Term> can take; <a href="#cache-growth">sharing heads</a> makes it
        smaller.
      </p>
      <Demo of="kv-cache" name="CacheCalculator" />
      <Tex display>
        {
          "\\text{cache} = 2 \\times \\text{layers} \\times \\text{width} \\allowbreak {} \\times \\text{tokens} \\times \\text{bytes a value}"
        }
      </Tex>
      <p>
        The two is for key and value. As INT8 and INT4 each group of 32 values brings a scale and a minimum,
        16 bits each: one more bit a value, so the cache shrinks by less than the bits say. FP8 is counted
        with one scale for all, which takes next to nothing: 8 bits.
      </p>
      <Note title="A simple model">
        This calculator knows only layers: the width is 4,096, every head keeps its own keys and values, the
        weights are 12 times layers times width squared in 16 bits, and the device has 24 GiB. Most newer
        models share heads (<Term of="grouped-query-attention">GQA</Term>).
      </Note>
    </Chapter>
  );
}
