import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function Challenge() {
  return (
    <Chapter id="challenge" title="A model must fit before it can run">
      <p>
        To write one word, most models read all their numbers once. They have to lie in the memory next to the
        processor, and that memory is the scarce thing. A large graphics card has 24 GiB, many a laptop 16.
      </p>
      <Demo of="challenge" name="MemoryChart" />
      <p>
        Eight bits are a byte. In 16 bits a number takes two bytes, so seven billion of them take thirteen
        GiB. Four bits sound like a quarter of that.
      </p>
      <p>
        It is a little more: each group of numbers brings its own ruler, and the ruler has to be stored too.
        Count everything and you have the <Term of="bits-per-weight">bits per weight</Term>.
      </p>
      <p>
        <Term of="int8-and-int4">INT4</Term> has here, for every 32 numbers, a <Term of="scale">scale</Term>{" "}
        (how far apart the marks are) and a minimum (where the ruler begins) of 16 bits each: 5 bits in all.
        INT8 has the same, and takes 9. That is more than the quarter and the half of 16 that their names
        promise.
      </p>
      <p>
        <Term of="nf4">NF4</Term>, <Term of="gguf">GGUF</Term> Q4_K and the other names in the list are{" "}
        <a href="#number-formats">formats</a>; their turn comes.
      </p>
      <p>
        Fewer bytes also means faster. While a model writes one text, the processor mostly waits for numbers
        to arrive. Half the bytes, half the wait.
      </p>
      <Note title="GB or GiB?">
        A GB is 1,000,000,000 bytes, a GiB is 1,073,741,824. Working memory comes in GiB, whatever the box
        says. This page says GiB and means it.
      </Note>
    </Chapter>
  );
}
