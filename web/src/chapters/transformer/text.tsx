import { Chapter } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function Transformer() {
  return (
    <Chapter id="transformer" title="Almost all of a model is in seven kinds of matrices">
      <p>
        A byte becomes a row of 256 numbers. Each layer adds to that row twice: once what <b>attention</b>{" "}
        gathers from earlier bytes, once what the <b>feed-forward</b> part makes of it. What attention may
        need again later is kept in the <Term of="kv-cache">KV cache</Term>.
      </p>
      <Demo of="transformer" name="Blocks" />
      <p>
        Large models look the same; they have more layers and wider rows. That is why a method that works on
        one matrix works on all of them, and why the norms can stay as they are.
      </p>
    </Chapter>
  );
}
