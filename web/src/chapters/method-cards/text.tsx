import papers from "#data/papers.json";
import { Chapter } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term, WithTerms } from "../../page/term";
import { decimals, significant } from "../../ui/format";
import { kParts } from "../list";
import { headOf, Source, tableOf } from "../shared/published";
import { settingsText } from "../shared/settings-text";
import { firstWith, type Measured, sweep } from "../shared/sweep";
import { type Card, kCards } from "./cards";

const kChapters = new Map(kParts.flatMap((part) => part.chapters.map((c) => [c.id, c.short] as const)));

function paperOf(id: string) {
  const paper = papers.papers.find((one) => one.id === id);
  if (!paper) throw new Error(`data/papers.json has no paper '${id}'`);
  return paper;
}

function MethodCard({ card }: { card: Card }) {
  const paper = paperOf(card.paper);
  const also = card.also === undefined ? undefined : paperOf(card.also);
  const tried = card.at.find((id) => kChapters.has(id));
  return (
    <section class="method-card" id={card.id} aria-labelledby={`${card.id}-name`}>
      <h3 id={`${card.id}-name`}>{card.name}</h3>
      <dl>
        <dt>What it does</dt>
        <dd>
          <WithTerms terms={card.terms?.what}>{card.what}</WithTerms>
        </dd>
        <dt>What is rounded</dt>
        <dd>
          <WithTerms terms={card.terms?.targets}>{card.targets}</WithTerms>
        </dd>
        <dt>Why it helps</dt>
        <dd>
          <WithTerms terms={card.terms?.helps}>{card.helps}</WithTerms>
        </dd>
        <dt>What it costs</dt>
        <dd>
          <WithTerms terms={card.terms?.costs}>{card.costs}</WithTerms>
        </dd>
        {card.table ? (
          <>
            <dt>Published</dt>
            <dd>
              <Rows id={card.table} />
            </dd>
          </>
        ) : null}
        {card.size ? (
          <>
            <dt>What a value takes</dt>
            <dd>{card.size}</dd>
          </>
        ) : null}
        <MeasuredRows card={card} />
        <dt>Read and try</dt>
        <dd>
          <a href={`#paper-${paper.id}`}>The paper: {paper.name}</a>
          {also ? (
            <>
              ; <a href={`#paper-${also.id}`}>{also.name}</a>
            </>
          ) : null}
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

/** "4.16 bits a weight, 0.0083 bits a byte more (0.0046 to 0.012)" */
function wordsOf({ settings, ...row }: Measured): string {
  const [low, high] = row.bits_per_byte_increase_ci95;
  const size = settings.method ? `${decimals(row.quantized_bits_per_weight, 2)} bits a weight, ` : "";
  return `${size}${significant(row.bits_per_byte_increase, 2)} bits a byte more (${significant(low, 2)} to ${significant(high, 2)})`;
}

/** What the sweep over the reference model says of these methods, by bits a weight; one of the rows stands open. */
function MeasuredRows({ card }: { card: Card }) {
  const rows = sweep.filter(({ settings }) =>
    card.measured.includes(String(settings.method ?? (settings.kv_key ? "kv" : "none"))),
  );
  if (rows.length === 0) return null;
  const shown = firstWith(rows, card.shown);
  if (!shown) throw new Error(`data/sweep.json has no row for the card '${card.id}'`);
  return (
    <>
      <dt>Measured here</dt>
      <dd>
        {settingsText(shown.settings)}: {wordsOf(shown)} than as trained, in brackets the{" "}
        <Term of="interval">95&nbsp;% interval</Term>.
        <details>
          <summary>On the reference model, {rows.length} settings</summary>
          <ul>
            {rows.map((row) => (
              <li key={settingsText(row.settings)}>
                {settingsText(row.settings)}: {wordsOf(row)}
              </li>
            ))}
          </ul>
          <p class="source">data/sweep.json, made by quantlens sweep; in brackets 95&nbsp;% intervals.</p>
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
        {table.model}: {column.unit === "times" ? `${column.name}, that of 16 bits being 1` : headOf(column)}
        {column.unit === "times" || column.baseline === undefined
          ? ""
          : `, ${column.baseline.toLocaleString("en")} in 16 bits`}
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
    <Chapter id="method-cards" title="Eight methods and some formats, in four answers each">
      <p>
        What does it do, to which numbers, why does that help, and what do you pay? First, those that round a
        layer, all on the same one.
      </p>
      <Demo of="method-cards" name="MethodsCompared" />
      {kCards.map((card) => (
        <MethodCard key={card.id} card={card} />
      ))}
    </Chapter>
  );
}
