import { Chapter } from "../../page/chapter";
import { Term, type Terms, WithTerms } from "../../page/term";
import { ProseTable } from "../../ui/prose-table";
import { kParts } from "../list";
import { cardIds } from "../method-cards/cards";
import { type Branch, kTree, leavesOf, placeOf } from "./tree";

const kKnown = new Set([...kParts.flatMap((part) => part.chapters.map((c) => c.id)), ...cardIds]);

/** A branch opens and closes, by pointer, by keys and without script; a leaf leads to where it can be tried. */
function Twig({ branch, open }: { branch: Branch; open: boolean }) {
  const place = placeOf(branch, kKnown);
  if (!branch.branches)
    return (
      <li class="leaf">
        {place ? <a href={`#${place}`}>{branch.name}</a> : <b>{branch.name}</b>}
        <span class="what">
          <WithTerms terms={branch.terms}>{branch.what}</WithTerms>
        </span>
      </li>
    );
  return (
    <li>
      <details open={open}>
        <summary>
          <b>{branch.name}</b> <span class="count">{leavesOf(branch).length}</span>
          <span class="what">{branch.what}</span>
        </summary>
        <ul>
          {branch.branches.map((next) => (
            <Twig key={next.name} branch={next} open={open} />
          ))}
        </ul>
      </details>
    </li>
  );
}

interface Way {
  how: string;
  terms?: Terms;
  marks: string;
  at: string;
  name: string;
}
const kWays: readonly Way[] = [
  {
    how: "Each number to the nearest mark",
    terms: { "to the nearest mark": "round-to-nearest" },
    marks: "even",
    at: "rounding",
    name: "your own numbers",
  },
  { how: "Columns that large inputs meet are scaled up first", marks: "even", at: "awq", name: "AWQ" },
  { how: "A rotation first", marks: "even", at: "quarot", name: "QuaRot" },
  {
    how: "A scale for each row, or for each group in it",
    marks: "even, with a step of its own in each row",
    at: "granularity",
    name: "who shares a scale",
  },
  {
    how: "A table of values, for one weight or for two together",
    terms: { "A table of values": "codebook" },
    marks: "where the weights are",
    at: "codebooks",
    name: "codebooks",
  },
  {
    how: "The largest weights apart in 16 bits, the rest in few",
    marks: "even for the rest",
    at: "codebooks",
    name: "dense and sparse",
  },
];

export default function Taxonomy() {
  return (
    <Chapter id="taxonomy" title="Two questions sort the methods: when, and what">
      <p>
        <b>When</b> is the model rounded: <Term of="post-training-quantization">after</Term> training,{" "}
        <Term of="quantization-aware-training">while</Term> it trains, in between, or before it is finetuned?
        And <b>what</b> is rounded: weights, activations, the cache?
      </p>
      <p>
        Most methods keep an even ruler and choose what to put on it (uniform); some choose the marks as well
        (non-uniform). Each of these runs on this page:
      </p>
      <ProseTable
        label="Ways to round"
        heads={["how", "where the marks are", "try it"]}
        rows={kWays.map(({ how, terms, marks, at, name }) => [
          <WithTerms key={how} terms={terms}>
            {how}
          </WithTerms>,
          marks,
          <a key={name} href={`#${at}`}>
            {name}
          </a>,
        ])}
      />
      <p>All methods as a tree; follow a name to where you can try it.</p>
      <ul class="tree wide">
        <Twig branch={kTree} open />
      </ul>
    </Chapter>
  );
}
