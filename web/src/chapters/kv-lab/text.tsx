import { Chapter } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function KvLab() {
  return (
    <Chapter id="kv-lab" title="In the cache, the direction of the scales decides">
      <p>
        An error in the cache is read again for every later token. Keys decide where attention looks, values
        what it brings back.
      </p>
      <p>
        In large models a few channels of the keys have large values on every token; the values have no such
        channels (KIVI, arXiv 2402.02750, section 3).
      </p>
      <p>
        A scale can run <b>along a channel</b>, so that neighbouring tokens share it, or <b>along a token</b>,
        so that neighbouring channels do. Along a channel, a large one stretches no other&rsquo;s ruler.
      </p>
      <p>
        <b>What to look for:</b> go down (fewer bits for the keys) and across (fewer for the values). Which
        hurts sooner, and what is it worth to keep the <Term of="residual-window">newest tokens</Term> as they
        are? The colour gives the <Term of="kl-divergence">KL divergence</Term> in <Term of="nat">nats</Term>.
        Point at a cell for its number.
      </p>
      <Demo of="kv-lab" name="Grid" />
      <Demo of="kv-lab" name="Positions" />
      <p>
        While the newest tokens are kept, nothing is rounded until the first ones have left that part, so that
        curve begins near zero. Does it go on rising, or level off? And what is worth more here: keeping the
        newest tokens, or turning the scales of the keys?
      </p>
      <Demo of="kv-lab" name="Directions" />
      <p>
        A cache in 4 bits takes more than a quarter of one in 16: scales, minimums and the newest tokens count
        too. What is it worth over a whole passage, and does it pay to give keys more bits than values?
      </p>
      <Demo of="kv-lab" name="OnTheModel" />
    </Chapter>
  );
}
