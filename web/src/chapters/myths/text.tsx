import data from "#data/misconceptions.json";
import { Chapter } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Published } from "../shared/published";

interface Myth {
  id: string;
  claim: string;
  correct: string;
  source: string;
  /** The figure that shows it. */
  demo?: string;
  /** A published table that shows it. */
  table?: string;
}

export default function Myths() {
  return (
    <Chapter id="myths" title="Eight things you may have read elsewhere">
      <p>
        Each is printed in explainers that many people read. Each is wrong, and you can see it here: the
        figures ask the same core as the rest of the page.
      </p>
      {(data.myths as readonly Myth[]).map((myth) => (
        <section key={myth.id} class="myth" id={`myth-${myth.id}`} aria-labelledby={`myth-${myth.id}-claim`}>
          <h3 id={`myth-${myth.id}-claim`}>“{myth.claim}”</h3>
          <p>{myth.correct}</p>
          <p class="source">{myth.source}.</p>
          {myth.demo ? <Demo of="myths" name={myth.demo} /> : null}
          {myth.table ? <Published id={myth.table} /> : null}
        </section>
      ))}
      <h3>Shorter ones</h3>
      <dl class="corrections">
        {data.more.map((one) => (
          <div key={one.claim}>
            <dt>“{one.claim}”</dt>
            <dd>
              {one.correct} <span class="source">{one.source}.</span>
            </dd>
          </div>
        ))}
      </dl>
    </Chapter>
  );
}
