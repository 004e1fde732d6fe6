import papers from "#data/papers.json";
import { Chapter } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { decimals, significant } from "../../ui/format";
import { kParts } from "../list";
import { Source, tableOf } from "../shared/published";
import { settingsText, sweep } from "../shared/sweep";
import { type Card, kCards } from "./cards";

const kChapters = new Map(kParts.flatMap((part) => part.chapters.map((c) => [c.id, c.short] as const)));

function MethodCard({ card }: { card: Card }) {
  const paper = papers.papers.find((one) => one.id === card.paper);
  if (!paper) throw new Error(`data/papers.json has no paper '${card.paper}'`);
  const tried = card.at.find((id) => kChapters.has(id));
  return (
    <section class="method-card" id={card.id} aria-labelledby={`${card.id}-name`}>
      <h3 id={`${card.id}-name`}>{card.name}</h3>
      <dl>
        <dt>What it does</dt>
        <dd>{card.what}</dd>
        <dt>What is rounded</dt>
        <dd>{card.targets}</dd>
        <dt>Why it helps</dt>
        <dd>{card.helps}</dd>
        <dt>What it costs</dt>
        <dd>{card.costs}</dd>
        {card.table ? (
          <>
            <dt>Published</dt>
            <dd>
              <Rows id={card.table} />
            </dd>
          </>
        ) : null}
        <MeasuredRows methods={card.measured} />
        <dt>Read and try</dt>
        <dd>
          <a href={`#paper-${paper.id}`}>The paper: {paper.name}</a>
          {tried ? (
            <>
              ; <a href={`#${tried}`}>the chapter: {kChapters.get(tried)}</a>
            </>
          ) : null}
        </dd>
      </dl>
    </section>
  );
}

/** What the sweep over the reference model says of these methods, by bits a weight. */
function MeasuredRows({ methods }: { methods: readonly string[] }) {
  const rows = sweep.filter(({ settings }) =>
    methods.includes(String(settings.method ?? (settings.kv_key ? "kv" : "none"))),
  );
  if (rows.length === 0) return null;
  return (
    <>
      <dt>Measured here</dt>
      <dd>
        <details>
          <summary>On the reference model, {rows.length} settings</summary>
          <ul>
            {rows.map((row) => (
              <li key={settingsText(row.settings)}>
                {settingsText(row.settings)}:{" "}
                {row.settings.method ? `${decimals(row.quantized_bits_per_weight, 2)} bits a weight, ` : ""}
                {significant(row.bits_per_byte_increase, 2)} bits a byte more
              </li>
            ))}
          </ul>
          <p class="source">data/sweep.json, made by quantlens sweep.</p>
        </details>
      </dd>
    </>
  );
}

/** A published table in one line a row, with its source. */
function Rows({ id }: { id: string }) {
  const table = tableOf(id);
  const column = table.columns[0]!;
  return (
    <details>
      <summary>
        {column.name}
        {column.baseline === undefined ? "" : `, ${column.baseline.toLocaleString("en")} in 16 bits`}
      </summary>
      <ul>
        {table.rows.map((row, i) => (
          <li key={i}>
            {row.setting ? `${row.name}, ${row.setting}` : row.name}: {row[column.key]?.toLocaleString("en")}
          </li>
        ))}
      </ul>
      <p class="source">
        <Source table={table} />
      </p>
    </details>
  );
}

export default function MethodCards() {
  return (
    <Chapter id="method-cards" title="Eight methods in four answers each">
      <p>
        What does it do, to which numbers, why does that help, and what do you pay? Above the cards all of
        them work on the same layer.
      </p>
      <Demo of="method-cards" name="MethodsCompared" />
      {kCards.map((card) => (
        <MethodCard key={card.id} card={card} />
      ))}
    </Chapter>
  );
}
