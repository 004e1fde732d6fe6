// Lets the model write on, a few bytes at a time, the two texts in turn.
import { type Signal, signal } from "@preact/signals";
import { answerTo } from "../../core/evaluate";
import type { GenerateRequest } from "../../core/requests";

export interface Written {
  bytes: Uint8Array;
  probabilities: readonly number[];
  done: boolean;
}

const kNothing: Written = { bytes: new Uint8Array(), probabilities: [], done: false };
/** About 15 ms of the core's time: the text grows smoothly, and other figures are answered in between. */
const kBytesAtOnce = 6;

/** What an answer adds. A generator that the core no longer had begins again, with the same bytes. */
export function grown(before: Written, bytes: Uint8Array, added: readonly number[], done: boolean): Written {
  const known = before.probabilities.slice(0, bytes.length - added.length);
  while (known.length + added.length < bytes.length) known.push(Number.NaN);
  return { bytes, probabilities: [...known, ...added], done };
}

export class Writer {
  private readonly texts = new Map<string, Signal<Written>>();
  private wanted: readonly GenerateRequest[] = [];
  private running = false;

  /** What a request has brought so far. */
  text = (request: GenerateRequest): Written => this.place(request).value;

  private place(request: GenerateRequest): Signal<Written> {
    const key = JSON.stringify(request);
    const place = this.texts.get(key) ?? signal(kNothing);
    this.texts.set(key, place);
    return place;
  }

  /** From now on these texts are written, and no others. */
  write(requests: readonly GenerateRequest[]): void {
    this.wanted = requests;
    if (!this.running) void this.run();
  }

  private async run(): Promise<void> {
    this.running = true;
    for (let next = 0; ; next += 1) {
      const { wanted } = this;
      const open = wanted.filter((one) => !this.place(one).peek().done);
      if (open.length === 0) break;
      const request = open[next % open.length]!;
      try {
        const { answer } = await answerTo("writing", { ...request, step_limit: kBytesAtOnce });
        if (!answer.new_probabilities) continue; // the model was still being quantized
        const bytes = answer.arrays.text!.data as Uint8Array;
        const place = this.place(request);
        place.value = grown(place.peek(), bytes, answer.new_probabilities, answer.done);
      } catch {
        // The figure's own question says what is wrong. What was wanted since then may be right.
        if (wanted === this.wanted) break;
      }
    }
    this.running = false;
  }
}

/** How many bytes two texts have in common at their beginning. */
export function alike(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count += 1;
  return count;
}
