import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { kPlanted } from "../shared/layer-choice";

export default function LayerLab() {
  return (
    <Chapter id="layer-lab" title="What counts is the output, and outliers decide it">
      <p>
        Now a whole layer: a matrix of the reference model, and the inputs that it sees on a text. Weights and
        activations can both be rounded. Watch the error of the <b>output</b>, since that is what the rest of
        the model sees.
      </p>
      <Demo of="layer-lab" name="Lab" />
      <p>It begins as simply as can be: 8 bits for both, one scale for all weights and one for all inputs.</p>
      <p>
        Four input channels are {kPlanted} times as large as they would be,{" "}
        <Term of="outlier-feature">outlier features</Term> as large models have them, and they stretch the
        ruler for all other inputs. Switch them off, and the output error falls.
      </p>
      <p>
        Then give each <b>channel</b> of the weights, a row, a scale of its own, and the inputs of each{" "}
        <b>token</b>. The latter helps where some tokens have larger inputs than others; against input
        channels that are large on every token it is not enough.
      </p>
      <p>
        <b>Outlier protection</b> takes these out (they are columns, if each token has a row), multiplies them
        in 16 bits, and rounds only the rest: <Term of="mixed-precision">mixed precision</Term>, the idea of
        LLM.int8().
      </p>
      <p>
        Below, the inputs are counted by value. Each line upwards stands for many times more of them than the
        last; otherwise the few large ones could not be seen.
      </p>
      <Demo of="layer-lab" name="Inputs" />
      <p>
        Few bits for the weights are another matter: at 3 or 4 it pays to round them{" "}
        <Term of="activation-aware-quantization">with an eye on the inputs</Term>, as GPTQ and AWQ do. Choose
        them above; <a href="#gptq">how</a> they do it comes later.
      </p>
      <Note title="Where the layer comes from">
        The reference model was trained for this page. A model so small has hardly any outlier channels of its
        own, so four are planted: a factor on a norm&rsquo;s channel, taken back in the weights that meet it.
        What the model computes stays. Dettmers and others 2022, LLM.int8() (arXiv 2208.07339), found such
        channels, up to 20 times as large as the others, in every layer of the models they looked at with 6.7
        billion weights and more. The last choice is a layer made from a fixed seed. A layer from a file of
        yours can be rounded <a href="#own-data">further below</a>.
      </Note>
    </Chapter>
  );
}
