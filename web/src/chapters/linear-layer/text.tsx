import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { Tex } from "../../page/tex";

export default function LinearLayer() {
  return (
    <Chapter id="linear-layer" title="Nearly all weights sit in layers that multiply and add">
      <p>
        A <Term of="linear-layer">linear layer</Term> takes a few numbers in, multiplies each by a{" "}
        <b>weight</b>, and adds them up. Here is the smallest one worth drawing: two inputs, two outputs, four
        weights.
      </p>
      <Demo of="linear-layer" name="ByHand" />
      <p>
        The weights are learned once and then stay; they are what gets stored in fewer bits. What flows
        through the layer, here the two inputs, is called the <Term of="activation">activations</Term>. A real
        layer does the same with thousands of inputs and outputs.
      </p>
      <Tex display>{"\\mathbf{y} = W\\mathbf{x} + \\mathbf{b}"}</Tex>
      <p>
        In short: the outputs <Tex>{"\\mathbf{y}"}</Tex> are the weights <Tex>W</Tex> times the inputs{" "}
        <Tex>{"\\mathbf{x}"}</Tex> (a matrix product), and then the <Term of="bias">biases</Term>{" "}
        <Tex>{"\\mathbf{b}"}</Tex> are added. Each row of <Tex>W</Tex> gives one output, each column meets one
        input; both are also called <Term of="channel">channels</Term>.
      </p>
      <p>
        In the chapters on methods a layer is one such matrix with its inputs; where whole models are counted,
        a layer is a whole block.
      </p>
      <p>
        Look at the errors: a weight that is off by a little does harm in proportion to the input it meets.
        That is why two weights with the same error can matter very differently, and why good methods look at
        the inputs before they round.
      </p>
      <Note title="And the bias?">
        There is one bias for each output and one weight for each pair of output and input, so biases are few.
        They stay as they are.
      </Note>
    </Chapter>
  );
}
