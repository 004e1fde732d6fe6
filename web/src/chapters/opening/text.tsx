import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function Opening() {
  return (
    <section class="opening" id="opening" aria-labelledby="opening-title">
      <Ruler />
      <h1 id="opening-title">A language model is a list of numbers. Quantization writes them shorter.</h1>
      <p class="lead">
        With millions or billions of them, its <Term of="weight">weights</Term>, the model guesses how a text
        goes on. Each usually takes 16 bits. <Term of="quantization">Quantization</Term> keeps it in 8, 4 or
        even 2, by moving it to the nearest mark on a ruler. The model shrinks, and every number is a little
        wrong.
      </p>
      <Demo of="opening" name="Writing" />
      <p>
        Turn the bits down and read. 8 bits change next to nothing; towards 2 bits words fall apart. Under the
        texts stands the same in numbers, measured on a text that the model has never seen.
      </p>
      <p>
        <Term of="bits-a-byte">Bits a byte</Term> is how surprised it is by each next byte, which has eight
        bits: 8 would be a blind guess, 0 certainty. <Term of="perplexity">Perplexity</Term> says it in
        another way: among how many equally likely bytes it hesitates.
      </p>
      <p>
        <b>Same next byte</b> is how often both models hold the same byte for the likeliest. This small model
        is the page&rsquo;s <Term of="reference-model">reference model</Term>: most figures below take it
        apart or round it in other ways.
      </p>
      <Demo of="opening" name="Snap" />
      <p>
        Here are nine numbers. Above the line is what they were; on the line is what gets stored. Drag the
        slider: at 8 bits almost nothing moves, at 2 bits three marks are left for everyone.
      </p>
      <p>
        A bit is a 0 or a 1. Eight of them can be set in 256 ways, four in 16, two in 4, and so many marks can
        be told apart. What is stored is only the number of a mark, its <Term of="code">code</Term>. (This
        ruler leaves one mark out, so that zero is in the middle.)
      </p>
      <p>
        That is all the arithmetic there is. The rest of this page is about where to put the marks, how many
        numbers share one ruler, and which errors a model can bear.
      </p>
      <p>
        Everything you change is computed here, in this tab, by C++ code that also comes as a command for the
        terminal. &ldquo;Copy as command&rdquo; under a figure gives you the line that prints the same numbers
        there.
      </p>
    </section>
  );
}

const kBits = [8, 7, 6, 5, 4, 3, 2];
const kBlock = 128;

/** The page's ruler: from left to right each stretch has half as many marks as the one before. */
function Ruler() {
  const width = kBits.length * kBlock;
  const marks = kBits.flatMap((bits, i) => {
    const count = 2 ** (bits - 1);
    return Array.from({ length: count }, (_, m) => {
      const long = m === 0;
      return `M${(i * kBlock + (m * kBlock) / count).toFixed(1)} 0v${long ? 22 : bits > 6 ? 7 : bits > 4 ? 10 : 14}`;
    });
  });
  return (
    <svg
      class="opening-ruler wide"
      viewBox={`-1 -1 ${width + 2} 48`}
      role="img"
      aria-label="A ruler whose marks halve from 8 bits to 2."
    >
      <path d={`M0 0H${width}V22`} fill="none" stroke="var(--edge)" stroke-width="1" />
      <path d={marks.join("")} fill="none" stroke="var(--quantized)" stroke-width="1.2" />
      {kBits.map((bits, i) => (
        <text key={bits} x={i * kBlock + 6} y="40">
          {bits}
          <tspan> bits</tspan>
        </text>
      ))}
    </svg>
  );
}
