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
      <p>
        Try this: set the activations to 8 bits as well, with one scale for the whole tensor. The output error
        becomes many times as large. Four input channels are {kPlanted} times as large as they would be,{" "}
        <Term of="outlier-feature">outlier features</Term> as large models have them, and they stretch the
        ruler for all others. Switch them off, and 8 bits are plenty.
      </p>
      <p>
        One scale for each <b>token</b> helps where some tokens have larger inputs than others. Against
        columns that are large on every token it is not enough. <b>Outlier protection</b> takes those columns
        out, multiplies them in 16 bits, and rounds only the rest; that is the idea of LLM.int8().
      </p>
      <Demo of="layer-lab" name="Inputs" />
      <p>
        Few bits for the weights are another matter: at 3 or 4 it pays to round them with an eye on the
        inputs, as GPTQ and AWQ do. Choose them above; <a href="#gptq">how</a> they do it comes later.
      </p>
      <Note title="Where the layer comes from">
        The reference model was trained for this page. A model so small has hardly any outlier channels of its
        own, so four are planted: a factor on a norm's channel, taken back in the weights that meet it. What
        the model computes stays; switch them off and see. The last choice is a layer made from a fixed seed.
      </Note>
    </Chapter>
  );
}
