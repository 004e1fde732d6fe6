// Controls that many chapters have: each sets the request's key of its name, in the view that it is given.
import type { Field, ViewState } from "../../state/view-state";
import { Choice, Select } from "../../ui/choice";
import { Slider } from "../../ui/slider";
import { kModels } from "./plan";

// biome-ignore lint/suspicious/noExplicitAny: any chapter that has the setting; a field of its own type comes out
type AnyView = ViewState<any>;
interface InView {
  view: AnyView;
}
interface Range {
  minimum: number;
  maximum: number;
}

/** Bits of a weight. */
export const BitsSlider = ({ field, ...range }: Range & { field: Field<number> }) => (
  <Slider field={field} name="Bits of a weight" {...range} unit="bits" />
);

/** Bits of a layer's input; with 16 among them the inputs may stay as they are. */
export function ActivationBits({ view, minimum, maximum }: InView & Range) {
  const field: Field<number> = view.field("activation_bits");
  const stops = [2, 3, 4, 5, 6, 7, 8, 16].filter((bits) => bits >= minimum && bits <= maximum);
  return (
    <Slider
      field={field}
      name="Bits of an input"
      minimum={minimum}
      maximum={maximum}
      stops={stops}
      unit="bits"
      hint={field.value === 16 ? "16: the inputs stay as they are." : ""}
    />
  );
}

/** How many weights of a row share a scale. */
export const GroupSize = ({
  view,
  stops,
  hint = "",
}: InView & { stops: readonly number[]; hint?: string }) => (
  <Slider
    field={view.field("group_size")}
    name="Group size"
    minimum={stops[0]!}
    maximum={stops[stops.length - 1]!}
    stops={stops}
    unit="weights"
    hint={hint}
  />
);

/** What shares a scale. */
export const GranularityChoice = ({ view, name }: InView & { name: string }) => (
  <Choice
    field={view.field("granularity")}
    name={name}
    options={[
      ["tensor", "tensor"],
      ["channel", "channel"],
      ["group", "group"],
    ]}
  />
);

/** Whether zero is in the middle of the codes. */
export const SchemeChoice = ({ view }: InView) => (
  <Choice
    field={view.field("scheme")}
    name="Codes"
    options={[
      ["symmetric", "symmetric"],
      ["asymmetric", "asymmetric"],
    ]}
  />
);

/** Whether symmetric codes use the one that has no opposite. */
export const CodeRangeChoice = ({ view }: InView) => (
  <Choice
    field={view.field("code_range")}
    name="Symmetric range"
    options={[
      ["restricted", "restricted"],
      ["full", "full"],
    ]}
  />
);

export const ModelSelect = ({ view }: InView) => (
  <Select field={view.field("model")} name="Model" options={kModels} />
);

const kContexts = [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072];
const kBatches = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** How long each text is. */
export const ContextSlider = ({ view, minimum = 512 }: InView & { minimum?: number }) => (
  <Slider
    field={view.field("context")}
    name="Context"
    minimum={minimum}
    maximum={131072}
    stops={kContexts.filter((context) => context >= minimum)}
    unit="tokens"
  />
);

/** How many texts are worked on together. */
export const BatchSlider = ({ view, maximum }: InView & { maximum: number }) => (
  <Slider
    field={view.field("batch")}
    name="Texts at a time"
    minimum={1}
    maximum={maximum}
    stops={kBatches.filter((batch) => batch <= maximum)}
    unit="texts"
  />
);
