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
      <Demo of="kv-lab" name="Grid" />
      <p>
        What to look for: whether rounding goes further down (keys) or across (values) before it hurts, and
        what keeping the newest tokens as they are is worth. The cells give the{" "}
        <Term of="kl-divergence">KL divergence</Term> in <Term of="nat">nats</Term>.
      </p>
      <Demo of="kv-lab" name="Positions" />
      <p>
        Nothing is rounded before the first tokens have left the part that is kept, so a curve begins at zero.
        Does it go on rising with the text, or level off? And which is worth more here: keeping the newest
        tokens, or turning the scales of the keys the other way?
      </p>
      <Demo of="kv-lab" name="Directions" />
    </Chapter>
  );
}
