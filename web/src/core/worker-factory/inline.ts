// In the single file the worker is a blob: a page opened from disk may not load a worker from another file.
import InlineWorker from "../worker.ts?worker&inline";

export const createWorker = (): Worker => new InlineWorker();
