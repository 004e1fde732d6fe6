import { aboutCore, cannot, core } from "../../core/ask";
import { Figure } from "../../ui/figure";
import { significant, whole } from "../../ui/format";
import { type CaseResult, checks, type Run, start, stop } from "./run";

/** A mark a case: filled where it passed, crossed where it failed, open where it has not run. */
function Marks({ run }: { run: Run }) {
  const failed = run.results.filter((one) => !one.passed).length;
  const label = `${run.total} golden cases: ${run.results.length} run, ${failed} failed.`;
  return (
    <>
      <ul class="legend" aria-hidden="true">
        <li>
          <i class="check-key" /> not run yet
        </li>
        <li>
          <i class="check-key is-passed" /> passed
        </li>
        <li>
          <i class="check-key is-failed" /> failed
        </li>
      </ul>
      <div class="check-marks" role="img" aria-label={label}>
        {Array.from({ length: run.total }, (_, i) => {
          const result = run.results[i];
          return (
            <i
              key={i}
              class={result ? (result.passed ? "is-passed" : "is-failed") : ""}
              title={result?.name}
            />
          );
        })}
      </div>
    </>
  );
}

/** The number that came nearest to its tolerance, or went beyond it. */
function nearestToLimit(results: readonly CaseResult[]) {
  const all = results.flatMap((one) => one.outcomes.map((outcome) => ({ name: one.name, ...outcome })));
  return all.reduce<(typeof all)[number] | undefined>(
    (most, one) => (most === undefined || one.used > most.used ? one : most),
    undefined,
  );
}

function Said({ run }: { run: Run }) {
  const about = aboutCore.value.value;
  const status = core.status.value;
  if (run.state === "idle") return <>Nothing has run yet. Press the button, and each case is one mark.</>;
  if (run.state === "failed") return <>{run.message}</>;
  const passed = run.results.filter((one) => one.passed).length;
  const most = nearestToLimit(run.results);
  return (
    <>
      <b class={passed === run.results.length ? "is-good" : "is-error"}>
        {whole(passed)} of {whole(run.results.length)}
      </b>{" "}
      cases pass{run.results.length < run.total ? `, ${whole(run.total)} in all` : ""}
      {most ? (
        <>
          . The largest deviation is {significant(most.used * 100, 3)}&nbsp;% of what is allowed: {most.what}{" "}
          of {most.name} is off by {significant(most.deviation, 3)}, allowed: {most.tolerance}
        </>
      ) : null}
      .{" "}
      {about && status.state === "ready"
        ? `Core ${about.version}, build ${status.build}, kernels for ${about.instruction_set}.`
        : ""}
    </>
  );
}

export function Checks() {
  const run = checks.value.value!;
  const running = run.state === "running";
  return (
    <Figure
      title="Does this build compute what the methods’ authors’ code computes?"
      lead="Each mark is a case whose inputs and right answers came from the code or the specification that is named in the table."
      result={checks}
      controls={
        <div class="control span buttons">
          <button
            type="button"
            class="plain-button"
            disabled={running || cannot.value !== undefined}
            onClick={() => void start()}
          >
            run the checks
          </button>
          <button type="button" class="plain-button" disabled={!running} onClick={stop}>
            stop
          </button>
          {cannot.value ? <span class="hint">{cannot.value}</span> : null}
        </div>
      }
      sentence={(r) => <Said run={r} />}
      table={(r) => ({
        caption: "The cases, those that failed first",
        columns: ["case", "compared", "result", "largest deviation", "allowed", "reference"],
        words: [5],
        naming: 2,
        rows: r.results
          .toSorted((a, b) => Number(a.passed) - Number(b.passed))
          .flatMap((one) =>
            one.outcomes.length === 0
              ? [[one.name, one.message ?? "", "refused", "", "", one.source]]
              : one.outcomes.map((outcome) => [
                  one.name,
                  outcome.what,
                  outcome.passed ? "passed" : "FAILED",
                  significant(outcome.deviation, 3),
                  outcome.tolerance,
                  one.source,
                ]),
          ),
      })}
    >
      {(r) => <Marks run={r} />}
    </Figure>
  );
}
