import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";

export default function OwnData() {
  return (
    <Chapter id="own-data" title="Your own weights behave in their own way">
      <p>
        Drop a file of a model here. It may be larger than your memory: the page reads the header, then the
        rows that you look at, and nothing else.
      </p>
      <Demo of="own-data" name="Contents" />
      <p>
        First look at the values. A narrow heap with a few values far outside is hard to round with one scale:
        the ruler must reach them, and most of its marks stay empty. Values that fill their range are easy.
      </p>
      <Demo of="own-data" name="Values" />
      <p>
        Then see what each way of storing them costs in bits, scales included, and in error. Further left is
        smaller, further down is nearer to the original.
      </p>
      <Demo of="own-data" name="AllMethods" />
      <p>
        Pick one and turn its settings. What you download is the tensor as it comes out of the rounding, or
        with the codes and scales that a program which runs the model would hold.
      </p>
      <Demo of="own-data" name="OneMethod" />
      <p>
        Weights are one half of it, what is read with them the other. Paste a text of your own: the more it
        differs from what the model has seen, the more surprised it is, and the more it may lose when its
        weights are rounded.
      </p>
      <Demo of="own-data" name="OwnText" />
      <Note title="Nothing leaves this tab">
        The file is opened by the browser and read by the page&rsquo;s worker. The page&rsquo;s security
        policy lets it connect to no other place; your browser&rsquo;s network panel shows it.
      </Note>
    </Chapter>
  );
}
