import data from "#data/papers.json";
import { Chapter } from "../../page/chapter";
import { tableOf } from "../shared/published";

interface Paper {
  id: string;
  name: string;
  title: string;
  authors: string;
  year: number;
  arxiv?: string;
  where?: string;
  essential: boolean;
  showed: string;
  tables?: string[];
}
const kPapers = data.papers as readonly Paper[];

/** Where it can be read: on arXiv, or at an address of its own. */
function addressOf({ arxiv, where }: Paper): string | undefined {
  if (arxiv) return `https://arxiv.org/abs/${arxiv}`;
  return where?.startsWith("https:") ? where : undefined;
}

function Entry({ paper }: { paper: Paper }) {
  const address = addressOf(paper);
  return (
    <li id={`paper-${paper.id}`}>
      <b>{paper.name}.</b> {paper.showed}
      <cite>
        {paper.authors}, {paper.year}: {address ? <a href={address}>{paper.title}</a> : paper.title}
        {paper.arxiv ? ` (arXiv ${paper.arxiv})` : ""}
        {paper.where && paper.where !== address ? `, ${paper.where}` : ""}.
        {paper.tables
          ? ` Shown on this page: ${paper.tables.map((id) => tableOf(id).table).join("; ")}.`
          : ""}
      </cite>
    </li>
  );
}

export default function Papers() {
  return (
    <Chapter id="papers" title="Seven papers carry most of it">
      <p>If you read only some, read these, in this order.</p>
      <ol class="papers">
        {kPapers
          .filter((paper) => paper.essential)
          .map((paper) => (
            <Entry key={paper.id} paper={paper} />
          ))}
      </ol>
      <h3>And what else this page rests on</h3>
      <ul class="papers">
        {kPapers
          .filter((paper) => !paper.essential)
          .map((paper) => (
            <Entry key={paper.id} paper={paper} />
          ))}
      </ul>
    </Chapter>
  );
}
