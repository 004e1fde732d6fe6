import { Chapter } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function Stack() {
  return (
    <Chapter id="stack" title="Real recipes are stacks">
      <p>
        A recipe for a real model combines several of these: something that tames the outliers (
        <a href="#smoothquant">smoothing</a> or <a href="#quarot">rotation</a>), a way to round the weights,
        and formats for activations and cache. Put one together here.
      </p>
      <p>
        <b>What to look for:</b> as trained, plain rounding to 4 bits is hard to beat by much. With planted
        outliers and activations in 4 bits it breaks down, and what you choose under <i>First</i> decides.
        With AWQ that must be nothing: AWQ scales the inputs itself.
      </p>
      <Demo of="stack" name="Builder" />
      <p>
        In a model this small only the inputs of the <i>down</i> matrices have outliers, so smoothing and
        rotation have less to do. Plant some, as in the <a href="#layer-lab">layer lab</a>. Then turn the
        activations to 4 bits.
      </p>
      <Demo of="stack" name="Leaderboard" />
      <p>
        The results that no other beats in both, fewer bits and lower perplexity, are the{" "}
        <Term of="pareto-front">front</Term>. The passage is short: two points that lie close together may be
        the other way round on another text.
      </p>
    </Chapter>
  );
}
