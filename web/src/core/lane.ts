// Long work on the language model, a step at a time, so that every other figure is answered between two steps. One piece of
// work is under way at a time, the newest first: the core keeps only the last few that are unfinished.

export interface Step<T> {
  /** What there is so far. */
  answer: T;
  done: boolean;
  milliseconds: number;
}

export interface Work<T> {
  /** Takes about `size` of the work's own steps. */
  step(size: number): Promise<Step<T>>;
  /** How many of its steps may be taken at once now; less where they are about to become dearer. */
  most?(answer: T | undefined): number;
  /** Whether nobody waits for it any more. */
  dropped(): boolean;
  progressed(answer: T): void;
  finished(answer: T): void;
  failed(error: unknown): void;
}

/** A step should take about this long: short enough for other figures, long enough to be worth the way to the worker. */
const kStepMs = 80;
const kFirstSize = 4;

export class Lane {
  // biome-ignore lint/suspicious/noExplicitAny: each piece of work has its own kind of answer
  private waiting: Work<any>[] = [];
  private running = false;

  /** The pieces are done in their order, and before all that was added earlier. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  add(works: readonly Work<any>[]): void {
    this.waiting.unshift(...works);
    if (!this.running) void this.run();
  }

  private async run(): Promise<void> {
    this.running = true;
    for (;;) {
      const work = this.waiting.shift();
      if (!work) break;
      if (!work.dropped()) await this.carryOn(work);
    }
    this.running = false;
  }

  /** Works until it is done, dropped, or something newer has come, which then goes first. */
  private async carryOn<T>(work: Work<T>): Promise<void> {
    const others = this.waiting.length;
    let size = kFirstSize;
    let answer: T | undefined;
    while (!work.dropped()) {
      if (this.waiting.length > others) {
        this.waiting.splice(this.waiting.length - others, 0, work);
        return;
      }
      try {
        const taken = Math.max(1, Math.min(size, work.most?.(answer) ?? size));
        const step = await work.step(taken);
        if (work.dropped()) return;
        answer = step.answer;
        if (step.done) return work.finished(answer);
        work.progressed(answer);
        size = Math.max(1, Math.round((taken * kStepMs) / Math.max(1, step.milliseconds)));
      } catch (error) {
        if (!work.dropped()) work.failed(error);
        return;
      }
    }
  }
}
