import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { Tex } from "../../page/tex";

export default function CacheGrowth() {
  return (
    <Chapter id="cache-growth" title="The weights stay, the cache grows with the text">
      <p>
        A model that writes the next word looks back at all words before it. So that it need not work them out
        again, each layer (here a whole block) keeps two rows of numbers for every token, its key and its
        value.
      </p>
      <p>
        This <Term of="kv-cache">KV cache</Term> starts at nothing and grows with every token of the{" "}
        <Term of="context">context</Term>, the text so far.
      </p>
      <Demo of="cache-growth" name="GrowthCurves" />
      <p>How high the line lies, the model&rsquo;s makers decide. There are four ways to bring it down:</p>
      <ul>
        <li>
          <b>Heads share.</b> Attention looks back with many <Term of="head">heads</Term>. At first each had
          keys and values of its own. With <Term of="grouped-query-attention">grouped queries</Term> a few
          heads share one set; with a single set for all it is called multi-query attention.
        </li>
        <li>
          <b>Layers look back less far.</b> With a <Term of="sliding-window">sliding window</Term> a layer
          keeps only the newest tokens, 1,024 of them in Gemma 3. Every sixth layer still sees everything.
        </li>
        <li>
          <b>Keep something smaller.</b> DeepSeek-V3 keeps one short row of numbers, a{" "}
          <Term of="multi-head-latent-attention">latent vector</Term>, from which keys and values are made
          again.
        </li>
        <li>
          <b>Store it in fewer bits.</b> The subject of this page; it works with any of the others.
        </li>
      </ul>
      <Tex display>
        {
          "\\text{cache} = \\text{layers} \\times h \\times d \\times \\frac{b_K + b_V}{8} \\allowbreak {} \\times \\text{tokens}"
        }
      </Tex>
      <p>
        Here <Tex>h</Tex> is the number of heads that have keys and values of their own, <Tex>d</Tex> how many
        numbers a key or a value has, and <Tex>b</Tex> the bits of each of these numbers, scales included;
        eight bits are a byte.
      </p>
      <p>
        With a sliding window, count a layer&rsquo;s tokens only as far as it looks. With a latent vector, its
        numbers, counted once, take the place of all keys and values.
      </p>
      <Note title="Sources">
        Grouped queries: Ainslie and others 2023 (arXiv 2305.13245). The latent vector: DeepSeek-V2 (arXiv
        2405.04434). Heads, widths and windows are those of the models&rsquo; config.json files.
      </Note>
      <Note title="2 × layers × width">
        The formula that is often given multiplies by the model&rsquo;s whole width. That is right only where
        every head has keys of its own, as in Llama 2 7B. For Llama 3.1 8B it gives four times what the cache
        takes.
      </Note>
    </Chapter>
  );
}
