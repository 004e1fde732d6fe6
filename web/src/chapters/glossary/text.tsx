import { Chapter } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { glossary, slugOf } from "../../page/glossary";

export default function Glossary() {
  return (
    <Chapter id="glossary" title="What the words mean">
      <Demo of="glossary" name="Search" />
      <dl class="glossary wide" id="glossary-list">
        {glossary.map((entry) => (
          <div key={entry.term} id={`term-${slugOf(entry.term)}`}>
            <dt>{entry.term}</dt>
            <dd>{entry.definition}</dd>
          </div>
        ))}
      </dl>
    </Chapter>
  );
}
