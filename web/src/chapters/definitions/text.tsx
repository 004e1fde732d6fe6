import { Fragment } from "preact";
import { Chapter } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { ProseTable } from "../../ui/prose-table";

const kRows = [
  [
    "weights",
    "what training has found; the same for every text",
    "a few are large, and each error is there in every answer",
  ],
  [
    <Term key="activations" of="activation">
      activations
    </Term>,
    "what flows through the layers; new for every token",
    <Fragment key="outliers">
      some <Term of="channel">channels</Term> (places in the row) are far larger than the rest; the ruler is
      found while the model runs or on a sample
    </Fragment>,
  ],
  [
    "KV cache",
    "keys and values of all earlier tokens, read again for each new one",
    "it grows with the text, and errors stay in it until the text ends",
  ],
  [
    <Term key="biases" of="bias">
      biases
    </Term>,
    "a number added to each output; Llama and many others have none",
    "so few that they stay in 16 or 32 bits",
  ],
] as const;

export default function Definitions() {
  return (
    <Chapter id="definitions" title="Four kinds of numbers, three difficulties">
      <p>
        The boxes above hold weights; what runs along the arrows and what is kept are numbers too. Three of
        the four are worth rounding, and each of the three is hard in its own way.
      </p>
      <ProseTable
        label="What the numbers of a model are"
        heads={["numbers", "what they are", "what is hard about rounding them"]}
        rows={kRows}
      />
      <p>
        You often read of fixed ranges, such as weights between {"\u2212"}2 and 2. There are none; each model
        and each layer has its own, so they are measured here.
      </p>
      <p>
        What matters is not how large the numbers are but how far the largest stands out from the usual size,
        here the <Term of="root-mean-square">root mean square</Term>: that is what stretches the ruler.
        Channels that stand out on nearly every token are <Term of="outlier-feature">outlier features</Term>.
      </p>
      <Demo of="definitions" name="Ranges" />
      <p>
        Activations depend on the text, so a text is needed to measure them: the{" "}
        <Term of="calibration-set">calibration text</Term>. Methods that look at activations learn them from
        it; what the rounded model is worth is measured on another text.
      </p>
    </Chapter>
  );
}
