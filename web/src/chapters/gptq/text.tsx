import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { Tex } from "../../page/tex";

const kMove = String.raw`\Delta w_k = -(w_j - q_j)\,\frac{U_{jk}}{U_{jj}}, \qquad H = 2 X^{\mathsf T} X, \quad H^{-1} = U^{\mathsf T} U`;

export default function Gptq() {
  return (
    <Chapter id="gptq" title="GPTQ lets later weights make up for earlier errors">
      <p>
        <b>What to look for:</b> at the same bits GPTQ&rsquo;s output error lies below that of{" "}
        <Term of="round-to-nearest">rounding</Term>. Its weights are often <i>further</i> from where they
        were: it is the output that it keeps, not the weights.
      </p>
      <Demo of="gptq" name="BesideRounding" />
      <p>
        Inputs of a layer are rarely independent: when one is large, others tend to be large too. So an error
        made in one weight can be offset in its neighbours.
      </p>
      <p>
        GPTQ rounds one column, works out from the inputs what the other columns can do about the error, and
        moves them before it rounds the next.
      </p>
      <Demo of="gptq" name="Stepper" />
      <p>
        Move the slider and watch the colour run ahead of the bars. A column that is still to come is off its
        place because it is making up for those before it. The last columns have nobody left to help them.
      </p>
      <p>
        When column <Tex>j</Tex> has been rounded, each later column <Tex>k</Tex> moves by
      </p>
      <Tex display>{kMove}</Tex>
      <p>
        Here <Tex>{"w_j - q_j"}</Tex> is the error just made. The <Term of="cholesky-factor">table</Term>{" "}
        <Tex>{"U"}</Tex> says what share of it column <Tex>k</Tex> should take over; it comes from the{" "}
        <Term of="hessian">Hessian</Term> <Tex>{"H"}</Tex>, which counts how strongly each two inputs go
        together.
      </p>
      <p>
        In <Tex>{"X"}</Tex> each token has a row of inputs; <Tex>{"\\mathsf{T}"}</Tex> swaps rows and columns,
        and <Tex>{"H^{-1}"}</Tex> undoes <Tex>{"H"}</Tex>.
      </p>
      <p>
        <b>Damping</b> adds a little to the diagonal of <Tex>{"H"}</Tex>, where each input meets itself (0.01:
        a hundredth of the diagonal&rsquo;s mean), so that rare inputs do not make the corrections wild.{" "}
        <b>Act{"\u2011"}order</b> begins with the columns that see the largest inputs.
      </p>
      <p>
        The <b>block size</b> sets how much is done at a time. The result is the same but for the last digits,
        unless groups are shorter than a block: a group&rsquo;s scale is then found before the block&rsquo;s
        own corrections, as in the authors&rsquo; code.
      </p>
      <p>
        Is it the best that can be done? On very short rows all roundings can be considered, so we can look.
      </p>
      <Demo of="gptq" name="BesideTheBest" />
      <Demo of="gptq" name="OnTheModel" />
      <p>
        A figure like this stands under every method. Perplexity you know from the beginning.{" "}
        <Term of="kl-divergence">KL divergence</Term>, in <Term of="nat">nats</Term>, says how far the
        predictions for the next byte have moved, 0 being not at all.
      </p>
      <p>
        Over the whole model, in groups of 128, there is nothing to gain at 8 bits; at 3 and 2 GPTQ is clearly
        ahead.
      </p>
      <p>
        Once it is measured, lines show <Term of="interval">95&nbsp;% intervals</Term>. Those of perplexity
        are wide, for some passages are harder than others; compared window by window (512 bytes each), as in
        the sentence and the table, rounding shows more sharply.
      </p>
      <Note title="On which text">
        GPTQ looks at a text, and the errors of the single layer above are measured on that same text, which
        flatters it. The whole model is measured on another: 8,561 bytes of prose written for this page, read
        in windows of 512 bytes, the first byte of each not counted. The intervals come from drawing stretches
        of it again and again (a blocked bootstrap with a fixed seed).
      </Note>
      <Note title="Source">
        Frantar, Ashkboos, Hoefler and Alistarh 2022, GPTQ (arXiv 2210.17323), algorithm 1, as in their code.
        The best rounding is found as by Schnorr and Euchner 1994.
      </Note>
    </Chapter>
  );
}
