import { Chapter } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function Transformer() {
  return (
    <Chapter id="transformer" title="Almost all of a model is in seven kinds of matrices">
      <p>
        A model reads its text in pieces, <Term of="token">tokens</Term>: words or parts of words in large
        models, single bytes in this small one. A table, the <Term of="embedding">embedding</Term>, gives each
        token a row of numbers, here 256.
      </p>
      <p>
        On its way through the model this row <Term of="residual-stream">is added to</Term>, again and again;
        at the end it says how likely each token is to come next.
      </p>
      <p>
        The adding is done in equal <Term of="block">blocks</Term>, often called layers, one after the other;
        here there are four. Each adds twice: once what <Term of="attention">attention</Term> gathers from
        earlier tokens, once what the <Term of="feed-forward-part">feed-forward</Term> part makes of the token
        alone.
      </p>
      <Demo of="transformer" name="Blocks" />
      <p>
        For attention each token gets three more rows. Its <b>query</b> says what it looks for, the{" "}
        <b>keys</b> of the others what they have, and those that fit hand over their <b>values</b>. Several{" "}
        <Term of="head">heads</Term> do so side by side, each looking for something else.
      </p>
      <p>
        These rows come out of <Term of="matrix-and-tensor">matrices</Term>, tables of weights that turn one
        row of numbers into another (<a href="#linear-layer">by hand</a> below). Attention has four: queries,
        keys, values and output; the feed-forward part three: gate, up and down.
      </p>
      <p>
        Keys and values will be looked at again by later tokens, so they are kept: that is the{" "}
        <Term of="kv-cache">KV cache</Term>.
      </p>
      <p>
        More names in the picture: a <Term of="norm">norm</Term> (RMSNorm) before each part brings the row to
        a usual size; <Term of="rotary-positions">RoPE</Term> turns queries and keys by the place of their
        token; <Term of="activation-function">SiLU</Term> bends numbers, which no matrix does.
      </p>
      <p>
        Most large models are built alike; they have more blocks and wider rows. That is why a method that
        works on one matrix works on all of them. The norms are so small that they can stay as they are.
      </p>
      <p>
        The embedding is small here; in Llama 3.1 8B it and its counterpart at the end hold about an eighth of
        all weights.
      </p>
    </Chapter>
  );
}
