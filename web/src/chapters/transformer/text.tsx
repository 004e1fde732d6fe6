import { Chapter } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function Transformer() {
  return (
    <Chapter id="transformer" title="Almost all of a model is in seven kinds of matrices">
      <p>
        A model reads its text in pieces, <Term of="token">tokens</Term>: words or parts of words in large
        models, single bytes in this small one. A table, the <Term of="embedding">embedding</Term>, gives each
        token a row of numbers, here 256. On its way through the model this row is added to, again and again.
      </p>
      <p>
        That happens in equal <Term of="block">blocks</Term>, often called layers, one after the other; here
        there are four. Each adds twice: once what <Term of="attention">attention</Term> gathers from earlier
        tokens, once what the <Term of="feed-forward-part">feed-forward</Term> part makes of the token alone.
      </p>
      <p>
        Attention works with three rows more. A token&rsquo;s <b>query</b> says what it looks for, the{" "}
        <b>keys</b> of the others what they have, and those that fit hand over their <b>values</b>. Several{" "}
        <Term of="head">heads</Term> do so side by side, each looking for something else.
      </p>
      <p>
        Every such step is a <Term of="matrix-and-tensor">matrix</Term>, a table of weights that turns one row
        of numbers into another (<a href="#linear-layer">by hand</a> below). A <Term of="norm">norm</Term>{" "}
        before it brings the row to its usual size. Keys and values will be looked at again by later tokens,
        so they are kept: that is the <Term of="kv-cache">KV cache</Term>.
      </p>
      <Demo of="transformer" name="Blocks" />
      <p>
        Large models look the same; they have more blocks and wider rows. That is why a method that works on
        one matrix works on all of them. The norms are so small that they can stay as they are.
      </p>
      <p>
        The embedding is small here; in Llama 3.1 8B it and its counterpart at the end hold an eighth of all
        weights.
      </p>
    </Chapter>
  );
}
