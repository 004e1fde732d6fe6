import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ask } from "../../core/ask";
import type { AffineResponse } from "../../core/requests";
import { Figure } from "../../ui/figure";
import { plain, significant } from "../../ui/format";
import mathml from "./formula.tex";

const kValues = [0.15, -0.32, 0.87, -1.23, 2.45];
const kShown = 2;
const result = ask(() => ({ op: "affine" as const, values: kValues, bits: 4, scheme: "asymmetric" }));

interface SymbolEntry {
  id: string;
  sign: ComponentChildren;
  colour: string;
  meaning: string;
  value: (r: AffineResponse) => string;
}

const kSymbols: readonly SymbolEntry[] = [
  {
    id: "x",
    sign: "x",
    colour: "is-original",
    meaning: "the number as it was",
    value: (r) => plain(r.values[kShown]!.value),
  },
  {
    id: "s",
    sign: "s",
    colour: "is-scale",
    meaning: "scale: the distance between two marks",
    value: (r) => significant(r.scale, 4),
  },
  {
    id: "round",
    sign: "round",
    colour: "is-error",
    meaning: "to the nearest whole number: the step that always loses something",
    value: (r) => `${significant(r.values[kShown]!.divided, 4)} \u2192 ${plain(r.values[kShown]!.rounded)}`,
  },
  {
    id: "z",
    sign: "z",
    colour: "is-scale",
    meaning: "zero-point: the code that means zero",
    value: (r) => plain(r.zero_point),
  },
  {
    id: "clamp",
    sign: "clamp",
    colour: "is-error",
    meaning: "what lies past the last mark gets the last mark",
    value: (r) => (r.values[kShown]!.clamped ? "clamped" : "not needed"),
  },
  {
    id: "qmin",
    sign: (
      <>
        q<sub>min</sub>
      </>
    ),
    colour: "is-quantized",
    meaning: "the lowest code",
    value: (r) => plain(r.code_minimum),
  },
  {
    id: "qmax",
    sign: (
      <>
        q<sub>max</sub>
      </>
    ),
    colour: "is-quantized",
    meaning: "the highest code",
    value: (r) => plain(r.code_maximum),
  },
  {
    id: "q",
    sign: "q",
    colour: "is-quantized",
    meaning: "the code that is stored",
    value: (r) => plain(r.values[kShown]!.code),
  },
  {
    id: "back",
    sign: "x\u0302",
    colour: "is-quantized",
    meaning: "the number that the code stands for",
    value: (r) => significant(r.values[kShown]!.restored, 4),
  },
];

/** The formula and its symbols: pointing at one in either place marks it in both. */
export function Symbols() {
  const formula = useRef<HTMLDivElement>(null);
  const [on, setOn] = useState<string | undefined>(undefined);
  const response = result.value.value;
  useEffect(() => {
    for (const symbol of formula.current?.querySelectorAll<HTMLElement>(".symbol") ?? []) {
      if (on && symbol.classList.contains(`sym-${on}`)) symbol.setAttribute("data-on", "");
      else symbol.removeAttribute("data-on");
    }
  }, [on]);
  const pointed = (event: Event) => {
    const symbol = (event.target as Element).closest(".symbol");
    setOn(kSymbols.find((entry) => symbol?.classList.contains(`sym-${entry.id}`))?.id);
  };
  return (
    <Figure title="To a code, and back" result={result}>
      {() => (
        <>
          <div
            ref={formula}
            class="formula-big"
            role="group"
            aria-label="Formula"
            tabIndex={0}
            onPointerOver={pointed}
            onPointerLeave={() => setOn(undefined)}
            dangerouslySetInnerHTML={{ __html: mathml }}
          />
          <div class="symbols">
            {kSymbols.map((entry) => (
              <button
                type="button"
                key={entry.id}
                data-on={on === entry.id ? "" : undefined}
                onPointerEnter={() => setOn(entry.id)}
                onPointerLeave={() => setOn(undefined)}
                onFocus={() => setOn(entry.id)}
                onBlur={() => setOn(undefined)}
              >
                <b class={entry.colour}>{entry.sign}</b>
                <span>{entry.meaning}</span>
                <span class="number">{response ? entry.value(response) : ""}</span>
              </button>
            ))}
          </div>
        </>
      )}
    </Figure>
  );
}
