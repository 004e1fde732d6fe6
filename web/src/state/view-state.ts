// What a link must reproduce of a chapter, typed, with its defaults, and kept nowhere else.
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { readLink, type Setting, type Settings, sameSetting, writeLink } from "./link";

/** Literal defaults stand for their type: 4 for number, "symmetric" for string. */
type Widened<S> = {
  [K in keyof S]: S[K] extends number
    ? number
    : S[K] extends boolean
      ? boolean
      : S[K] extends string
        ? string
        : S[K] extends readonly number[]
          ? readonly number[]
          : never;
};

/** One setting with its default, as a control takes it. */
export interface Field<T> {
  readonly key: string;
  readonly value: T;
  readonly standard: T;
  set(value: T): void;
}

export interface ViewState<S> {
  readonly value: S;
  readonly defaults: S;
  readonly changed: ReadonlySignal<boolean>;
  set(change: Partial<S>): void;
  reset(): void;
  /** The address part that reproduces this view: "#affine?bits=3". */
  link(): string;
  field<K extends keyof S & string>(key: K): Field<S[K]>;
}

const kWriteDelayMs = 250;
let writing: ReturnType<typeof setTimeout> | undefined;

/** Unless the reader has followed a link meanwhile, to a place that the address names now. */
function writeAddress(link: string): void {
  clearTimeout(writing);
  const { hash } = location;
  writing = setTimeout(() => {
    if (location.hash === hash) history.replaceState(history.state, "", link);
  }, kWriteDelayMs);
}

export function viewState<D extends Settings>(chapter: string, defaults: D): ViewState<Widened<D>> {
  type S = Widened<D>;
  const inBrowser = typeof location !== "undefined";
  const linked = (): S =>
    ({ ...defaults, ...(inBrowser ? readLink(location.hash, chapter, defaults) : {}) }) as unknown as S;
  const state = signal<S>(linked());
  const standard = defaults as unknown as S;
  if (inBrowser)
    addEventListener("hashchange", () => {
      if (location.hash.startsWith(`#${chapter}?`)) state.value = linked();
    });
  const link = () => writeLink(chapter, state.value as Settings, defaults);
  const set = (change: Partial<S>) => {
    state.value = { ...state.value, ...change };
    if (inBrowser) writeAddress(link());
  };
  return {
    get value() {
      return state.value;
    },
    defaults: standard,
    changed: computed(() =>
      Object.keys(defaults).some((key) => !sameSetting(state.value[key] as Setting, defaults[key]!)),
    ),
    set,
    reset: () => set(standard),
    link,
    field: (key) => ({
      key,
      get value() {
        return state.value[key];
      },
      standard: standard[key],
      set: (value) => set({ [key]: value } as unknown as Partial<S>),
    }),
  };
}
