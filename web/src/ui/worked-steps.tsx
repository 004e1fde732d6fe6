import type { ReceiptRow } from "../core/requests";
import { worked } from "./worked";

/** A formula with the reader's numbers in it, step by step; the last step is the answer. */
export function WorkedSteps({ name, rows }: { name: string; rows: readonly ReceiptRow[] }) {
  return (
    <details class="worked-steps">
      <summary>{name}</summary>
      <ol class="steps">
        {worked(rows).map((step) => (
          <li key={step.symbol}>
            <span>{step.symbol.replaceAll("_", " ")}</span>
            <span class="worked">
              {step.expression.replaceAll("_", " ")} = {step.numbers}
            </span>
            <output>
              {step.value} <small>{step.unit}</small>
            </output>
          </li>
        ))}
      </ol>
    </details>
  );
}
