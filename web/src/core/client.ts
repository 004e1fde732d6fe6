// The page's side of the worker. Each channel (a figure's question) has at most one request waiting: a newer one takes the
// older one's place, which is refused as superseded. A worker that dies is started again and the request that was running
// is asked once more.
import { signal } from "@preact/signals";
import type { Build, FromWorker, ModuleBytes, ToWorker } from "./messages";
import type { Arrays, CoreError, NamedArray, SentArray } from "./requests";

export type CoreStatus =
  | { state: "asleep" | "loading" | "unsupported" }
  | { state: "ready"; build: Build }
  | { state: "failed"; message: string };

export interface Listener {
  answered(json: unknown, arrays: Arrays, milliseconds: number): void;
  refused(error: CoreError): void;
  progressed(share: number): void;
}

/** Arrays that the core keeps from one request to the next: they are sent when another model is there, or none. */
export interface HeldModel {
  key: string;
  arrays: NamedArray[];
}

interface Job {
  id: number;
  channel: string;
  request: string;
  arrays: SentArray[];
  model: HeldModel | undefined;
  listener: Listener;
  tries: number;
}

export interface Surroundings {
  createWorker(): Worker;
  moduleBytes(): Promise<Record<Build, ModuleBytes>>;
}

/** A running request that a newer one has replaced is given this long before its worker is replaced as well. */
const kPatienceMs = 3000;
/** So many starts without an answer between them, and we give up. */
const kStarts = 4;

/** For whoever awaits an answer; who asked a newer question takes no notice. */
const kSuperseded: CoreError = { code: "superseded", message: "a newer request took this one's place" };

export class CoreClient {
  readonly status = signal<CoreStatus>({ state: "asleep" });
  private worker: Worker | undefined;
  private waiting = new Map<string, Job>();
  private running: Job | undefined;
  private impatience: ReturnType<typeof setTimeout> | undefined;
  private nextId = 1;
  private starts = 0;
  /** The model that the worker has; undefined where that is not sure. */
  private held: string | undefined;

  constructor(private readonly surroundings: Surroundings) {}

  ask(channel: string, request: object, arrays: SentArray[], listener: Listener, model?: HeldModel): void {
    const older = this.waiting.get(channel);
    this.waiting.delete(channel);
    this.waiting.set(channel, {
      id: this.nextId++,
      channel,
      request: JSON.stringify(request),
      arrays,
      model,
      listener,
      tries: 0,
    });
    older?.listener.refused(kSuperseded);
    if (!this.worker) this.start();
    if (this.running?.channel === channel && !this.impatience)
      this.impatience = setTimeout(() => this.replaceWorker(), kPatienceMs);
    this.send();
  }

  /** Ends the worker and starts a new one, as after a crash; requests that wait are kept. */
  replaceWorker(): void {
    this.worker?.terminate();
    this.worker = undefined;
    this.calm();
    const job = this.running;
    this.running = undefined;
    if (job) this.again(job);
    this.starts = 0;
    this.start();
  }

  private again(job: Job): void {
    if (this.waiting.has(job.channel)) {
      job.listener.refused(kSuperseded);
      return;
    }
    if (job.tries > 0) {
      job.listener.refused({
        code: "crashed",
        message: "the core stopped twice on this request; try smaller settings",
      });
      return;
    }
    this.waiting.set(job.channel, { ...job, tries: job.tries + 1 });
  }

  private start(): void {
    this.starts += 1;
    this.held = undefined;
    this.status.value = { state: "loading" };
    const worker = this.surroundings.createWorker();
    this.worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (this.worker === worker) this.receive(data);
    };
    worker.onerror = (event) => {
      event.preventDefault?.();
      if (this.worker === worker)
        this.receive({ kind: "died", message: event.message || "the worker stopped" });
    };
    this.surroundings.moduleBytes().then(
      (modules) => worker.postMessage({ kind: "start", modules } satisfies ToWorker),
      (error: unknown) => {
        if (this.worker === worker) this.status.value = { state: "failed", message: String(error) };
      },
    );
  }

  private receive(message: FromWorker): void {
    switch (message.kind) {
      case "ready":
        this.status.value = { state: "ready", build: message.build };
        this.send();
        return;
      case "unsupported":
        this.status.value = { state: "unsupported" };
        return;
      case "progress":
        if (this.running?.id === message.id) this.running.listener.progressed(message.share);
        return;
      case "answer":
        this.finish(message);
        return;
      case "died":
        this.recover(message.message);
    }
  }

  private finish(message: Extract<FromWorker, { kind: "answer" }>): void {
    const job = this.running;
    if (job?.id !== message.id) return;
    this.running = undefined;
    this.starts = 0;
    this.calm();
    const json = JSON.parse(message.json) as { error?: CoreError };
    // A request that failed may have failed before it came to the model.
    if (job.model) this.held = json.error ? undefined : job.model.key;
    try {
      if (json.error) job.listener.refused(json.error);
      else {
        const arrays = Object.fromEntries(message.arrays.map((array) => [array.name, array]));
        job.listener.answered(json, arrays, message.milliseconds);
      }
    } finally {
      // A figure that cannot draw its answer does not keep the others from theirs. Where memory ran out, what the core held
      // is lost in it (cmake/wasm.cmake says why); a refusal before that names a field.
      if (json.error?.code === "too_large" && !json.error.field) this.replaceWorker();
      else this.send();
    }
  }

  private recover(message: string): void {
    this.worker?.terminate();
    this.worker = undefined;
    this.calm();
    const job = this.running;
    this.running = undefined;
    if (job) this.again(job);
    if (this.starts >= kStarts) {
      this.status.value = { state: "failed", message };
      return;
    }
    this.start();
  }

  private calm(): void {
    clearTimeout(this.impatience);
    this.impatience = undefined;
  }

  private send(): void {
    if (this.running || this.status.peek().state !== "ready" || !this.worker) return;
    const next = this.waiting.values().next();
    if (next.done) return;
    const job = next.value;
    this.waiting.delete(job.channel);
    this.running = job;
    const model = job.model && job.model.key !== this.held ? job.model.arrays : [];
    this.worker.postMessage({
      kind: "ask",
      id: job.id,
      request: job.request,
      arrays: [...job.arrays, ...model],
    } satisfies ToWorker);
  }
}
