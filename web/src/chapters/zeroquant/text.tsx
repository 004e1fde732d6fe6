import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function ZeroQuant() {
  return (
    <Chapter id="zeroquant" title="ZeroQuant needs no training, only finer rulers">
      <p>
        <b>What to look for:</b> compare the first bar with the last: the same bits, but more scales. The two
        bars between them show how much of the difference comes from the weights, how much from the inputs.
      </p>
      <Demo of="zeroquant" name="FourWays" />
      <p>
        ZeroQuant rounds weights in <Term of="group-size">groups</Term>, each with its own scale, and gives
        every token&rsquo;s inputs a scale of their own, found while the model runs. Nothing is trained and no
        text is needed to prepare it.
      </p>
      <p>
        The scales of the inputs are not stored, so they cost no memory, only a pass over each token. They
        help most where a few tokens have much larger inputs than the rest: try <i>down</i>.
      </p>
      <p>
        Input columns that are large on <i>every</i> token remain a trouble, for each token has the same giant
        in its row. The synthetic layer, the last in the list, has some; the two chapters before this one and
        the next are about them.
      </p>
      <Demo of="zeroquant" name="OnTheModel" />
      <Note title="Zero is not zero-shot">
        The name says nothing about working without data. The paper adds an optional step for few bits, in
        which each layer learns from the unrounded one; it is not part of this figure.
      </Note>
      <Note title="Source">
        Yao and others 2022, ZeroQuant (arXiv 2206.01861), section 4.1, with the rounding of the library
        DeepSpeed, whose symmetric scale is the largest weight over 128 at 8 bits. The three other bars divide
        by 127.
      </Note>
    </Chapter>
  );
}
